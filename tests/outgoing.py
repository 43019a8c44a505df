"""An outgoing table for work that must publish nothing."""

from __future__ import annotations

from typing import Any


class NothingToPublish:
    """Stand in for the table of a service; fail as soon as a message is written or offered to it."""

    batching: frozenset[str] = frozenset()

    async def write(self, _tx: object, drafts: list[Any]) -> list[Any]:
        """Fail if there is a message to write."""
        assert drafts == []
        return []

    def offer(self, rows: list[Any]) -> None:
        """Fail if there is a row to publish."""
        assert rows == []
