"""One transaction: effects, inbox and outbox together or not at all; nothing leaves before the commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from shared.messages import CaseResolved
from shared.runtime import outgoing
from shared.runtime import service as service_module
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.runtime.errors import Permanent, Transient
from tests.integration.runtime.broker import reasons, said
from tests.integration.runtime.toys import Place, Toy, events, running

pytestmark = pytest.mark.stack


async def test_an_error_after_the_effects_leaves_nothing(place: Place, toy: Toy) -> None:
    async def fail(*_: object) -> None:
        raise Permanent("no")

    toy.after = fail
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1]))
        await place.parked(1)
        assert toy.attempts == [[1], [1]]
        for table in ("done", "inbox", "outbox", "deliveries"):
            assert await place.rows(table) == 0
    assert await place.broker.get_all(place.echoes) == []


async def test_nothing_is_sent_or_seen_before_the_commit(
    place: Place, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "GRACE", 30.0)  # not due by itself while the transaction is held open
    written, commit = asyncio.Event(), asyncio.Event()

    async def wait(*_: object) -> None:
        written.set()
        await commit.wait()

    toy.after = wait
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1]))
        await written.wait()
        await asyncio.sleep(1.0)  # long enough for the relay to look twice
        assert await place.rows() == 0
        assert await place.rows("done") == 0
        assert await place.broker.ready(place.echoes) == 0
        commit.set()
        await place.finish(1)
    assert said(await place.broker.get_all(place.echoes)) == [1]


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> list[Pool]:
    """Makes the services' pools as small as they get; the pools that were opened."""
    pools: list[Pool] = []

    async def opened(dsn: str, name: str) -> Pool:
        pools.append(await open_pool(dsn, name, size=1))
        return pools[-1]

    monkeypatch.setattr(service_module, "open_pool", opened)
    return pools


async def test_ask_is_called_with_no_connection_held(place: Place, toy: Toy, small_pool: list[Pool]) -> None:
    async def ask(values: Sequence[CaseResolved]) -> Sequence[Any]:
        async with asyncio.timeout(5), small_pool[0].acquire() as connection:
            assert not connection.is_in_transaction()
            return [await connection.fetchval("SELECT $1::bigint * 2", value.number) for value in values]

    toy.ask = ask
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1, 2, 3]))
        await place.finish(3)
    assert toy.answers == [2, 4, 6]


async def test_an_ask_that_fails_for_ever_is_parked_like_a_record_that_does(place: Place, toy: Toy) -> None:
    async def ask(values: Sequence[CaseResolved]) -> Sequence[Any]:
        if any(value.number == 2 for value in values):
            raise KeyError("85073003328")
        return [None] * len(values)

    toy.ask = ask
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1, 2, 3]))
        assert await place.finish(2) == [1, 3]
    parked = await place.broker.get_all(place.parking)
    assert said(parked) == [2]
    assert reasons(parked) == ["KeyError"]


async def test_an_ask_whose_register_is_down_is_tried_again_in_place(place: Place, toy: Toy) -> None:
    calls = 0

    async def ask(values: Sequence[CaseResolved]) -> Sequence[Any]:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise Transient
        return [None] * len(values)

    toy.ask = ask
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1, 2]), events([3]))
        assert await place.finish(3) == [1, 2, 3]
    assert toy.deliveries == [0, 0]
    assert await place.broker.ready(place.parking) == 0


@pytest.fixture
async def pool(place: Place) -> AsyncIterator[Pool]:
    pool = await open_pool(place.endpoints.superuser_dsn, place.name, size=1)
    yield pool
    await pool.execute("UPDATE platform.clock SET moved_by = '0', is_test = true")
    await pool.close()


async def test_a_transaction_has_the_instant_of_the_platform(pool: Pool) -> None:
    before = datetime.now(UTC)
    async with transaction(pool) as tx:
        assert before - timedelta(seconds=1) < tx.now < datetime.now(UTC) + timedelta(seconds=1)
        assert tx.connection.is_in_transaction()
    await pool.execute("UPDATE platform.clock SET moved_by = '3 days'")
    async with transaction(pool) as tx:
        moved = tx.now - datetime.now(UTC)
    assert timedelta(days=3, seconds=-5) < moved < timedelta(days=3, seconds=5)


async def test_only_a_stack_marked_as_test_moves_the_clock(pool: Pool) -> None:
    await pool.execute("UPDATE platform.clock SET is_test = false")
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("UPDATE platform.clock SET moved_by = '1 second'")


async def test_an_error_rolls_the_transaction_back(pool: Pool) -> None:
    async def fails(tx: Transaction) -> None:
        await tx.connection.execute("INSERT INTO done (number) VALUES (1)")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        async with transaction(pool) as tx:
            await fails(tx)
    assert await pool.fetchval("SELECT count(*) FROM done") == 0
