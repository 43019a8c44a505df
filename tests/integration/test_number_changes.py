"""Messages of identification about replaced numbers, for any order of the changes of the register."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.numbers import make_ssin
from deploy.local.stack import Stack
from services.identification.cases.handler import Identification
from shared.messages import RegisterEntry, WorkerNumberReplaced, WorkerRegistered
from shared.runtime.database import Pool, Transaction, open_pool
from shared.topology import Deployment

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

BORN = "1948-05-06"
NOW = datetime(2026, 2, 20, 23, 30, tzinfo=UTC)  # the next day in Brussels
_serials, _sequences = count(), count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open connections of identification to a register of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("numbers"), "numbers")
    pool = await open_pool(endpoints.dsns["identification"], "identification")
    yield pool
    await pool.close()


def ssin() -> str:
    return make_ssin(BORN, 2, next(_serials))


def entry(number: str, replaced_by: str | None = None) -> WorkerRegistered:
    """Return a change of the register, later than all before."""
    row = RegisterEntry(
        ssin=number, family_name="P", given_name="A", birth_date=BORN, gender=2, nationality=150,
        replaced_by=replaced_by,
    )  # fmt: skip
    return WorkerRegistered(worker=row, sequence=next(_sequences))


async def hear(pool: Pool, *changes: WorkerRegistered) -> list[WorkerNumberReplaced]:
    """Handle one batch; return its messages about numbers."""
    async with pool.acquire() as connection, connection.transaction():
        batch: list[Any] = list(changes)
        effects = await Identification(10).apply_changes(Transaction(connection, NOW), batch)
    return [effect for effect in effects if isinstance(effect, WorkerNumberReplaced)]


def told(said: list[WorkerNumberReplaced]) -> list[tuple[str, tuple[str, ...] | None]]:
    return [(one.worker.ssin, one.worker.former_ssins) for one in said]


async def test_a_replacement_names_all_replaced_numbers(pool: Pool) -> None:
    a, b, c = ssin(), ssin(), ssin()
    assert await hear(pool, entry(a), entry(b), entry(c)) == []
    first = await hear(pool, entry(a, b))
    assert told(first) == [(b, (a,))]
    second = await hear(pool, entry(b, c))
    assert told(second) == [(c, (b, a))]
    assert second[0].order > first[0].order
    assert str(first[0].effective_on) == "2026-02-21"


async def test_no_message_before_the_successor_is_registered(pool: Pool) -> None:
    """The successor may enter the register later than the change that names it."""
    old, new = ssin(), ssin()
    assert await hear(pool, entry(old, new)) == []
    assert told(await hear(pool, entry(new))) == [(new, (old,))]


async def test_one_batch_makes_each_message_once(pool: Pool) -> None:
    a, b, c = ssin(), ssin(), ssin()
    assert told(await hear(pool, entry(c), entry(b, c), entry(a, b))) == [(c, (b, a))]


async def test_a_number_back_in_force_is_announced(pool: Pool) -> None:
    """An older change of the register does not withdraw that."""
    a, b = ssin(), ssin()
    late = entry(a, b)
    await hear(pool, entry(b), entry(a, b))
    assert told(await hear(pool, entry(a))) == [(a, None)]
    assert await hear(pool, late) == []
    assert told(await hear(pool, entry(b, a))) == [(a, (b,))]
