"""The numbers that are no longer in force, the relations under them, and who locked what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from services.personnel_file.rules import Period, event_to_json
from services.personnel_file.store import Change, Key
from shared.messages import EmployerNumberReplaced, PeriodLockSet, Person, WorkerNumberReplaced, to_json
from shared.runtime.database import Lock, Transaction

_LOCK_NUMBERS: Final = "SELECT pg_advisory_xact_lock($1, 0)"
_KNOWN: Final = """
SELECT ssin, in_force, worker FROM former_numbers
WHERE ssin = ANY($1::text[]) OR in_force = ANY($1::text[])"""
#: In force again, or never out of it: the last word counts.
_BACK_IN_FORCE: Final = "DELETE FROM former_numbers WHERE ssin = $1 AND said < $2"
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
WITH told AS (UPDATE history SET ssin = $3 WHERE employer = $1 AND ssin = $2)
UPDATE relations SET ssin = $3 WHERE employer = $1 AND ssin = $2"""
_MOVE_PERIODS: Final = """
UPDATE periods p SET ssin = $3, overlapping = n.o FROM unnest($1::bigint[], $2::boolean[]) AS n (i, o)
WHERE p.period_id = n.i"""
_SAVE_WORKER: Final = "UPDATE relations SET worker = $2 WHERE ssin = $1"
_APPEND: Final = """
INSERT INTO history (employer, ssin, version, event, recorded_at)
SELECT *, $5 FROM unnest($1::text[], $2::text[], $3::int[], $4::text[])"""
_DEFINITIVE: Final = """
SELECT provisional_id, employer_id FROM provisional_numbers WHERE provisional_id = ANY($1::bigint[])"""
_SAVE_DEFINITIVE: Final = """
INSERT INTO provisional_numbers (provisional_id, enterprise_number, employer_id) VALUES ($1, $2, $3)
ON CONFLICT (provisional_id) DO UPDATE SET employer_id = excluded.employer_id"""
_RELATIONS_OF: Final = """
SELECT employer, ssin::text FROM relations
WHERE employer = $1 AND employer_id = $2 ORDER BY relation_id"""
_SAVE_EMPLOYER: Final = "UPDATE relations SET employer_id = $3 WHERE employer = $1 AND employer_id = $2"
_SAVE_LOCK: Final = """
INSERT INTO locks (request, period_id, locked, set_by, set_at, reason) VALUES ($1, $2, $3, $4, $5, $6)"""


async def lock_numbers(tx: Transaction) -> None:
    """Nobody settles anything until the commit, so that no number is taken for one in force that is not."""
    await tx.connection.execute(_LOCK_NUMBERS, Lock.NUMBERS)


async def known(tx: Transaction, ssins: Collection[str]) -> dict[str, Person]:
    """The person in force, by each former number and by his own; absent where no number was replaced."""
    found: dict[str, Person] = {}
    for row in await tx.connection.fetch(_KNOWN, list(ssins)) if ssins else ():
        person = Person.model_validate_json(row["worker"])
        found[row["ssin"]] = found[row["in_force"]] = person
    return found


async def save_former(tx: Transaction, said: WorkerNumberReplaced) -> None:
    """Keep which numbers are in force no more; of two words that contradict each other the later counts."""
    worker = said.worker
    await tx.connection.execute(_BACK_IN_FORCE, worker.ssin, said.order)
    await tx.connection.execute(
        _SAVE_FORMER, worker.ssin, list(worker.former_ssins or ()), to_json(worker), said.order
    )


async def relations_under(tx: Transaction, ssins: Collection[str]) -> dict[Key, int]:
    """The relations under these numbers, the oldest first, with the number by which each is known outside."""
    rows = await tx.connection.fetch(_RELATIONS_UNDER, list(ssins))
    return {(row["employer"], row["ssin"]): row["relation_id"] for row in rows}


async def renumber(tx: Transaction, key: Key, ssin: str) -> None:
    """A relation, its periods and its history are those of another number of its worker."""
    await tx.connection.execute(_RENUMBER, *key, ssin)


async def move_periods(tx: Transaction, periods: Sequence[Period], ssin: str) -> None:
    """Periods join the relation of the same employer under this number."""
    await tx.connection.execute(
        _MOVE_PERIODS, [period.id for period in periods], [period.overlapping for period in periods], ssin
    )


async def save_worker(tx: Transaction, worker: Person) -> None:
    """Every employer's relation with this worker knows him as he is now."""
    await tx.connection.execute(_SAVE_WORKER, worker.ssin, to_json(worker))


async def append(tx: Transaction, changes: Sequence[Change]) -> None:
    """Events that no declaration caused go into the history."""
    await tx.connection.execute(
        _APPEND,
        [change.key[0] for change in changes],
        [change.key[1] for change in changes],
        [change.version for change in changes],
        [event_to_json(change.event) for change in changes],
        tx.now,
    )


async def definitive(tx: Transaction, provisional_ids: Collection[int]) -> dict[int, int]:
    """The definitive numbers that have taken the place of these provisional ones."""
    rows = await tx.connection.fetch(_DEFINITIVE, list(provisional_ids)) if provisional_ids else ()
    return {row["provisional_id"]: row["employer_id"] for row in rows}


async def save_definitive(tx: Transaction, said: EmployerNumberReplaced) -> None:
    """Keep that a provisional number is dead, and which one took its place."""
    await tx.connection.execute(
        _SAVE_DEFINITIVE, said.provisional_id, said.enterprise_number, said.employer_id
    )


async def relations_of(tx: Transaction, said: EmployerNumberReplaced) -> list[Key]:
    """The relations of an employer that still bear the provisional number; from now on they do not."""
    numbers = said.enterprise_number, said.provisional_id
    rows = await tx.connection.fetch(_RELATIONS_OF, *numbers)
    await tx.connection.execute(_SAVE_EMPLOYER, *numbers, said.employer_id)
    return [(row["employer"], row["ssin"]) for row in rows]


async def save_lock(tx: Transaction, said: PeriodLockSet) -> None:
    """Who locked or unlocked what, when and why."""
    await tx.connection.execute(
        _SAVE_LOCK, said.request, said.period_id, said.locked, said.set_by, said.set_at, said.reason
    )
