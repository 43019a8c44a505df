"""Effects, inbox and outbox are committed together or not at all; no message leaves before the commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from shared.runtime import outgoing
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.runtime.errors import OurError
from tests.integration.runtime.broker import said
from tests.integration.runtime.toys import Place, Toy, events, running

pytestmark = pytest.mark.stack


async def test_an_error_after_the_effects_leaves_nothing(place: Place, toy: Toy) -> None:
    async def fail(*_: object) -> None:
        raise OurError("no")

    toy.after = fail
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1]))
        await place.parked(1)
        assert toy.attempts == [[1], [1]]
        for table in ("done", "inbox", "outbox", "deliveries"):
            assert await place.rows(table) == 0
    assert await place.broker.get_all(place.echoes) == []


async def test_no_effect_and_no_message_is_visible_before_the_commit(
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
