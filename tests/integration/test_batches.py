"""Declarations have equal results in any division into batches and order of arrival (real database)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.stack import Stack
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.rules.quota import UsageBook
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.identifiers import with_check
from shared.messages import (
    MESSAGES,
    ChangeAdmitted,
    DeclarationSettled,
    EmployerNumbers,
    IdentificationEnded,
    ReceivedDeclaration,
)
from shared.runtime.database import Pool, Transaction, open_pool
from shared.runtime.step import Resumed
from shared.topology import Deployment
from tests.unit.builders import RECEIVED, WORKER, a_change, an_in, received

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

TODAY = RECEIVED.date()
ORDINARY: tuple[dict[str, Any], ...] = (
    {"features": {"workerType": "OTH"}},
    {"features": {"workerType": "OTH", "jointCommissionNumber": "140"}},
    {"features": {"workerType": "FLX"}, "startHour": "0800", "endHour": "1200"},
)
#: Their results depend on periods at other employers, so on the order over all employers.
COUNTED: tuple[dict[str, Any], ...] = (
    {"features": {"workerType": "O17"}, "plannedHoursNumber": 30},
    {"features": {"workerType": "STU"}, "plannedHoursNumber": 250},
    {"features": {"workerType": "EXT", "jointCommissionNumber": "302"}, "startHour": "1700"},
)
_plays = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open connections of the personnel file to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("batches"), "batches")
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


class Scenario:
    """The declarations of a seed, with new employers and workers for each instance."""

    def __init__(self, seed: int, works: Sequence[dict[str, Any]], length: int = 40) -> None:
        self.nth = next(_plays)
        self.employers = [make_enterprise_number(800_000 + 10 * self.nth + n) for n in range(2)]
        self.workers = [f"{10 * self.nth + n:011}" for n in range(2)]
        self.last: dict[str, int] = {}
        self.ins: list[ReceivedDeclaration] = []
        self.arrivals = list(self._declared(Random(seed), works, length))
        self.places = {one.declaration.number: nth for nth, one in enumerate(self.arrivals)}

    def _declared(
        self, random: Random, works: Sequence[dict[str, Any]], length: int
    ) -> Iterator[SettleRequest]:
        for nth in range(length):
            number = with_check(10**9 + 10_000 * self.nth + nth)
            if not self.ins or random.random() < 0.5:
                yield self._in(number, random, random.choice(works))
            else:
                yield self._change(number, random, random.choice(self.ins))

    def _in(self, number: int, random: Random, work: dict[str, Any]) -> IdentificationEnded:
        employer, worker = random.choice(self.employers), random.choice(self.workers)
        start = TODAY + timedelta(random.randint(1, 12))
        one_day = work["features"]["workerType"] != "OTH"
        end = None if random.random() < 0.3 and not one_day else start + timedelta(0 if one_day else 2)
        declared = an_in(startDate=str(start), endDate=end and str(end), **work)
        declaration = self._chained(received(declared), number, f"{employer} {worker}", employer)
        self.ins.append(declaration)
        identified = random.random() < 0.9
        person = WORKER.model_copy(update={"ssin": worker}) if identified else None
        return IdentificationEnded(declaration=declaration, worker=person)

    def _change(self, number: int, random: Random, in_: ReceivedDeclaration) -> ChangeAdmitted:
        kind = random.choice(["out", "update", "update", "cancel"])
        days = [str(TODAY + timedelta(random.randint(1, 14))) for _ in range(2)]
        given: dict[str, Any] = {"endDate": days[0]} if kind == "out" else {}
        if kind == "update":
            given = {"startDate": days[0], "endDate": random.choice([days[1], days[0], "9999-12-31"])}
        declared = a_change(kind, periodId=in_.number, **given)
        assert in_.employer is not None
        assert in_.order_key is not None
        declaration = self._chained(received(declared), number, in_.order_key, in_.employer.enterprise_number)
        return ChangeAdmitted(declaration=declaration)

    def _chained(
        self, declaration: ReceivedDeclaration, number: int, key: str, employer: str
    ) -> ReceivedDeclaration:
        previous, self.last[key] = self.last.get(key), number
        numbers = EmployerNumbers(enterprise_number=employer, employer_id=1)
        update = {"number": number, "order_key": key, "previous": previous, "employer": numbers}
        return declaration.model_copy(update=update)


@dataclass(frozen=True)
class Results:
    """The results of a scenario, by position instead of number."""

    outcomes: dict[int, tuple[str, list[str], Any]]
    periods: list[tuple[Any, ...]]
    relations: list[tuple[Any, ...]]


async def settled(pool: Pool, play: Scenario, batches: Sequence[Sequence[SettleRequest]]) -> Results:
    """Settle these batches and the declarations that they wake, each in its own transaction."""
    outcomes: dict[int, tuple[str, list[str], Any]] = {}
    left = list(batches)
    while left:
        asked: list[SettleRequest] = list(left.pop(0))
        async with pool.acquire() as connection, connection.transaction():
            effects = await settle_declarations(Transaction(connection, RECEIVED), asked)
        for effect in effects:
            if isinstance(effect, DeclarationSettled):
                place, told = play.places[effect.declaration.number], effect.outcome
                assert place not in outcomes, "a declaration has one final"
                outcomes[place] = told.result, [found.code for found in told.anomalies], told.quota
            elif isinstance(effect, Resumed):
                left.append([MESSAGES[effect.type].model_validate_json(effect.data)])  # type: ignore[list-item]
    return Results(outcomes, *[await rows(pool, play, statement) for statement in (_PERIODS, _RELATIONS)])


_PERIODS = """
SELECT period_id, array_position($1::text[], employer::text) AS e,
    array_position($2::text[], ssin::text) AS w, features,
    start_date, end_date, start_hour, end_hour, planned_hours, canceled
FROM periods WHERE ssin = ANY($2::text[])"""
_RELATIONS = """
SELECT NULL::bigint AS period_id, array_position($1::text[], employer::text) AS e,
    array_position($2::text[], ssin::text) AS w, start_date, end_date, version
FROM relations WHERE ssin = ANY($2::text[])"""


async def rows(pool: Pool, play: Scenario, statement: str) -> list[tuple[Any, ...]]:
    async with pool.acquire() as connection:
        found = await connection.fetch(statement, play.employers, play.workers)
    return sorted(
        ((play.places.get(row["period_id"] or 0), *list(row.values())[1:]) for row in found), key=repr
    )


def cut(arrivals: Sequence[SettleRequest], random: Random) -> list[Sequence[SettleRequest]]:
    """Divide declarations into batches of one to twelve."""
    batches, at = [], 0
    while at < len(arrivals):
        size = random.choice([1, 1, 2, 3, 5, 8, 12])
        batches.append(arrivals[at : at + size])
        at += size
    return batches


def delayed(arrivals: Sequence[SettleRequest], random: Random) -> list[SettleRequest]:
    """Return the declarations, each up to eight places later."""
    places = sorted(range(len(arrivals)), key=lambda nth: nth + random.uniform(0, 8))
    return [arrivals[nth] for nth in places]


async def one_by_one(pool: Pool, seed: int, works: Sequence[dict[str, Any]]) -> Results:
    play = Scenario(seed, works)
    return await settled(pool, play, [[one] for one in play.arrivals])


@pytest.mark.parametrize("seed", range(6))
async def test_any_division_into_batches_has_equal_results(pool: Pool, seed: int) -> None:
    """Decisions of a batch count for its quotas like stored ones."""
    wanted = await one_by_one(pool, seed, ORDINARY + COUNTED)
    assert {"A", "B"} <= {result for result, _, _ in wanted.outcomes.values()}
    for cuts in range(3):
        play = Scenario(seed, ORDINARY + COUNTED)
        assert await settled(pool, play, cut(play.arrivals, Random(cuts))) == wanted
    play = Scenario(seed, ORDINARY + COUNTED)
    assert await settled(pool, play, [play.arrivals]) == wanted


@pytest.mark.parametrize("seed", range(6))
async def test_a_declaration_waits_for_its_predecessor(pool: Pool, seed: int) -> None:
    """Alone or in a batch (decision D1)."""
    wanted = await one_by_one(pool, seed, ORDINARY)
    for cuts in range(3):
        play, random = Scenario(seed, ORDINARY), Random(cuts)
        assert await settled(pool, play, cut(delayed(play.arrivals, random), random)) == wanted


async def test_control_a_batch_without_its_own_quota_usage_is_found(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: accepted periods do not count before the end of the batch."""
    wanted = await one_by_one(pool, 1, COUNTED)
    monkeypatch.setattr(UsageBook, "add_change", lambda *_: None)
    play = Scenario(1, COUNTED)
    assert await settled(pool, play, [play.arrivals]) != wanted
