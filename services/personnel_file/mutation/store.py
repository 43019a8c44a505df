"""SQL for replaced numbers, for the relations under these numbers, and for locks and their audit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from services.personnel_file.relation.rules import Period
from services.personnel_file.relation.store import Key
from shared.messages import EmployerNumberReplaced, PeriodLockSet, Person, WorkerNumberReplaced, to_json
from shared.runtime.database import Lock, Record, Transaction

_LOCK_NUMBERS: Final = "SELECT pg_advisory_xact_lock($1, 0)"
_PEOPLE: Final = """
SELECT ssin, in_force, worker FROM former_numbers
WHERE ssin = ANY($1::text[]) OR in_force = ANY($1::text[])"""
#: Deletes a former number that a later message says is in force.
_DELETE_FORMER: Final = "DELETE FROM former_numbers WHERE ssin = $1 AND said < $2"
_SAVE_FORMER: Final = """
INSERT INTO former_numbers AS f (ssin, in_force, worker, said)
SELECT s, $1, $3, $4 FROM unnest($2::text[]) AS n (s)
WHERE NOT EXISTS (SELECT FROM former_numbers WHERE ssin = $1)
ON CONFLICT (ssin) DO UPDATE
    SET in_force = excluded.in_force, worker = excluded.worker, said = excluded.said
    WHERE f.said < excluded.said"""
_RELATIONS_UNDER: Final = """
SELECT employer, ssin::text, relation_id FROM relations
WHERE ssin = ANY($1::char(11)[]) ORDER BY relation_id"""
_RENUMBER: Final = """
WITH renumbered AS (UPDATE history SET ssin = $3 WHERE employer = $1 AND ssin = $2)
UPDATE relations SET ssin = $3 WHERE employer = $1 AND ssin = $2"""
_MOVE_PERIODS: Final = """
UPDATE periods p SET ssin = $3, overlapping = n.o FROM unnest($1::bigint[], $2::boolean[]) AS n (i, o)
WHERE p.period_id = n.i"""
_SAVE_WORKER: Final = "UPDATE relations SET worker = $2 WHERE ssin = $1"
_SAVE_DEFINITIVE: Final = """
INSERT INTO provisional_numbers (provisional_id, enterprise_number, employer_id) VALUES ($1, $2, $3)
ON CONFLICT (provisional_id) DO UPDATE SET employer_id = excluded.employer_id"""
_RELATIONS_OF: Final = """
SELECT employer, ssin::text FROM relations
WHERE employer = $1 AND employer_id = $2 ORDER BY relation_id"""
_SAVE_EMPLOYER: Final = "UPDATE relations SET employer_id = $3 WHERE employer = $1 AND employer_id = $2"
_LOCK_PERIOD: Final = "UPDATE periods SET locked = $2 WHERE period_id = $1"
_SAVE_LOCK: Final = """
INSERT INTO locks (request, period_id, locked, set_by, set_at, reason) VALUES ($1, $2, $3, $4, $5, $6)"""
_LOCKS: Final = """
SELECT locked, set_by, set_at, reason FROM locks WHERE period_id = $1 ORDER BY set_at DESC LIMIT $2"""
_NOW: Final = "SELECT platform.now()"

MOST_LOCKS: Final = 100  #: of a period that are shown


async def lock_numbers(tx: Transaction) -> None:
    """Stop all settlement until the commit, so that no declaration is settled under a former number."""
    await tx.connection.execute(_LOCK_NUMBERS, Lock.NUMBERS)


async def load_people(tx: Transaction, ssins: Collection[str]) -> dict[str, Person]:
    """Return a mapping from each former and current NISS to the person under the NISS in force.

    A NISS that was not replaced, and has not replaced another NISS, is absent.
    """
    people: dict[str, Person] = {}
    for row in await tx.connection.fetch(_PEOPLE, list(ssins)) if ssins else ():
        person = Person.model_validate_json(row["worker"])
        people[row["ssin"]] = people[row["in_force"]] = person
    return people


async def save_former(tx: Transaction, replacement: WorkerNumberReplaced) -> None:
    """Save the former numbers of a worker with the NISS in force.

    If two messages contradict each other, the later message counts.
    """
    worker = replacement.worker
    await tx.connection.execute(_DELETE_FORMER, worker.ssin, replacement.order)
    await tx.connection.execute(
        _SAVE_FORMER, worker.ssin, list(worker.former_ssins or ()), to_json(worker), replacement.order
    )


async def load_relations_under(tx: Transaction, ssins: Collection[str]) -> dict[Key, int]:
    """Return the relations under these numbers, the oldest first, with the public identifier of each."""
    rows = await tx.connection.fetch(_RELATIONS_UNDER, list(ssins))
    return {(row["employer"], row["ssin"]): row["relation_id"] for row in rows}


async def renumber_relation(tx: Transaction, key: Key, ssin: str) -> None:
    """Move a relation, its periods and its history to another number of its worker."""
    await tx.connection.execute(_RENUMBER, *key, ssin)


async def move_periods(tx: Transaction, periods: Sequence[Period], ssin: str) -> None:
    """Move periods to the relation of their employer under this NISS, and save their overlap marks."""
    await tx.connection.execute(
        _MOVE_PERIODS, [period.id for period in periods], [period.overlapping for period in periods], ssin
    )


async def save_worker(tx: Transaction, worker: Person) -> None:
    """Save the current data of a worker in the relations with all employers."""
    await tx.connection.execute(_SAVE_WORKER, worker.ssin, to_json(worker))


async def save_definitive(tx: Transaction, replacement: EmployerNumberReplaced) -> None:
    """Save the definitive number that replaced a provisional one."""
    await tx.connection.execute(
        _SAVE_DEFINITIVE,
        replacement.provisional_id,
        replacement.enterprise_number,
        replacement.employer_id,
    )


async def replace_employer_id(tx: Transaction, replacement: EmployerNumberReplaced) -> list[Key]:
    """Replace the provisional number in all relations that have it, and return their keys."""
    numbers = replacement.enterprise_number, replacement.provisional_id
    rows = await tx.connection.fetch(_RELATIONS_OF, *numbers)
    await tx.connection.execute(_SAVE_EMPLOYER, *numbers, replacement.employer_id)
    return [(row["employer"], row["ssin"]) for row in rows]


async def save_lock(tx: Transaction, lock: PeriodLockSet) -> None:
    """Lock or unlock a period; save which agent did it, when and why."""
    await tx.connection.execute(_LOCK_PERIOD, lock.period_id, lock.locked)
    await tx.connection.execute(
        _SAVE_LOCK, lock.request, lock.period_id, lock.locked, lock.set_by, lock.set_at, lock.reason
    )


async def load_locks(tx: Transaction, period_id: int) -> Sequence[Record]:
    """Return the newest locks and unlocks of a period, at most MOST_LOCKS, the newest first."""
    return await tx.connection.fetch(_LOCKS, period_id, MOST_LOCKS)


async def load_instant(tx: Transaction) -> datetime:
    """Return the present instant of the database."""
    now: datetime = await tx.connection.fetchval(_NOW)
    return now
