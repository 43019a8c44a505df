"""Webhooks on the real database: order, retries, and independence of recipients."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.local.deployment import Endpoints
from services.notifier.delivery import store
from services.notifier.delivery.channels.webhook import TIMEOUT
from shared.redelivery import PATIENCE, State, Verdict
from shared.runtime.database import Pool, transaction
from tests.integration.delivery.delivering import (
    attempted,
    dispatching,
    event,
    in_order,
    number_of,
    pass_time,
    schedule,
    settle,
    states,
    subscribe,
    until,
)
from tests.integration.delivery.receiver import Receiver

pytestmark = pytest.mark.stack
SEVERAL = 1_000  #: other recipients
MUTE = 65  #: recipients that never answer: one more than are served at once


async def test_a_scheduled_delivery_arrives_signed_and_once(pool: Pool, receiver: Receiver) -> None:
    await subscribe(pool, receiver.url("a"))
    letters = [event(declaration, place) for declaration in (7, 8) for place in range(3)]
    await schedule(pool, letters)
    await schedule(pool, letters)  # the notifier says it again after a crash
    async with dispatching(pool):
        await until(lambda: len(receiver.taken["a"]) == 6)
        await settle(pool, {"delivered": 6})
        await asyncio.sleep(1)  # a second request would come now
    assert len(receiver.came["a"]) == 6
    assert in_order(receiver.taken["a"])
    assert {each["id"] for each in receiver.came["a"]} == {str(letter.event_id) for letter in letters}
    assert all(each["headers"]["webhook-signature"].startswith("v1,") for each in receiver.came["a"])
    assert await states(pool) == {"delivered": 6}


async def test_a_refused_delivery_delays_only_its_successors(pool: Pool, receiver: Receiver) -> None:
    await subscribe(pool, receiver.url("a"))
    receiver.refused.add(str(event(7, 0).event_id))
    await schedule(pool, [event(7, 0), event(7, 1), event(8, 0), event(8, 1)])
    async with dispatching(pool):
        await until(lambda: len(receiver.taken["a"]) == 2)
        await settle(pool, {"delivered": 2, "pending": 2})
        await attempted(pool, "HTTP 400")
        await asyncio.sleep(1)  # another attempt would come now
    assert receiver.taken["a"] == ["8/0", "8/1"]
    assert await states(pool) == {"delivered": 2, "pending": 2}
    (row,) = await pool.fetch("SELECT reason, attempts FROM dispatches WHERE reason IS NOT NULL")
    assert (row["reason"], row["attempts"]) == ("HTTP 400", 1)


async def test_a_recipient_down_for_a_day_gets_everything_once_and_in_order(
    place: Endpoints, pool: Pool, receiver: Receiver
) -> None:
    """The recipient fails in three ways while new events arrive (promise R11)."""
    await subscribe(pool, receiver.url("a"))
    letters = [event(declaration, number) for number in range(4) for declaration in range(1, 31)]
    async with dispatching(pool):
        for hour in range(24):
            receiver.answers["a"] = (503, 429, 500)[hour % 3]
            await schedule(pool, letters[hour * 5 : hour * 5 + 5])
            await pass_time(place, timedelta(hours=1))
            await asyncio.sleep(0.15)
        assert receiver.taken["a"] == []
        tried = len(receiver.came["a"])
        receiver.answers["a"] = 200
        await pass_time(place, timedelta(hours=5))
        await until(lambda: len(receiver.taken["a"]) == len(letters))
        await settle(pool, {"delivered": len(letters)})
        await asyncio.sleep(0.6)  # a second request would come now
    assert 2 <= tried <= 30, "one thing was tried now and then, not all of it all the time"
    assert len(receiver.taken["a"]) == len(set(receiver.taken["a"])) == len(letters)
    assert in_order(receiver.taken["a"])
    assert await states(pool) == {"delivered": len(letters)}


async def test_an_abandoned_delivery_is_readable_counted_and_can_be_resent(
    place: Endpoints, pool: Pool, receiver: Receiver
) -> None:
    await subscribe(pool, receiver.url("a"))
    receiver.answers["a"] = 503
    letters = [event(declaration, 0) for declaration in range(1, 21)]
    await schedule(pool, letters)
    async with dispatching(pool):
        await until(lambda: len(receiver.came["a"]) == 1)
        await pass_time(place, PATIENCE + timedelta(hours=5))
        await until(lambda: len(receiver.came["a"]) == 2)
        await settle(pool, {"exhausted": 20})
        assert len(receiver.came["a"]) == 2, "all at once, not one after the other"
        async with pool.acquire() as connection:
            assert (await store.gauges(connection)).exhausted == 20
            rows = await store.listed(connection, number_of(0), "exhausted", 0, 100)
        assert {row["reason"] for row in rows} == {"HTTP 503"}
        receiver.answers["a"] = 200
        await pass_time(place, timedelta(hours=6))
        async with transaction(pool) as tx:
            assert await store.retry(tx, number_of(0), letters[3].id)
            assert not await store.retry(tx, number_of(1), letters[4].id), "somebody else's"
            assert not await store.retry(tx, number_of(0), UUID(int=7)), "unknown"
        await until(lambda: receiver.taken["a"] == ["4/0"])


async def test_a_thousand_recipients_do_not_wait_for_silent_ones(pool: Pool, receiver: Receiver) -> None:
    """Silent recipients at one host, more than lanes, delay the others by one attempt at most."""
    names = [f"r{n}" for n in range(SEVERAL)]
    for n in range(SEVERAL):
        await subscribe(pool, receiver.url(names[n]), n)
    for n in range(SEVERAL, SEVERAL + MUTE):
        receiver.answers[f"mute{n}"] = None
        await subscribe(pool, receiver.url(f"mute{n}"), n)
    taken: list[float] = []
    for round_ in range(2):
        letters = [event(1, round_, n) for n in range(SEVERAL)]
        if round_:
            letters[:0] = [event(k, 0, n) for n in range(SEVERAL, SEVERAL + MUTE) for k in range(50)]
        await schedule(pool, letters)
        async with dispatching(pool):
            taken.append(
                await until(lambda r=round_: all(len(receiver.taken[n]) > r for n in names), 120)  # type: ignore[misc]
            )
    patience = TIMEOUT.total or 0
    assert taken[1] < 5 * taken[0] + patience + 10, "seconds alone, and beside many that never answer"
    reasons = {row["reason"] for row in await pool.fetch("SELECT DISTINCT reason FROM dispatches")}
    assert reasons <= {None, "SocketTimeoutError", "TimeoutError"}, "nobody was taken for away but the mute"
    away = await pool.fetchval(
        "SELECT count(*) FROM lanes l JOIN subscriptions s USING (subscription_id)"
        " WHERE l.failures > 0 AND s.url NOT LIKE '%/mute%'"
    )
    assert away == 0, "who shares a host with the mute is not taken for away"


async def test_processes_share_deliveries_and_replace_a_dead_process(pool: Pool, receiver: Receiver) -> None:
    for n in range(20):
        await subscribe(pool, receiver.url(f"r{n}"), n)
    letters = [event(k, place, n) for n in range(20) for k in range(5) for place in range(3)]
    await schedule(pool, letters)
    async with dispatching(pool), dispatching(pool):
        await until(lambda: sum(map(len, receiver.taken.values())) >= 100)
    # Both are gone in the middle of their work; their leases end by themselves.
    await pool.execute("UPDATE lanes SET leased_until = clock_timestamp() + interval '2 seconds'")
    async with dispatching(pool):
        await until(lambda: sum(len(set(taken)) for taken in receiver.taken.values()) == len(letters))
    for taken in receiver.taken.values():
        first_copies = list(dict.fromkeys(taken))
        assert in_order(first_copies)
        assert len(taken) - len(first_copies) <= 1, "at most what was under way is sent again, with its id"


async def test_a_new_address_gets_the_pending_deliveries_of_the_old_one(
    pool: Pool, receiver: Receiver
) -> None:
    await subscribe(pool, receiver.url("old"))
    receiver.answers["old"] = 503
    await schedule(pool, [event(1, 0), event(2, 0)])
    async with dispatching(pool):
        await until(lambda: len(receiver.came["old"]) == 1)
        await asyncio.sleep(0.3)
        await subscribe(pool, receiver.url("new"))
        await until(lambda: sorted(receiver.taken["new"]) == ["1/0", "2/0"])


async def end(pool: Pool) -> None:
    async with transaction(pool) as tx:
        assert await store.unsubscribe(tx, number_of(0), "webhook", "tests")


async def test_an_ended_subscription_gets_no_delivery_and_reports_it(pool: Pool, receiver: Receiver) -> None:
    await subscribe(pool, receiver.url("a"))
    await schedule(pool, [event(1, 0), event(2, 0), event(3, 0)])
    (lane,) = await store.claim(pool, 1)
    first, second, _ = await store.due(pool, lane, 10)
    await end(pool)
    async with transaction(pool) as tx:  # the attempt in progress ends
        late = Verdict(State.PENDING, tx.now, None)
        await store.store_outcome(tx, lane, [(first, late)], "HTTP 400")
        await store.store_outcome(tx, lane, [(second, Verdict(State.DELIVERED, tx.now, None))], None)
    await store.release(pool, [lane])
    assert await states(pool) == {"exhausted": 2, "delivered": 1}
    rows = await pool.fetch("SELECT reason FROM dispatches WHERE state = 'exhausted'")
    assert {row["reason"] for row in rows} == {"ended"}
    async with pool.acquire() as connection:
        assert (await store.gauges(connection)).exhausted == 0, "nobody has to look at it"
    await pool.execute("UPDATE dispatches SET state = 'pending'")  # stranded before it was judged so
    assert await store.claim(pool, 1) == []


@pytest.mark.parametrize("again", [False, True])
async def test_a_delivery_scheduled_during_a_change_is_not_stranded(
    pool: Pool, receiver: Receiver, again: bool
) -> None:
    """A dispatch goes to the new subscription or nowhere; a row of an ended one would wait forever."""
    await subscribe(pool, receiver.url("old"))
    async with transaction(pool) as tx:
        if again:
            await store.subscribe(tx, number_of(0), "webhook", receiver.url("new"), None, "tests")
        else:
            await store.unsubscribe(tx, number_of(0), "webhook", "tests")
        scheduling = asyncio.create_task(schedule(pool, [event(1, 0)]))
        await asyncio.sleep(0.5)
        assert not scheduling.done(), "it waits for the change"
    await scheduling
    rows = await pool.fetch(
        "SELECT s.url, s.ended_at FROM dispatches JOIN subscriptions s USING (subscription_id)"
    )
    assert [(row["url"], row["ended_at"]) for row in rows] == ([(receiver.url("new"), None)] if again else [])


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_is_never_followed(pool: Pool, receiver: Receiver, status: int) -> None:
    """Redirects could lead into our network (threat T19)."""
    await subscribe(pool, receiver.url("a"))
    receiver.answers["a"] = status
    await schedule(pool, [event(1, 0)])
    async with dispatching(pool):
        await until(lambda: len(receiver.came["a"]) == 1)
        await attempted(pool, "HTTP")
    (row,) = await pool.fetch("SELECT reason FROM dispatches")
    assert row["reason"] == f"HTTP {status}"


def test_control_the_check_of_order_fails_without_order() -> None:
    """The control of `in_order`."""
    assert in_order(["1/0", "2/0", "1/1"])
    assert not in_order(["1/1", "2/0", "1/0"])
