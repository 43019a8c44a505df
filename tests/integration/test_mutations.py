"""Numbers that are replaced while declarations are settled: the steps on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.personnel_file.mutation.handler import Mutation, apply_mutations
from services.personnel_file.relation.rules import Relation
from shared.domain.declared import DeclaredWorker
from shared.messages import (
    EmployerNumberReplaced,
    IdentificationEnded,
    PeriodLockSet,
    Person,
    SituationChanged,
    WorkerNumberReplaced,
)
from shared.runtime.database import Pool, Transaction, open_pool
from shared.runtime.step import Effect
from shared.topology import Deployment
from tests.histories import event_from_json, fold
from tests.integration.settling import EMPLOYERS, FIRST, NOW, O17, changed, engage, results, settle

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

OTH = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
_workers, _orders = count(60_000_000_001), count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """Open connections of the personnel file to a database of its own."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("mutations"), "mutations")
    pool = await open_pool(endpoints.dsns["personnel_file"], "personnel_file")
    yield pool
    await pool.close()


def number() -> str:
    """Return a number that only this test uses."""
    return str(next(_workers))


def person(ssin: str, *former: str) -> Person:
    return Person(
        ssin=ssin, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150,
        former_ssins=former or None,
    )  # fmt: skip


def replaced(ssin: str, *former: str, order: int | None = None) -> WorkerNumberReplaced:
    """Return the message of identification about a person with this number and these former numbers."""
    order = next(_orders) if order is None else order
    return WorkerNumberReplaced(worker=person(ssin, *former), order=order, effective_on=FIRST)


async def say(pool: Pool, *messages: Mutation) -> list[Effect]:
    async with pool.acquire() as connection, connection.transaction():
        asked: list[Mutation] = list(messages)
        return list(await apply_mutations(Transaction(connection, NOW), asked))


def situations(effects: Iterable[Effect]) -> list[SituationChanged]:
    return [effect for effect in effects if isinstance(effect, SituationChanged)]


async def fetch(pool: Pool, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await pool.fetch(statement, *arguments)]


async def relations(pool: Pool, *ssins: str) -> dict[tuple[str, str], Relation]:
    """Return the relations under these numbers; check that history and tables agree."""
    found: dict[tuple[str, str], Relation] = {}
    for employer, ssin, start, end, version in await fetch(
        pool,
        """SELECT employer, ssin::text, start_date, end_date, version FROM relations
        WHERE ssin = ANY($1::text[])""",
        list(ssins),
    ):
        rows = await fetch(
            pool,
            "SELECT version, event FROM history WHERE employer = $1 AND ssin = $2 ORDER BY version",
            employer, ssin,
        )  # fmt: skip
        assert [row[0] for row in rows] == list(range(1, version + 1))
        relation = fold(employer, ssin, (event_from_json(row[1]) for row in rows))
        assert relation is not None
        assert (relation.start, relation.end, relation.ssin) == (start, end, ssin)
        kept = await fetch(
            pool,
            """SELECT period_id, start_date, end_date, canceled, locked, overlapping FROM periods
            WHERE employer = $1 AND ssin = $2 ORDER BY 1""",
            employer, ssin,
        )  # fmt: skip
        assert kept == [
            (p.id, p.span.start, p.span.end, p.canceled, p.locked, p.overlapping)
            for _, p in sorted(relation.periods.items())
        ]
        found[employer, ssin] = relation
    return found


async def feed_events(pool: Pool, *ssins: str) -> list[tuple[Any, ...]]:
    """Return event kind, version and period of the feed under these numbers."""
    return await fetch(
        pool,
        """SELECT split_part(type, '.', 7), (data::jsonb ->> 'version')::int,
            (data::jsonb ->> 'periodId')::bigint FROM feed
        WHERE data::jsonb #>> '{worker,ssin}' = ANY($1::text[]) ORDER BY id""",
        list(ssins),
    )


async def test_a_relation_goes_to_the_number_in_force(pool: Pool) -> None:
    """The relation keeps its periods in the next version; each change is published once."""
    old, new, employer = number(), number(), EMPLOYERS[0]
    ins = [engage(employer, old, FIRST, OTH), engage(employer, old, date(2026, 4, 1), OTH)]
    assert results(await settle(pool, *ins)) == "AA"
    (before,) = await fetch(pool, "SELECT relation_id, start_date FROM relations WHERE ssin = $1", old)
    said = replaced(new, old)
    (situation,) = situations(await say(pool, said))
    assert (situation.enterprise_number, situation.justification_code) == (employer, 90)
    assert (situation.outdated_ssin, situation.worker) == (old, said.worker)
    found = await relations(pool, old, new)
    assert list(found) == [(employer, new)]
    assert set(found[employer, new].periods) == {one.declaration.number for one in ins}
    assert await fetch(pool, "SELECT relation_id, start_date FROM relations WHERE ssin = $1", new) == [before]
    feed = await feed_events(pool, new)
    assert feed == [("ssinReplaced", 3, one.declaration.number) for one in ins]
    assert await say(pool, said) == []
    assert await say(pool, replaced(new, old)) == []
    assert await feed_events(pool, new) == feed


async def test_periods_join_the_relation_under_the_new_number(pool: Pool) -> None:
    """No period is lost; an overlapping period becomes an agent's case; the old relation stays, empty."""
    old, new, employer = number(), number(), EMPLOYERS[0]
    there = engage(employer, new, FIRST, OTH)
    same, other, gone = (engage(employer, old, FIRST.replace(month=month), OTH) for month in (3, 4, 5))
    assert results(await settle(pool, there, same, other, gone, changed(gone, "dimonaCancel"))) == "AAAAA"
    effects = await say(pool, replaced(new, old))
    assert [each.outdated_ssin for each in situations(effects)] == [old]
    found = await relations(pool, old, new)
    joined = found[employer, new]
    assert {p.id: p.overlapping for p in joined.periods.values()} == {
        there.declaration.number: False,
        same.declaration.number: True,
        other.declaration.number: False,
        gone.declaration.number: False,
    }
    assert (joined.version, found[employer, old].periods) == (4, {})
    kinds = [row[0] for row in await feed_events(pool, new)]
    assert kinds == ["opened", "ssinReplaced", "ssinReplaced", "ssinReplaced"]
    assert [row[0] for row in await feed_events(pool, old)][-1] == "emptied"
    assert await say(pool, replaced(new, old)) == []

    # The agent's case: no change of its dates, until one of the two is canceled; then it is as any other.
    day = str(date(2026, 3, 2))
    moved = changed(same, "dimonaUpdate", startDate=str(FIRST), endDate=day)
    (refused,) = await settle(pool, moved)
    assert [each.code for each in refused.anomalies] == ["90378-334"]
    again = changed(same, "dimonaUpdate", startDate=str(FIRST), endDate=day)
    assert results(await settle(pool, changed(there, "dimonaCancel"), again)) == "AA"
    assert not (await relations(pool, new))[employer, new].periods[same.declaration.number].overlapping


async def test_requests_in_flight_end_under_the_number_in_force(pool: Pool) -> None:
    """Requests under the old number, and requests under the new number without the old one."""
    old, new, employer = number(), number(), EMPLOYERS[1]
    await say(pool, replaced(new, old))
    late = engage(employer, old, FIRST, OTH)
    assert results(await settle(pool, late, engage(employer, new, date(2026, 4, 1), OTH))) == "AA"
    assert [*await relations(pool, old, new)] == [(employer, new)]
    by_old = changed(late, "dimonaUpdate", endDate=str(date(2026, 3, 5)))
    declared = by_old.declaration.declared.model_copy(update={"worker": DeclaredWorker(ssin=old)})
    declaration = by_old.declaration.model_copy(update={"declared": declared})
    assert results(await settle(pool, by_old.model_copy(update={"declaration": declaration}))) == "A"


@pytest.mark.parametrize("turn", [(0, 1), (1, 0)], ids=["in order", "out of order"])
async def test_a_chain_of_replacements_ends_under_the_last_number(pool: Pool, turn: tuple[int, int]) -> None:
    """A became B became C, heard in any order: three relations become one under C."""
    a, b, c = number(), number(), number()
    employers = EMPLOYERS[:2]
    await settle(
        pool, engage(employers[0], a, FIRST, OTH), engage(employers[0], b, date(2026, 4, 1), OTH),
        engage(employers[0], c, date(2026, 5, 1), OTH), engage(employers[1], a, FIRST, OTH),
    )  # fmt: skip
    words = [replaced(b, a), replaced(c, b, a)]
    for which in turn:
        await say(pool, words[which])
    found = await relations(pool, a, b, c)
    assert {key: len(one.periods) for key, one in found.items() if one.periods} == {
        (employers[0], c): 3,
        (employers[1], c): 1,
    }
    await settle(pool, engage(employers[1], a, date(2026, 6, 1), OTH))
    assert len((await relations(pool, c))[employers[1], c].periods) == 2


async def test_a_number_comes_back_into_force(pool: Pool) -> None:
    """The register withdraws a replacement: the later message counts in any order of arrival."""
    a, b, employer = number(), number(), EMPLOYERS[2]
    await settle(pool, engage(employer, a, FIRST, OTH), engage(employer, b, date(2026, 4, 1), OTH))
    first, second = replaced(b, a), replaced(a, b)
    await say(pool, first)
    await say(pool, second)
    found = await relations(pool, a, b)
    assert {key[1]: len(one.periods) for key, one in found.items()} == {a: 2, b: 0}
    await say(pool, first)
    assert {key[1]: len(one.periods) for key, one in (await relations(pool, a, b)).items()} == {a: 2, b: 0}


async def test_the_later_of_two_messages_about_a_number_counts(pool: Pool) -> None:
    """A later message names another successor, which wins in any order of arrival."""
    a, b, c, employer = number(), number(), number(), EMPLOYERS[2]
    first, second = replaced(b, a), replaced(c, a)
    await say(pool, second)
    await say(pool, first)
    await settle(pool, engage(employer, a, FIRST, OTH))
    assert [*await relations(pool, a, b, c)] == [(employer, c)]


async def test_quotas_count_the_worker_over_both_numbers(pool: Pool) -> None:
    old, new = number(), number()
    one = engage(EMPLOYERS[0], old, FIRST, O17, plannedHoursNumber=60)
    other = engage(EMPLOYERS[1], new, FIRST, O17, plannedHoursNumber=30)
    assert results(await settle(pool, one, other)) == "AA"
    await say(pool, replaced(new, old))
    assert results(await settle(pool, engage(EMPLOYERS[2], old, FIRST, O17, plannedHoursNumber=11))) == "B"
    assert results(await settle(pool, engage(EMPLOYERS[2], new, FIRST, O17, plannedHoursNumber=10))) == "A"


async def test_mutations_and_declarations_in_any_order(pool: Pool) -> None:
    """No period stays under the old number, and none is lost (decision D7)."""
    for _ in range(15):
        old, new = number(), number()
        ins = [engage(EMPLOYERS[n % 3], old, date(2026, 3, 1 + n), OTH) for n in range(6)]
        ins += [engage(EMPLOYERS[n % 3], new, date(2026, 4, 1 + n), OTH) for n in range(6)]
        await asyncio.gather(
            *(settle(pool, one) for one in ins[:10]), say(pool, replaced(new, old)), settle(pool, *ins[10:])
        )
        found = await relations(pool, old, new)
        assert {len(one.periods) for key, one in found.items() if key[1] == old} <= {0}
        assert {id_ for key, one in found.items() if key[1] == new for id_ in one.periods} == {
            one.declaration.number for one in ins
        }


PROVISIONAL = 5_000_000_120


def provisional(in_: IdentificationEnded) -> IdentificationEnded:
    """Return the request as admitted under the provisional number of the employer."""
    employer = in_.declaration.employer
    assert employer is not None
    numbers = employer.model_copy(update={"employer_id": PROVISIONAL})
    return in_.model_copy(update={"declaration": in_.declaration.model_copy(update={"employer": numbers})})


async def test_a_provisional_employer_number_is_replaced(pool: Pool) -> None:
    """In stored relations and in an IN in flight; each period is published once (rule R43)."""
    employer, ssin = EMPLOYERS[7], number()
    before, after = (provisional(engage(employer, one, FIRST, OTH)) for one in (ssin, number()))
    assert results(await settle(pool, before)) == "A"
    said = EmployerNumberReplaced(
        enterprise_number=employer, provisional_id=PROVISIONAL, employer_id=125482497, effective_on=FIRST
    )
    (situation,) = situations(await say(pool, said))
    assert (situation.employer_id, situation.worker, situation.justification_code) == (125482497, None, None)
    assert results(await settle(pool, after)) == "A"
    rows = await fetch(pool, "SELECT DISTINCT employer_id FROM relations WHERE employer = $1", employer)
    assert rows == [(125482497,)]
    assert [row[:2] for row in await feed_events(pool, ssin)] == [("opened", 1), ("employerIdReplaced", 2)]
    await relations(pool, ssin)


def lock(period_id: int, locked: bool, request: UUID | None = None) -> PeriodLockSet:
    return PeriodLockSet(
        period_id=period_id, locked=locked, set_by="agent", set_at=NOW, reason="inspection",
        request=request or uuid4(),
    )  # fmt: skip


async def test_an_agent_locks_and_unlocks_a_relation(pool: Pool) -> None:
    """Every change is refused with 00913-362 meanwhile; a repeated message has no effect."""
    employer, ssin = EMPLOYERS[3], number()
    in_ = engage(employer, ssin, FIRST, OTH)
    await settle(pool, in_)
    period_id = in_.declaration.number
    await say(pool, lock(period_id, True), lock(period_id, True), lock(123456789012, True))
    blocked = await settle(
        pool, changed(in_, "dimonaUpdate", endDate=str(date(2026, 3, 9))), changed(in_, "dimonaCancel")
    )
    assert [[found.code for found in each.anomalies] for each in blocked] == [["00913-362"]] * 2
    await say(pool, lock(period_id, False))
    assert results(await settle(pool, changed(in_, "dimonaCancel"))) == "A"
    (relation,) = (await relations(pool, ssin)).values()
    assert (relation.version, relation.periods[period_id].locked) == (4, False)
    assert [row[0] for row in await feed_events(pool, ssin)] == ["opened", "updated", "updated", "canceled"]
    audit = "SELECT locked, set_by, reason FROM locks WHERE period_id = $1 ORDER BY locked DESC"
    assert await fetch(pool, audit, period_id) == [
        (True, "agent", "inspection"),
        (False, "agent", "inspection"),
    ]
