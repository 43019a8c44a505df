"""Quotas under two consumers at once: the settling step itself, on connections of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.stack import Stack
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.declared import Declaration
from shared.domain.identifiers import with_check
from shared.messages import (
    ChangeAdmitted,
    Channel,
    DeclarationSettled,
    EmployerNumbers,
    IdentificationEnded,
    Outcome,
    Person,
    ReceivedDeclaration,
    Sender,
)
from shared.runtime.database import Pool, Transaction, open_pool
from shared.topology import Deployment
from tests.statements import statements

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

NOW = datetime(2026, 2, 20, 9, tzinfo=UTC)
FIRST = date(2026, 3, 1)
EMPLOYERS = [make_enterprise_number(700_000 + n) for n in range(8)]
_numbers, _workers = count(3 * 10**9), count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Connections of the personnel file to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("quotas"), "quotas")
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


def worker() -> str:
    """A number that only this test knows."""
    return f"{next(_workers):011}"


def received(document: dict[str, Any], employer: str, key: str) -> ReceivedDeclaration:
    return ReceivedDeclaration(
        number=with_check(next(_numbers)),
        declared=Declaration.model_validate(document),
        sender=Sender(
            client_id="c", organization=employer, channel=Channel.QUEUE, message_id="1", message_source="s"
        ),
        received_at=NOW,
        late_after=NOW,
        employer=EmployerNumbers(enterprise_number=employer, employer_id=1),
        order_key=key,
    )


def engage(
    employer: str, ssin: str, start: date, features: dict[str, Any], end: date | None = None, **more: Any
) -> IdentificationEnded:
    block = {"startDate": str(start), "endDate": str(end or start), "features": features, **more}
    person = Person(
        ssin=ssin, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150
    )
    key = f"{employer} {ssin}"
    return IdentificationEnded(declaration=received({"dimonaIn": block}, employer, key), worker=person)


def changed(in_: IdentificationEnded, kind: str, **block: Any) -> ChangeAdmitted:
    employer, key = in_.declaration.employer, in_.declaration.order_key
    assert employer is not None
    assert key is not None
    document = {kind: {"periodId": in_.declaration.number, **block}}
    return ChangeAdmitted(declaration=received(document, employer.enterprise_number, key))


async def settle(pool: Pool, *arrived: IdentificationEnded | ChangeAdmitted) -> list[Outcome]:
    """One batch, in a transaction of its own."""
    async with pool.acquire() as connection, connection.transaction():
        asked: list[SettleRequest] = list(arrived)
        effects = await settle_declarations(Transaction(connection, NOW), asked)
    return [effect.outcome for effect in effects if isinstance(effect, DeclarationSettled)]


def results(outcomes: Sequence[Outcome]) -> str:
    return "".join(outcome.result for outcome in outcomes)


O17 = {"workerType": "O17", "jointCommissionNumber": "XXX"}
HORECA = {"workerType": "EXT", "jointCommissionNumber": "302"}


async def test_two_employers_race_for_the_last_hours(pool: Pool) -> None:
    """Decision D7: never do both slip under the quota."""
    for _ in range(25):
        ssin = worker()
        assert (
            results(await settle(pool, engage(EMPLOYERS[0], ssin, FIRST, O17, plannedHoursNumber=90))) == "A"
        )
        rivals = [engage(employer, ssin, FIRST, O17, plannedHoursNumber=10) for employer in EMPLOYERS[1:4]]
        raced = await asyncio.gather(*(settle(pool, rival) for rival in rivals))
        assert sorted(results(one) for one in raced) == ["A", "B", "B"]


async def test_a_batch_counts_what_it_has_decided_itself(pool: Pool) -> None:
    """Ten at once, a cancellation and a change into the freed quota end as one after the other."""
    ssin = worker()
    ins = [engage(employer, ssin, FIRST, O17, plannedHoursNumber=40) for employer in EMPLOYERS[:3]]
    after = engage(EMPLOYERS[3], ssin, FIRST, O17, plannedHoursNumber=40)
    batch: tuple[IdentificationEnded | ChangeAdmitted, ...] = (
        *ins, changed(ins[0], "dimonaCancel"), after, changed(ins[1], "dimonaUpdate", plannedHoursNumber=61),
        changed(ins[1], "dimonaUpdate", plannedHoursNumber=60),
    )  # fmt: skip
    assert results(await settle(pool, *batch)) == "AABAABA"
    assert results(await settle(pool, engage(EMPLOYERS[4], ssin, FIRST, O17, plannedHoursNumber=1))) == "B"


async def test_a_year_that_only_a_change_in_the_batch_names(pool: Pool) -> None:
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


async def test_days_of_an_employer_are_counted_once_by_all(pool: Pool) -> None:
    """Four concurrent batches: reported excesses add up to the days beyond 200, also at a user (rule R67)."""
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


async def test_settling_takes_two_statements(pool: Pool) -> None:
    """One loads and one saves, whatever the batch holds; `BEGIN`, claim, outbox and `COMMIT` make six."""
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
