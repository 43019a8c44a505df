"""Daily registrations in the real database: equal results in any batches, and no overlap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.personnel_file.settlement import store
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.store import SettleRequest
from shared.messages import ChangeAdmitted, DeclarationSettled, Outcome
from shared.runtime.database import Pool, Transaction, open_pool
from shared.topology import Deployment
from tests.integration.settling import EMPLOYERS, FIRST, NOW, engage, received, worker

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

FLEXI = {"workerType": "FLX", "jointCommissionNumber": "XXX"}
LAST = FIRST + timedelta(20)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open connections of the personnel file to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("days"), "days")
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


class Story:
    """A flexi-job by period and the registrations of its days in a chain (decision D1)."""

    def __init__(self) -> None:
        self.arrived: list[SettleRequest] = [engage(EMPLOYERS[0], worker(), FIRST, FLEXI, LAST)]

    @property
    def period(self) -> int:
        return self.arrived[0].declaration.number

    def daily(self, status: int, **block: Any) -> int:
        """Append one more daily registration, and return its number."""
        document = {"dimonaDailyRegistration": {"attestationStatus": status, **block}}
        key = self.arrived[0].declaration.order_key
        assert key is not None
        chained = {"previous": self.arrived[-1].declaration.number, "registers_days": True}
        declaration = received(document, EMPLOYERS[0], key).model_copy(update=chained)
        self.arrived.append(ChangeAdmitted(declaration=declaration))
        return declaration.number

    def day(self, start: str, end: str, day: int = 0) -> int:
        """Register a day, counted from the first of the period."""
        date_ = str(FIRST + timedelta(day))
        hours = {"startHour": start, "endHour": end}
        return self.daily(0, periodId=self.period, startDate=date_, endDate=date_, **hours)


def replacing_days() -> tuple[Story, str]:
    """Return registrations of days that replace each other, with the expected result of each."""
    story = Story()
    first = story.day("0900", "1200")
    story.daily(1, dailyRegistrationId=first, startHour="1300", endHour="1700")
    second = story.day("0900", "1200")
    story.daily(3, dailyRegistrationId=second)
    third = story.day("0800", "1300")
    story.daily(1, dailyRegistrationId=third, endHour="1301")
    story.daily(3, dailyRegistrationId=second)
    story.day("0000", "0800")
    return story, "AAAAAABBA"


async def settle(pool: Pool, *arrived: SettleRequest) -> list[tuple[int, Outcome]]:
    """Settle one batch in its own transaction."""
    async with pool.acquire() as connection, connection.transaction():
        effects = await settle_declarations(Transaction(connection, NOW), list(arrived))
    return [
        (effect.declaration.number, effect.outcome)
        for effect in effects
        if isinstance(effect, DeclarationSettled)
    ]


def batches(arrived: Sequence[SettleRequest], sizes: Sequence[int]) -> list[list[SettleRequest]]:
    """Cut the declarations into batches of these sizes; the last takes the rest."""
    found, rest = [], list(arrived)
    for size in sizes:
        found.append(rest[:size])
        rest = rest[size:]
    return [each for each in [*found, rest] if each]


@pytest.mark.parametrize("sizes", [(), (1,) * 8, (1, 1), (2, 3), (3, 1, 3)], ids=str)
async def test_daily_registrations_have_equal_results_in_any_batches(
    pool: Pool, sizes: tuple[int, ...]
) -> None:
    """In one batch with the IN, alone, or anything between (decision D1)."""
    story, letters = replacing_days()
    ended: dict[int, str] = {}
    for batch in batches(story.arrived, sizes):
        ended |= {number: outcome.result for number, outcome in await settle(pool, *batch)}
    assert "".join(ended[one.declaration.number] for one in story.arrived) == letters
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            """SELECT to_char(start_hour, 'HH24MI') || '-' || to_char(end_hour, 'HH24MI') AS hours, canceled
            FROM daily_registrations WHERE period_id = $1 ORDER BY registration_id""",
            story.period,
        )
        version = await connection.fetchval(
            "SELECT version FROM relations JOIN periods USING (employer, ssin) WHERE period_id = $1",
            story.period,
        )
        events = await connection.fetch(
            "SELECT event::jsonb ->> 'type' AS type FROM history JOIN periods USING (employer, ssin) "
            "WHERE periods.period_id = $1 ORDER BY version",
            story.period,
        )
    assert {(row["hours"], row["canceled"]) for row in rows} == {
        ("1300-1700", False), ("0900-1200", True), ("0800-1300", False), ("0000-0800", False),
    }  # fmt: skip
    assert [row["type"] for row in events] == [
        "periodOpened", "dayRegistered", "dayUpdated", "dayRegistered", "dayCanceled", "dayRegistered",
        "dayRegistered",
    ]  # fmt: skip
    assert version == len(events)


async def test_an_early_declaration_waits_for_its_predecessor(pool: Pool) -> None:
    """No declaration is settled before its predecessor (decision D1)."""
    story = Story()
    day = story.day("0900", "1200")
    story.daily(3, dailyRegistrationId=day)
    in_, created, canceled = story.arrived
    assert await settle(pool, canceled) == []
    assert await settle(pool, created) == []
    async with pool.acquire() as connection:
        waiting = await connection.fetchval("SELECT count(*) FROM waiting")
    assert waiting == 2
    ended = await settle(pool, in_, engage(EMPLOYERS[1], worker(), FIRST, FLEXI, LAST))
    results = {number: outcome.result for number, outcome in ended}
    assert [results[one.declaration.number] for one in story.arrived] == ["A", "A", "A"]


async def test_an_overlap_that_only_the_database_finds_is_refused(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 90480-334 (decision D8)."""
    story = Story()
    story.day("0900", "1200")
    await settle(pool, *story.arrived)
    story.day("1100", "1300")

    load = store.load_settlement

    async def without_days(*given: Any, **named: Any) -> store.Loaded:
        loaded = await load(*given, **named)
        relations = {
            key: replace(stored, relation=replace(stored.relation, days={}))
            for key, stored in loaded.relations.items()
        }
        return replace(loaded, relations=relations)

    monkeypatch.setattr(store, "load_settlement", without_days)
    ((_, outcome),) = await settle(pool, story.arrived[-1])
    assert [(found.code, found.path) for found in outcome.anomalies] == [
        ("90480-334", "dimonaDailyRegistration")
    ]
    async with pool.acquire() as connection:
        assert (
            await connection.fetchval(
                "SELECT count(*) FROM daily_registrations WHERE period_id = $1", story.period
            )
            == 1
        )


async def test_the_constraint_forbids_overlapping_days(pool: Pool) -> None:
    """Days of one period do not overlap; canceled days and those of other periods may."""
    story, other = Story(), Story()
    number = story.day("0900", "1200")
    await settle(pool, *story.arrived)
    await settle(pool, *other.arrived)
    copy = """INSERT INTO daily_registrations
        SELECT registration_id + $2, $3, start_date, end_date, start_hour, end_hour, span, $4
        FROM daily_registrations WHERE registration_id = $1"""
    async with pool.acquire() as connection:
        await connection.execute(copy, number, 1, story.period, True)
        await connection.execute(copy, number, 2, other.period, False)
        with pytest.raises(asyncpg.ExclusionViolationError) as caught:
            await connection.execute(copy, number, 3, story.period, False)
        assert caught.value.constraint_name == "days_do_not_overlap"
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(copy, number, 4, 1, False)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM daily_registrations")
