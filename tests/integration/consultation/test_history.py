"""The history of a period is read by its number, in pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.personnel_file.consultation import store
from services.personnel_file.consultation.store import Moment
from services.personnel_file.mutation.handler import apply_mutations
from shared.messages import Person, WorkerNumberReplaced
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.topology import Deployment
from tests.integration.settling import EMPLOYERS, FIRST, NOW, changed, engage, settle

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

OLD, NEW = "60000000001", "60000000002"
OTH = {"workerType": "OTH", "jointCommissionNumber": "XXX"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open connections of the personnel file to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("history"), "history")
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file") as pool:
        yield pool


async def join(pool: Pool) -> None:
    """Give the worker a number under which it has a relation already."""
    worker = Person(
        ssin=NEW, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150,
        former_ssins=(OLD,),
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        replaced = WorkerNumberReplaced(worker=worker, order=1, effective_on=FIRST)
        await apply_mutations(Transaction(connection, NOW), [replaced])


async def test_the_history_of_a_period_goes_on_in_another_relation(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events from before and after the period was joined, on pages; those of other periods are left out."""
    employer = EMPLOYERS[0]
    there, moved = engage(employer, NEW, FIRST, OTH), engage(employer, OLD, FIRST.replace(month=4), OTH)
    await settle(pool, there, moved)
    await join(pool)
    await settle(pool, changed(moved, "dimonaCancel"))
    monkeypatch.setattr(store, "MOST_CHANGES", 2)
    kinds, after = [], Moment(datetime(1970, 1, 1, tzinfo=UTC), 0)
    async with transaction(pool) as tx:
        for size in (2, 1):
            page = await store.load_changes(tx, moved.declaration.number, after)
            assert len(page.changes) == size
            kinds += [change.event["type"] for change in page.changes]
            after = page.rest or after
    assert page.rest is None
    assert kinds == ["periodOpened", "periodJoined", "periodCanceled"]
    wrong = """SELECT count(*) FROM history WHERE period_id IS DISTINCT FROM
        coalesce(event::json ->> 'period_id', event::json -> 'period' ->> 'id')::bigint"""
    assert await pool.fetchval(wrong) == 0, "as the migration fills the rows from before"
