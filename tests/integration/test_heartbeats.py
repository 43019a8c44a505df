"""An institution to which no event waits gets one heartbeat in each period, and the log has no row of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.disclosure.rules import Way
from services.feed.pushing.heartbeat import HEARTBEAT
from services.feed.pushing.store import find_silent
from shared.runtime.cursor import Cursor
from shared.runtime.database import Pool
from shared.topology import institution_queue
from tests.contracts.messages import fits
from tests.integration.feeding import Rules
from tests.integration.pushing import PERIOD, Feed, connected

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connections(stack: Stack) -> AsyncIterator[tuple[Rules, Pool]]:
    """Connect to a database of its own."""
    async with connected(stack, "beats") as found:
        yield found


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
