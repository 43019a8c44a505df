"""The process that pushes to institutions, on a database of its own, with deliveries that are only kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import asyncpg

from deploy.local.stack import Stack
from services.feed.pushing.handler import Pushing
from services.feed.pushing.heartbeat import HEARTBEAT, beat
from shared.messages import Delivery
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.runtime.stage import Stage
from shared.topology import Deployment
from tests.integration.feeding import Rules

PERIOD = 3600.0


class Kept:
    """A stage that keeps deliveries and sends none."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.sent = pool, list[Delivery]()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[tuple[Transaction, list[Any]]]:
        """Open a transaction, and keep the effects after its commit."""
        effects: list[Any] = []
        async with transaction(self.pool) as tx:
            yield tx, effects
        self.sent += effects


class Feed:
    """The stage and the connections of a feed, and the process that pushes."""

    def __init__(self, rules: Rules, pool: Pool) -> None:
        self.rules, self.stage, self.holder = rules, Kept(pool), uuid4()
        self.pushing = Pushing(cast("Stage", self.stage), str, PERIOD)

    async def beat(self, institution: str) -> bool:
        """Push a heartbeat that is due."""
        return await beat(cast("Stage", self.stage), institution, self.holder, PERIOD)

    def data(self) -> list[dict[str, Any]]:
        """Return the data of the heartbeats that were sent."""
        return [json.loads(each.body)["data"] for each in self.stage.sent if each.type == HEARTBEAT]


@asynccontextmanager
async def connected(stack: Stack, name: str) -> AsyncIterator[tuple[Rules, Pool]]:
    """Make a deployment, and connect to its database as the owner and as the feed."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment(name), name)
    rules = Rules(
        await asyncpg.connect(endpoints.postgres_dsn), await asyncpg.connect(endpoints.dsns["feed"])
    )
    async with await open_pool(endpoints.dsns["feed"], "feed") as pool:
        yield rules, pool
    await rules.owner.close()
    await rules.feed.close()
