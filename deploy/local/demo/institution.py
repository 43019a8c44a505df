"""The program of an institution. It reads its own queue of the feed and can open no other queue."""

from __future__ import annotations

from typing import Any

from deploy.local.demo.integrator import Program


class Institution(Program):
    """The program of one institution, connected to its vhost."""

    def __init__(self, name: str, url: str, queue: str) -> None:
        super().__init__(url, queue)
        self.name = name
        self._events: dict[str, dict[str, Any]] = {}

    async def hears(self, ids: set[str], seconds: float) -> bool:
        """Wait until all events with these ids have come; return False if they have not come in time."""
        return await self.until(lambda: ids <= self._events.keys(), seconds)

    def seen(self, ids: set[str]) -> list[dict[str, Any]]:
        """Return the CloudEvents with these ids that have come, in order of arrival."""
        return [event for id_, event in self._events.items() if id_ in ids]

    def _hear(self, event: dict[str, Any]) -> None:
        self._events.setdefault(event["id"], event)
