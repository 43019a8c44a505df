"""An institution to which no event waits gets one heartbeat in each period, and the log has no row of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.disclosure.rules import Way
from services.feed.pushing.handler import Pushing
from services.feed.pushing.heartbeat import HEARTBEAT, beat
from services.feed.pushing.store import find_silent
from shared.messages import Delivery
from shared.runtime.cursor import Cursor
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.runtime.stage import Stage
from shared.topology import Deployment, institution_queue
from tests.contracts.messages import fits
from tests.integration.feeding import Rules

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connections(stack: Stack) -> AsyncIterator[tuple[Rules, Pool]]:
    """Connect to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("beats"), "beats")
    rules = Rules(
        await asyncpg.connect(endpoints.postgres_dsn), await asyncpg.connect(endpoints.dsns["feed"])
    )
    async with await open_pool(endpoints.dsns["feed"], "feed") as pool:
        yield rules, pool
    await rules.owner.close()
    await rules.feed.close()


@pytest_asyncio.fixture(loop_scope="module")
async def feed(connections: tuple[Rules, Pool]) -> AsyncIterator[Feed]:
    """Yield the feed, without events."""
    rules, pool = connections
    await rules.owner.execute("DELETE FROM personnel_file.feed; DELETE FROM feed.deliveries")
    yield Feed(rules, pool)


async def test_a_heartbeat_comes_once_in_a_period(feed: Feed) -> None:
    """Also from two processes at once. It fits the contract, and the log of disclosures has no row."""
    name = await feed.rules.authorized()
    assert not await feed.beat(name), "the position of the institution was not begun"
    await feed.pushing.attempt(Way.PUSH, name)
    assert name in await find_silent(feed.stage.pool, PERIOD)
    other = Feed(feed.rules, feed.stage.pool)
    await asyncio.gather(feed.beat(name), other.beat(name))
    sent = [*feed.stage.sent, *other.stage.sent]
    assert [(each.type, each.recipient) for each in sent] == [(HEARTBEAT, institution_queue(name))]
    fits(sent[0])
    assert name not in await find_silent(feed.stage.pool, PERIOD)
    assert not await feed.beat(name)
    await feed.rules.owner.execute(
        "UPDATE feed.positions SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE institution_id = $1",
        name,
    )
    assert name in await find_silent(feed.stage.pool, PERIOD)
    assert await feed.beat(name)
    log = "SELECT count(*) FROM feed.disclosures WHERE institution_id = $1"
    assert await feed.rules.owner.fetchval(log, name) == 0


async def test_no_heartbeat_comes_before_an_event_that_waits(feed: Feed) -> None:
    """Neither before one that was not taken, nor before one that was taken and not sent."""
    name = await feed.rules.authorized()
    await feed.rules.event()
    assert not await feed.beat(name)
    await feed.pushing.attempt(Way.PUSH, name)
    await feed.rules.owner.execute(
        """INSERT INTO feed.deliveries (id, lane, routing_key, type, body, created_at, due_at)
        VALUES (gen_random_uuid(), $1, $1, 't', '{}', now(), now())""",
        institution_queue(name),
    )
    assert not await feed.beat(name)
    await feed.rules.owner.execute("DELETE FROM feed.deliveries")
    assert await feed.beat(name)
    (event,), (data,) = [each for each in feed.stage.sent if each.type != HEARTBEAT], feed.data()
    cursor, horizon = Cursor.parse(data["cursor"]), Cursor.parse(data["horizon"])
    assert json.loads(event.body)["data"]["version"] == 1
    assert int(cursor.xid) < int(horizon.xid)
    row = await feed.rules.owner.fetchrow("SELECT xid::text, id FROM personnel_file.feed")
    assert row is not None
    assert (cursor.xid, cursor.id) == (row["xid"], row["id"])


async def test_events_that_an_institution_may_not_see_do_not_stop_its_heartbeat(feed: Feed) -> None:
    """They leave no delivery and no disclosure; the horizon of the heartbeat lies after them."""
    name = await feed.rules.authorized(all_workers=False)
    await feed.rules.event()
    await feed.pushing.attempt(Way.PUSH, name)
    assert feed.stage.sent == []
    assert await feed.beat(name)
    log = "SELECT count(*) FROM feed.disclosures WHERE institution_id = $1"
    assert await feed.rules.owner.fetchval(log, name) == 0


async def test_an_institution_without_an_authorization_in_force_gets_no_heartbeat(feed: Feed) -> None:
    name = await feed.rules.institution()
    assert name not in await find_silent(feed.stage.pool, PERIOD)
