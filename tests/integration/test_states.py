"""The states of workers with very many periods go to the queue of an institution in bounded pieces."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.feed.disclosure.rules import Way
from services.feed.event.rules import STATE
from services.feed.pushing import handler
from shared.runtime import metrics
from shared.runtime.database import Pool
from tests.integration.feeding import DAY, NISS, NOW, OPENED, OTHER, Rules
from tests.integration.pushing import Feed, connected

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

_DUE = "SELECT count(*) FROM feed.states_due WHERE institution_id = $1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connections(stack: Stack) -> AsyncIterator[tuple[Rules, Pool]]:
    """Connect to a database of its own."""
    async with connected(stack, "states") as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def feed(connections: tuple[Rules, Pool]) -> AsyncIterator[Feed]:
    """Yield the feed, without events."""
    rules, pool = connections
    await rules.owner.execute("DELETE FROM personnel_file.feed; DELETE FROM feed.deliveries")
    yield Feed(rules, pool)


async def plant(feed: Feed, count: int) -> str:
    """Write the periods of one worker, and inscribe this worker and another one at a new institution.

    The institution has got no state; the events of the planted periods are of before its begin.
    """
    name = await feed.rules.authorized(all_workers=False, begins_at=NOW - DAY)
    await feed.rules.owner.execute(
        """INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
        SELECT gen_random_uuid(), $1, json_build_object('relation', json_build_object('id', n),
            'version', 1, 'periodId', n, 'worker', json_build_object('ssin', $3::text))::text, $2, $3
        FROM generate_series(1, $4::int) AS n""",
        OPENED, NOW - 9 * DAY, NISS, count,
    )  # fmt: skip
    await feed.rules.event(OTHER, at=NOW - 9 * DAY, period=count + 1)
    await feed.pushing.attempt(Way.PUSH, name)
    for ssin in (NISS, OTHER):
        await feed.rules.inscribe(name, ssin, NOW.date() - DAY)
        await feed.rules.owner.execute(
            "INSERT INTO feed.states_due VALUES ($1, $2, $3)", name, ssin, NOW.date() - DAY
        )
    return name


async def test_a_push_of_states_is_bounded_and_goes_on_inside_the_worker(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No push exceeds its bytes and one state; each state comes, also of a period that changes meanwhile."""
    most = 20_000
    monkeypatch.setattr(handler, "STATE_BYTES", most)
    name, divided = await plant(feed, 1_000), metrics.STATES_DIVIDED._value.get()
    versions, pushes, more = Counter[int](), 0, True
    while more:
        more = await feed.pushing.attempt(Way.STATE, name)
        sent = [json.loads(each.body)["data"] for each in feed.stage.sent if each.type == STATE]
        feed.stage.sent.clear()
        assert sum(len(json.dumps(data)) for data in sent) < most + 1_000
        versions.update({data["periodId"]: data["version"] for data in sent})
        pushes += 1
        if pushes == 2:
            await feed.rules.event(period=1, version=5)
    assert pushes > 4
    assert metrics.STATES_DIVIDED._value.get() - divided >= pushes - 2
    assert versions.keys() == set(range(1, 1_002))
    assert versions[1] == 1 + 5, "the state of before the change, and that after it"
    assert await feed.rules.owner.fetchval(_DUE, name) == 0


async def test_a_process_goes_on_with_the_unfinished_push_of_another(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is in the database: another process sends the rest, and no state twice."""
    monkeypatch.setattr(handler, "STATE_BYTES", 20_000)
    name = await plant(feed, 500)
    assert await feed.pushing.attempt(Way.STATE, name)
    first = [each.id for each in feed.stage.sent if each.type == STATE]
    assert await feed.rules.owner.fetchval(_DUE, name) == 2
    other = Feed(feed.rules, feed.stage.pool)
    while await other.pushing.attempt(Way.STATE, name):
        pass
    rest = [each.id for each in other.stage.sent if each.type == STATE]
    assert len(first) + len(rest) == len({*first, *rest}) == 501
