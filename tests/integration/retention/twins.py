"""Pairs of workers with equal declarations, of which the relations of one worker are removed.

Whatever is declared afterwards has to end alike for both. The relations of the other one are on hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

import asyncpg

from services.personnel_file.settlement.handler.settle import settle_declarations
from shared.messages import ChangeAdmitted, DeclarationSettled, IdentificationEnded, Outcome
from shared.runtime.database import Pool, Transaction
from shared.runtime.retention import remove_expired
from tests.integration.settling import EMPLOYERS, O17, changed, engage, worker

#: Declarations in one transaction.
AT_ONCE: Final = 100
#: Declarations of each worker before the removal, in past years; and rounds of an IN and a change after it.
BEFORE, AFTER = 4, 4
THIS_YEAR: Final = datetime.now(UTC).year
LONG_AGO: Final = datetime(THIS_YEAR - 6, 1, 5, tzinfo=UTC)
STUDENT: Final = {"workerType": "STU", "jointCommissionNumber": "XXX"}
OTHER: Final = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
Declared = IdentificationEnded | ChangeAdmitted
_PERIODS: Final = "SELECT array_agg(period_id) FROM personnel_file.periods"
_TORN: Final = """
SELECT count(*) FROM personnel_file.relations r WHERE r.version <> (
    SELECT count(*) FROM personnel_file.history h WHERE h.employer = r.employer AND h.ssin = r.ssin)"""
_ORPHANS: Final = """
SELECT count(*) FROM personnel_file.history h WHERE NOT EXISTS (
    SELECT FROM personnel_file.relations r WHERE r.employer = h.employer AND r.ssin = h.ssin)"""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a comparison.

    Attributes:
        pairs: Pairs of workers.
        removed: Periods that were removed.
        results: Results of the declarations after the removal, in their order.
        different: Pairs of declarations that ended differently.
        broken: Relations with a part of their history, and events without a relation.
        removed_changed: The result of a change of a removed period, with its anomalies.
    """

    pairs: int
    removed: int
    results: str
    different: int
    broken: int
    removed_changed: tuple[str, list[str]]


@dataclass(slots=True)
class Twins:
    """Two workers with equal declarations; only the relations of the first one may be removed."""

    random: Random
    pair: tuple[str, str]
    begun: list[tuple[IdentificationEnded, IdentificationEnded]] = field(default_factory=list)

    def begin(self, years: Sequence[int]) -> tuple[Declared, Declared]:
        """Return an IN of each of them in one of these years; one of a hundred has no end."""
        random = self.random
        start = date(random.choice(years), 1, 1) + timedelta(random.randrange(340))
        features = random.choice((O17, STUDENT, OTHER))
        block: dict[str, Any] = {"end": start + timedelta(random.randrange(20))}
        if features is OTHER:
            block["end"] = date(9999, 1, 1) if random.random() < 0.01 else block["end"]
        else:
            hours = random.choice((20, 60, 90)) * (1 if features is O17 else 4)
            block |= {"end": start, "plannedHoursNumber": hours}
        employer = random.choice(EMPLOYERS[:3])
        first, second = (engage(employer, ssin, start, features, **block) for ssin in self.pair)
        self.begun.append((first, second))
        return first, second

    def change(self, kept: set[int]) -> tuple[Declared, Declared] | None:
        """Return a change of a period of each of them; None if no period of them is kept."""
        begun = [each for each in self.begun if each[0].declaration.number in kept]
        if not begun:
            return None
        chosen = self.random.choice(begun)
        if self.random.random() < 0.4:
            first, second = (changed(each, "dimonaCancel") for each in chosen)
        else:
            hours = self.random.choice((10, 50, 100))
            first, second = (changed(each, "dimonaUpdate", plannedHoursNumber=hours) for each in chosen)
        return first, second


async def compare(owner: asyncpg.Connection, pool: Pool, pairs: int) -> Figures:
    """Declare for pairs of workers, remove ended relations of the first of each, and declare again."""
    twins = [Twins(Random(n), (worker(), worker())) for n in range(pairs)]
    run = _Run(owner, pool)
    past, present = range(THIS_YEAR - 9, THIS_YEAR - 6), (THIS_YEAR - 1, THIS_YEAR)
    for _ in range(BEFORE):
        await run.settle(LONG_AGO, [each.begin(past) for each in twins])
    await run.settle(LONG_AGO, [each.begin(present) for each in twins])
    kept = before = await run.periods()
    await run.settle(LONG_AGO, [each.change(kept) for each in twins])

    await owner.executemany(
        "SELECT platform.hold(NULL, $1, 'the control')", [(each.pair[1],) for each in twins]
    )
    assert await owner.fetchval("SELECT platform.set_term('personnel_file.relations', '2 years', 'a test')")
    await run.remove()
    removed = before - await run.periods()
    on_hold = {pair[1].declaration.number for each in twins for pair in each.begun}
    assert not removed & on_hold

    run.results = ""
    for _ in range(AFTER):
        await run.settle(datetime.now(UTC), [each.begin(present) for each in twins])
        kept = await run.periods()
        await run.settle(datetime.now(UTC), [each.change(kept) for each in twins])
    gone = next(pair[0] for each in twins for pair in each.begun if pair[0].declaration.number in removed)
    (outcome,) = await _settle(pool, datetime.now(UTC), [changed(gone, "dimonaCancel")])
    broken = await owner.fetchval(_TORN) + await owner.fetchval(_ORPHANS)
    codes = [each.code for each in outcome.anomalies]
    return Figures(pairs, len(removed), run.results, run.different, broken, (outcome.result, codes))


@dataclass(slots=True)
class _Run:
    owner: asyncpg.Connection
    pool: Pool
    results: str = ""
    different: int = 0

    async def settle(self, at: datetime, pairs: Iterable[tuple[Declared, Declared] | None]) -> None:
        """Settle one declaration of each worker of each pair, and compare the outcomes."""
        given = [pair for pair in pairs if pair is not None]
        first, second = [await _settle(self.pool, at, [pair[side] for pair in given]) for side in (0, 1)]
        self.different += sum(
            _decided(one) != _decided(other) for one, other in zip(first, second, strict=True)
        )
        self.results += "".join(outcome.result for outcome in first)

    async def periods(self) -> set[int]:
        return set(await self.owner.fetchval(_PERIODS))

    async def remove(self) -> None:
        """Remove batch after batch, with the role of the service, until each relation was looked at."""
        at_work = True
        while at_work:
            async with self.pool.acquire() as connection, connection.transaction():
                await remove_expired(connection, "personnel_file")
            at_work = await self.owner.fetchval("SELECT bool_or(place <> '') FROM platform.retention_terms")


async def _settle(pool: Pool, at: datetime, declared: Sequence[Declared]) -> list[Outcome]:
    """Settle declarations in batches at an instant."""
    found: list[Outcome] = []
    for n in range(0, len(declared), AT_ONCE):
        async with pool.acquire() as connection, connection.transaction():
            effects = await settle_declarations(Transaction(connection, at), declared[n : n + AT_ONCE])
        found += [effect.outcome for effect in effects if isinstance(effect, DeclarationSettled)]
    return found


def _decided(outcome: Outcome) -> tuple[object, ...]:
    """Return an outcome without the numbers of its own declaration."""
    return outcome.result, [each.code for each in outcome.anomalies], outcome.quota
