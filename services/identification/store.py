"""The person register and the open cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.messages import Person, ReceivedDeclaration, to_json
from shared.runtime.database import Connection, Transaction

_BY_NUMBER: Final = """
SELECT ssin::text, family_name, given_name, birth_date, gender, nationality
FROM persons WHERE ssin = ANY($1::text[])"""
_BY_BIRTH: Final = """
SELECT ssin::text, family_name, given_name, birth_date, gender, nationality
FROM persons WHERE birth_date = ANY($1::text[])"""
_SAVE_PERSONS: Final = """
INSERT INTO persons AS p (ssin, family_name, given_name, birth_date, gender, nationality, sequence)
SELECT DISTINCT ON (s) s, f, g, b, x, n, q
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::bigint[])
    AS k (s, f, g, b, x, n, q)
ORDER BY s, q DESC
ON CONFLICT (ssin) DO UPDATE SET family_name = excluded.family_name, given_name = excluded.given_name,
    birth_date = excluded.birth_date, gender = excluded.gender, nationality = excluded.nationality,
    sequence = excluded.sequence
WHERE p.sequence < excluded.sequence"""
#: A case is opened under the shared lock and the register changes under the exclusive one, so that a
#: person who is registered just now is either found, or finds the case.
_LOCK_TO_OPEN: Final = "SELECT pg_advisory_xact_lock_shared(10)"
_LOCK_TO_REGISTER: Final = "SELECT pg_advisory_xact_lock(10)"
_OPEN: Final = """
INSERT INTO cases (declaration_id, ssin, birth_date, declaration, opened_at, deadline)
SELECT n, s, b, d, $5, $6 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS k (n, s, b, d)
ON CONFLICT DO NOTHING"""
_WAITING_FOR: Final = """
SELECT declaration FROM cases WHERE state = 'open'
  AND (ssin = ANY($1::text[]) OR (ssin IS NULL AND birth_date = ANY($2::text[]))) ORDER BY declaration_id"""
_NUMBERED: Final = """
SELECT declaration FROM cases WHERE state = 'open' AND declaration_id = ANY($1::bigint[])
ORDER BY declaration_id FOR UPDATE"""
_OVERDUE: Final = """
SELECT declaration FROM cases WHERE state = 'open' AND deadline <= $1
ORDER BY deadline LIMIT 256 FOR UPDATE SKIP LOCKED"""
_CLOSE: Final = """
UPDATE cases SET state = $2, closed_at = $3 WHERE declaration_id = ANY($1::bigint[]) AND state = 'open'
RETURNING declaration_id"""
_PENDING: Final = """
SELECT count(*) AS pending,
       coalesce(extract(epoch FROM platform.now() - min(opened_at)), 0)::float8 AS age
FROM cases WHERE state = 'open'"""


@dataclass(frozen=True, slots=True)
class Pending:
    """How many cases are open, and the age of the oldest in seconds."""

    count: int
    age: float


async def candidates(
    connection: Connection, ssins: Iterable[str], birth_dates: Iterable[str]
) -> list[Person]:
    """Everybody with one of these numbers or one of these dates of birth."""
    numbers, dates = list(ssins), list(birth_dates)
    rows = await connection.fetch(_BY_NUMBER, numbers) if numbers else []
    rows += await connection.fetch(_BY_BIRTH, dates) if dates else []
    return [Person.model_validate(dict(row)) for row in rows]


async def register(tx: Transaction, changes: Sequence[tuple[int, Person]]) -> None:
    """Take over changes of the register, each with the register's own number; an older one is ignored."""
    await tx.connection.execute(_LOCK_TO_REGISTER)
    persons = [person for _, person in changes]
    await tx.connection.execute(
        _SAVE_PERSONS,
        [person.ssin for person in persons],
        [person.family_name for person in persons],
        [person.given_name for person in persons],
        [person.birth_date for person in persons],
        [person.gender for person in persons],
        [person.nationality for person in persons],
        [sequence for sequence, _ in changes],
    )


async def lock_register(tx: Transaction) -> None:
    """Keep the register as it is until the commit."""
    await tx.connection.execute(_LOCK_TO_OPEN)


async def open_cases(
    tx: Transaction, declarations: Sequence[ReceivedDeclaration], deadline: datetime
) -> None:
    """Open a case for each declaration, once."""
    workers = [declaration.declared.worker for declaration in declarations]
    await tx.connection.execute(
        _OPEN,
        [declaration.number for declaration in declarations],
        [worker.ssin if worker else None for worker in workers],
        [worker.birth_date if worker else None for worker in workers],
        [to_json(declaration) for declaration in declarations],
        tx.now,
        deadline,
    )


async def waiting_for(tx: Transaction, persons: Sequence[Person]) -> list[ReceivedDeclaration]:
    """The declarations of open cases that one of these persons could be the worker of."""
    rows = await tx.connection.fetch(
        _WAITING_FOR, [person.ssin for person in persons], [person.birth_date for person in persons]
    )
    return [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]


async def numbered(tx: Transaction, numbers: Sequence[int]) -> dict[int, ReceivedDeclaration]:
    """The declarations of these cases, as far as they are open; locked until the commit."""
    rows = await tx.connection.fetch(_NUMBERED, numbers)
    found = [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]
    return {declaration.number: declaration for declaration in found}


async def overdue(tx: Transaction) -> list[ReceivedDeclaration]:
    """Declarations whose case is past its deadline, at most 256; locked until the commit."""
    rows = await tx.connection.fetch(_OVERDUE, tx.now)
    return [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]


async def close(tx: Transaction, numbers: Sequence[int], state: str) -> set[int]:
    """Close open cases; returns those that this closed: each case ends once."""
    rows = await tx.connection.fetch(_CLOSE, numbers, state, tx.now)
    return {row["declaration_id"] for row in rows}


async def pending(connection: Connection) -> Pending:
    """The cases that are open."""
    row = await connection.fetchrow(_PENDING)
    return Pending(row["pending"], row["age"]) if row is not None else Pending(0, 0.0)
