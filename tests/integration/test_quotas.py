"""Quotas under two concurrent consumers: the settling step on connections of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.personnel_file.consultation import store as consultation
from services.personnel_file.consultation.rules import Criteria, Level, Query
from services.personnel_file.consultation.store import Scope
from services.personnel_file.mutation.handler import apply_mutations
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.declared import DeclaredIn
from shared.messages import (
    ChangeAdmitted,
    IdentificationEnded,
    Person,
    WorkerNumberReplaced,
)
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.topology import Deployment
from tests.account_days import WRONG
from tests.integration.settling import (
    EMPLOYERS,
    FIRST,
    HORECA,
    NOW,
    O17,
    changed,
    engage,
    results,
    settle,
    worker,
)
from tests.statements import statements

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open connections of the personnel file to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("quotas"), "quotas")
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


async def test_two_employers_race_for_the_last_hours(pool: Pool) -> None:
    """Both together never exceed the quota (decision D7)."""
    for _ in range(25):
        ssin = worker()
        assert (
            results(await settle(pool, engage(EMPLOYERS[0], ssin, FIRST, O17, plannedHoursNumber=90))) == "A"
        )
        rivals = [engage(employer, ssin, FIRST, O17, plannedHoursNumber=10) for employer in EMPLOYERS[1:4]]
        raced = await asyncio.gather(*(settle(pool, rival) for rival in rivals))
        assert sorted(results(one) for one in raced) == ["A", "B", "B"]


async def test_a_batch_counts_its_own_decisions(pool: Pool) -> None:
    """Ten declarations, a cancellation and a change into the freed quota end as if one after another."""
    ssin = worker()
    ins = [engage(employer, ssin, FIRST, O17, plannedHoursNumber=40) for employer in EMPLOYERS[:3]]
    after = engage(EMPLOYERS[3], ssin, FIRST, O17, plannedHoursNumber=40)
    batch: tuple[IdentificationEnded | ChangeAdmitted, ...] = (
        *ins, changed(ins[0], "dimonaCancel"), after, changed(ins[1], "dimonaUpdate", plannedHoursNumber=61),
        changed(ins[1], "dimonaUpdate", plannedHoursNumber=60),
    )  # fmt: skip
    assert results(await settle(pool, *batch)) == "AABAABA"
    assert results(await settle(pool, engage(EMPLOYERS[4], ssin, FIRST, O17, plannedHoursNumber=1))) == "B"


async def test_a_year_named_only_by_a_change_in_the_batch_is_loaded(pool: Pool) -> None:
    """An IN of one year and the UPDATE that moves it into the next, in one batch."""
    ssin, begin = worker(), date(2027, 1, 4)
    full = [
        engage(EMPLOYERS[0], ssin, day, HORECA, day + timedelta(1))
        for n in range(25)
        for day in (begin + timedelta(3 * n),)
    ]
    assert results(await settle(pool, *full)) == "A" * 25
    in_, day = engage(EMPLOYERS[0], ssin, FIRST, HORECA), str(date(2027, 12, 1))
    outcomes = await settle(pool, in_, changed(in_, "dimonaUpdate", startDate=day, endDate=day))
    assert results(outcomes) == "AW"
    assert [(each.quota_type, each.exceeding_days) for each in outcomes[1].quota] == [("HORECA_WORKER", 1)]


async def test_days_of_an_employer_are_counted_once_by_concurrent_batches(pool: Pool) -> None:
    """Excesses of four batches add up to the days beyond 200, also at a user undertaking (rule R67)."""
    user, agency = EMPLOYERS[5], EMPLOYERS[6]
    lent = {
        "workerType": "EXT",
        "jointCommissionNumber": "322",
        "usingEmployer": {"jointCommissionNumber": "302", "enterpriseNumber": user},
    }
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 330, 3)]
    declared = [
        engage(
            agency if n % 3 == 0 else user, worker(), day, lent if n % 3 == 0 else HORECA, day + timedelta(1)
        )
        for n, day in enumerate([*days, *days[:20]])
    ]
    batches = [declared[n : n + 5] for n in range(0, len(declared), 5)]
    outcomes = [one for batch in await asyncio.gather(*(settle(pool, *b) for b in batches)) for one in batch]
    told = [excess for outcome in outcomes for excess in outcome.quota]
    assert {outcome.result for outcome in outcomes} == {"A", "W"}
    assert {excess.quota_type for excess in told} == {"HORECA_EMPLOYER"}
    assert sum(excess.exceeding_days or 0 for excess in told) == 2 * len(days) - 200


LENT: dict[str, Any] = {
    "workerType": "EXT",
    "jointCommissionNumber": "322",
    "usingEmployer": {"jointCommissionNumber": "302", "enterpriseNumber": EMPLOYERS[5]},
}


def any_engagement(random: Random) -> IdentificationEnded:
    """Return an IN on a day at the border of two years: mostly occasional, some past midnight, some lent."""
    day = date(2027, 12, 20) + timedelta(random.randrange(24))
    features: dict[str, Any] = random.choice([HORECA, HORECA, LENT, O17])
    if features is O17:
        return engage(EMPLOYERS[5], worker(), day, O17, plannedHoursNumber=4)
    end = random.choice([None, day + timedelta(1)])
    hours = {"startHour": "1900", "endHour": "2300" if end is None else "0200"}
    return engage(EMPLOYERS[4] if features is LENT else EMPLOYERS[5], worker(), day, features, end, **hours)


def any_change(random: Random, engaged: IdentificationEnded) -> ChangeAdmitted:
    """Return a CANCEL, or an UPDATE to another day or past midnight."""
    if random.random() < 0.4:
        return changed(engaged, "dimonaCancel")
    day = date(2027, 12, 20) + timedelta(random.randrange(24))
    end = day + timedelta(random.randrange(2))
    declared = engaged.declaration.declared.block
    assert isinstance(declared, DeclaredIn)
    hours = {} if declared.end_hour is None else {"endHour": "2300" if end == day else "0200"}
    return changed(engaged, "dimonaUpdate", startDate=str(day), endDate=str(end), **hours)


@pytest.mark.parametrize("seed", [1, 2])
async def test_stored_days_of_accounts_equal_all_periods(pool: Pool, seed: int) -> None:
    """Racing batches of INs, UPDATEs and CANCELs, and numbers of workers that are replaced meanwhile."""
    random = Random(seed)
    engaged = [any_engagement(random) for _ in range(40)]
    batches: list[list[IdentificationEnded | ChangeAdmitted]] = [
        list(engaged[n : n + 8]) for n in range(0, 40, 8)
    ]
    await asyncio.gather(*(settle(pool, *batch) for batch in batches))
    for _ in range(3):
        chosen = random.sample(engaged, 20)
        rivals = [[any_change(random, one) for one in chosen[n : n + 5]] for n in range(0, 20, 5)]
        await asyncio.gather(
            *(settle(pool, *batch, any_engagement(random)) for batch in rivals),
            replace_number(pool, random.choice(engaged)),
        )
    assert await pool.fetchval("SELECT sum(periods) FROM account_days") > 20
    assert (
        await pool.fetchval("SELECT count(*) FROM periods WHERE canceled AND quota_account IS NOT NULL") > 5
    )
    assert await pool.fetch(WRONG) == []


async def replace_number(pool: Pool, engaged: IdentificationEnded) -> None:
    """Give the worker of an IN another number."""
    assert engaged.worker is not None
    former = engaged.worker.ssin
    person = engaged.worker.model_copy(update={"ssin": worker(), "former_ssins": (former,)})
    async with pool.acquire() as connection, connection.transaction():
        replacement = WorkerNumberReplaced(
            worker=Person.model_validate(person), order=int(person.ssin), effective_on=FIRST
        )
        await apply_mutations(Transaction(connection, NOW), [replacement])


async def test_settling_takes_two_statements(pool: Pool) -> None:
    """One loads and one saves, for any batch; `BEGIN`, inbox, outbox and `COMMIT` make six."""
    ordinary = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
    ins = [engage(EMPLOYERS[7], worker(), FIRST, features) for features in (ordinary, HORECA, ordinary)]
    changes = [changed(in_, "dimonaCancel") for in_ in ins]
    batches: list[list[SettleRequest]] = [
        [ins[0]],
        [*ins[1:]],
        [changes[0]],
        [*changes[1:]],
        [changes[0], *ins],
    ]
    for batch in batches:
        async with pool.acquire() as connection, connection.transaction():
            with statements(connection) as sent:
                await settle_declarations(Transaction(connection, NOW), batch)
        assert len(sent) <= 2, sent


async def test_a_search_finds_an_excess_until_the_use_is_within_the_quota(pool: Pool) -> None:
    """In one batch or several; a cancellation judges no quota and changes nothing (ADR 23)."""
    student = {"workerType": "STU", "jointCommissionNumber": "200"}
    employer, (one, two) = EMPLOYERS[7], (worker(), worker())
    first, second = (engage(employer, ssin, FIRST, student, plannedHoursNumber=651) for ssin in (one, two))

    async def exceeding() -> set[int]:
        query = Query(Level.PERIOD, Criteria(employer=employer, quota_exceeded=True))
        async with transaction(pool) as tx:
            found = await consultation.search(tx, query, Scope(await consultation.begin(tx)))
        return {row["period_id"] for row in found.rows}

    assert results(await settle(pool, first, second)) == "WW"
    both = {each.declaration.number for each in (first, second)}
    assert await exceeding() == both
    assert results(await settle(pool, changed(second, "dimonaCancel"))) == "A"
    assert await exceeding() == both
    batch = [changed(first, "dimonaUpdate", plannedHoursNumber=hours) for hours in (652, 650)]
    assert results(await settle(pool, *batch)) == "WA"
    assert await exceeding() == both - {first.declaration.number}
