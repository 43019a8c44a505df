"""A stage on a real database for work that must publish nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from deploy.local.deployment import Endpoints
from shared.runtime.database import Pool, open_pool
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
    async with await open_pool(endpoints.dsns[service], service) as pool:
        yield stage_on(pool, endpoints, service)


def stage_on(pool: Pool, endpoints: Endpoints, service: str) -> Stage:
    """Return the stage of a service of a deployment on open connections."""
    nothing = cast("OutgoingTable", _Nothing())
    return Stage(service, endpoints.dsns[service], pool, nothing, nothing, {}, Gate())
