"""While a dependency is down a batch is held in place: in order, without redelivery or loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from deploy.local.stack import Stack
from shared.runtime import database as database_module
from shared.runtime import holding, metrics
from shared.runtime import watchdog as watchdog_module
from shared.runtime.database import Transaction
from shared.runtime.holding import CONFLICTS
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.integration.runtime.broker import said, until
from tests.integration.runtime.toys import Place, Told, Toy, events, running

pytestmark = pytest.mark.stack

CARRIERS, EACH = 40, 5
ALL = list(range(CARRIERS * EACH))


@pytest.fixture
async def postgres(stack: Stack) -> AsyncIterator[FaultProxy]:
    """Yield a proxy before PostgreSQL."""
    async with fault_proxy(stack.postgres.port) as proxy:
        yield proxy


async def stream(place: Place) -> None:
    """Publish many carriers to the queue of the toy."""
    bodies = [events(ALL[n : n + EACH]) for n in range(0, len(ALL), EACH)]
    await place.broker.publish(place.queue.name, *bodies)


def attempts(fault: str) -> float:
    """Return the number of failed attempts of this kind."""
    return float(metrics.DB_ERRORS.labels(fault)._value.get())


async def one_at_a_time(*_: object) -> None:
    await asyncio.sleep(0.01)


async def held(place: Place, toy: Toy, count: int = 20) -> None:
    """Wait until the toy is in the middle of its stream."""
    await until(lambda: len(toy.attempts) > 3, what="the toy to be at work")
    await until(lambda: sum(map(len, toy.attempts)) > count, what="some progress")


async def test_a_killed_database_loses_and_parks_no_message(place: Place, toy: Toy, stack: Stack) -> None:
    """Promise R8, decision D6."""
    toy.after = one_at_a_time
    async with running(place, toy, settings=place.settings(batch_size=1)):
        await stream(place)
        await held(place, toy)
        await asyncio.to_thread(stack.kill, "postgres")
        await asyncio.to_thread(stack.ready, "postgres")
        await place.reconnect()
        assert await place.finish(len(ALL)) == ALL  # each once, and in order
    assert set(toy.deliveries) == {0}
    assert len(toy.deliveries) == CARRIERS
    assert sorted(set(said(await place.broker.get_all(place.echoes)))) == ALL
    assert await place.broker.count(place.queue.name) == (0, 0)
    assert await place.broker.ready(place.parking) == 0


@pytest.mark.parametrize("fault", ["cut", "half_open", "swallow"])
async def test_a_broken_connection_to_postgres_loses_no_message(
    place: Place, toy: Toy, postgres: FaultProxy, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "COMMAND_TIMEOUT", 1.0)
    toy.after = one_at_a_time
    settings = place.settings(dsn=postgres.url(place.endpoints.superuser_dsn), batch_size=1)
    async with running(place, toy, settings=settings):
        await stream(place)
        await held(place, toy)
        if fault == "cut":
            postgres.cut()
        elif fault == "half_open":
            postgres.half_open()
        else:
            postgres.swallowing = True
        await asyncio.sleep(1.5)
        if fault == "swallow":
            postgres.reset()
        postgres.heal()
        assert await place.finish(len(ALL), 40) == ALL
    assert set(toy.deliveries) == {0}
    assert await place.broker.ready(place.parking) == 0


async def test_a_step_waits_for_the_holder_of_an_inbox_key(
    place: Place, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock time-out (55P03) is contention: not a fault of the message, and no outage of the database."""
    monkeypatch.setitem(database_module._SERVER_SETTINGS, "lock_timeout", "200ms")
    before = attempts("contention"), attempts("outage")
    async with running(place, toy) as runs:
        await place.broker.publish(place.queue.name, events([1]))
        await place.finish(1)
        taken = await place.database.fetchval("DELETE FROM inbox RETURNING message_id")
        rival = place.database.transaction()
        await rival.start()
        await place.database.execute("INSERT INTO inbox (consumer, message_id) VALUES ('toy', $1)", taken)
        await place.broker.publish(place.queue.name, events([1, 2]))
        await asyncio.sleep(1.5)  # five times the lock's time-out
        assert await place.broker.ready(place.parking) == 0
        assert all((await runs._ready()).values()), "nothing is down"
        await rival.rollback()
        assert await place.finish(3) == [1, 1, 2]
    assert toy.deliveries == [0, 0]
    assert attempts("contention") > before[0]
    assert attempts("outage") == before[1]


async def test_endless_conflicts_split_a_batch_and_then_hold_one_event(
    place: Place, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_CONFLICT_PAUSE", 0.001)
    monkeypatch.setattr(holding, "SHORTEST_PAUSE", 0.05)
    left = {2: 2 * CONFLICTS}  # event 2 conflicts until it has been held twice

    async def conflict(tx: Transaction, values: Sequence[Told]) -> None:
        numbers = [value.number for value in values]
        if len(numbers) > 1 or (left[2] and 2 in numbers):
            left[2] -= len(numbers) == 1
            await tx.connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")

    toy.after = conflict
    async with running(place, toy) as runs:
        label = runs._consumers[0].label
        before = metrics.CONFLICT_LIMITS.labels(label)._value.get()
        await place.broker.publish(place.queue.name, events([1, 2, 3]))
        assert await place.finish(3) == [1, 2, 3]
        assert metrics.CONFLICT_LIMITS.labels(label)._value.get() - before == 3
    assert toy.attempts.count([1, 2, 3]) == CONFLICTS
    assert toy.attempts.count([2]) == 2 * CONFLICTS + 1
    assert toy.deliveries == [0]
    assert await place.broker.ready(place.parking) == 0


async def test_the_victim_of_a_deadlock_runs_again_at_once(
    place: Place, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "SHORTEST_PAUSE", 120.0)  # far longer than a busy machine takes
    at: list[float] = []

    async def lock_both(tx: object, _: object) -> None:
        at.append(time.monotonic())
        connection = tx.connection  # type: ignore[attr-defined]
        await connection.execute("SET LOCAL deadlock_timeout = '50ms'")
        await connection.execute("SELECT pg_advisory_xact_lock(1)")
        if len(at) == 1:
            crossed.set()
            await asyncio.sleep(0.2)
        await connection.execute("SELECT pg_advisory_xact_lock(2)")

    crossed, toy.after = asyncio.Event(), lock_both
    async with running(place, toy):
        async with place.database.transaction():
            await place.database.execute("SET LOCAL deadlock_timeout = '10s'")
            await place.database.execute("SELECT pg_advisory_xact_lock(2)")
            await place.broker.publish(place.queue.name, events([1, 2]))
            await crossed.wait()
            await place.database.execute("SELECT pg_advisory_xact_lock(1)")
        assert await place.finish(2) == [1, 2]
    assert toy.attempts == [[1, 2], [1, 2]]  # one batch, neither split nor parked
    assert at[1] - at[0] < 50.0, "without a pause"


async def test_beyond_the_hold_ceiling_the_channel_is_closed_once(
    place: Place, toy: Toy, postgres: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog_module, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(watchdog_module, "MUTE_SECONDS", 1.0)
    dsn = postgres.url(place.endpoints.superuser_dsn)
    async with running(place, toy, settings=place.settings(dsn=dsn, hold_ceiling=0.5)) as runs:
        await place.broker.publish(place.queue.name, events([1]))
        await place.finish(1)
        postgres.cut()
        await place.broker.publish(place.queue.name, events([2, 3]), events([4]))

        async def given_back() -> bool:
            return await place.broker.count(place.queue.name) == (2, 0)

        await until(given_back, what="the batch to be given back")
        await asyncio.sleep(3.0)  # it is not consumed while the database is away, and the process lives
        assert await given_back()
        postgres.heal()
        assert await place.finish(4) == [1, 2, 3, 4]
        # Closed once; a loaded machine may lose one. It comes back after the held batch, maybe after event 4.
        subscription = runs._consumers[0].subscription
        await until(lambda: subscription._session in (2, 3), what="a new session")
    assert max(toy.deliveries) == 1, "giving back spent one delivery, and waiting none"
    assert await place.broker.ready(place.parking) == 0


async def test_the_watchdog_spares_a_consumer_that_waits_to_try_suspects(
    place: Place, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog_module, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(watchdog_module, "MUTE_SECONDS", 1.0)
    async with running(place, toy) as runs:
        subscription = runs._consumers[0].subscription
        async with runs._suspects_lock:  # another subscription meets its own
            subscription.drop()
            await until(lambda: subscription._session == 2, what="a new session")
            await place.broker.publish(place.queue.name, events([1]))
            await asyncio.sleep(3.0)
            assert await place.broker.count(place.queue.name) == (1, 0)
            assert subscription._session == 2
        assert await place.finish(1) == [1]
    assert toy.deliveries == [0]
