"""A stage on a real database for work that must publish nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from deploy.local.deployment import Endpoints
from shared.runtime.database import open_pool
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage


class _Nothing:
    """Stand in for the outgoing table of a service; fail as soon as a message is written or offered to it."""

    batching: frozenset[str] = frozenset()

    async def write(self, _tx: object, drafts: list[Any]) -> list[Any]:
        """Fail if there is a message to write."""
        assert drafts == []
        return []

    def offer(self, rows: list[Any]) -> None:
        """Fail if there is a row to publish."""
        assert rows == []


@asynccontextmanager
async def silent_stage(endpoints: Endpoints, service: str) -> AsyncIterator[Stage]:
    """Yield the stage of a service of a deployment, with its own rights on the database."""
    nothing, dsn = cast("OutgoingTable", _Nothing()), endpoints.dsns[service]
    async with await open_pool(dsn, service) as pool:
        yield Stage(service, dsn, pool, nothing, nothing, {}, Gate())
