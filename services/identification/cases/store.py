"""The open cases, and the history of all cases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.identification.matching.rules import Unidentified, name_key, search_keys
from shared.domain.declared import DeclaredWorker
from shared.messages import ReceivedDeclaration, RegisterEntry, to_json
from shared.runtime.database import Connection, Transaction

_OPEN: Final = """
WITH opened AS (
    INSERT INTO cases (declaration_id, ssin, keys, declaration, opened_at, deadline)
    SELECT n, s, string_to_array(k, ' '), d, $6::timestamptz, e
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $7::timestamptz[]) AS u (n, s, k, d, e)
    ON CONFLICT DO NOTHING RETURNING declaration_id)
INSERT INTO case_history (declaration_id, event, reason, recorded_at)
SELECT n, 'opened', r, $6::timestamptz
FROM unnest($1::bigint[], $5::text[]) AS u (n, r) JOIN opened ON declaration_id = n"""
_WAITING_FOR: Final = """
SELECT declaration FROM cases WHERE state = 'open'
  AND (ssin = ANY($1::text[]) OR keys && $2::text[]) ORDER BY declaration_id"""
_NUMBERED: Final = """
SELECT declaration FROM cases WHERE state = 'open' AND declaration_id = ANY($1::bigint[])
ORDER BY declaration_id FOR UPDATE"""
_OVERDUE: Final = """
SELECT declaration FROM cases WHERE state = 'open' AND deadline <= $1
ORDER BY deadline LIMIT 256 FOR UPDATE SKIP LOCKED"""
_CLOSE: Final = """
WITH closed AS (
    UPDATE cases SET state = $2::text, closed_at = $3::timestamptz
    WHERE declaration_id = ANY($1::bigint[]) AND state = 'open'
    RETURNING declaration_id),
appended AS (
    INSERT INTO case_history (declaration_id, event, reason, recorded_at, decided_by)
    SELECT declaration_id, $2::text, $4::text, $3::timestamptz, d
    FROM closed JOIN unnest($1::bigint[], $5::text[]) AS u (n, d) ON n = declaration_id)
SELECT declaration_id FROM closed"""
_PENDING: Final = """
SELECT count(*) AS pending,
       coalesce(extract(epoch FROM platform.now() - min(opened_at)), 0)::float8 AS age
FROM cases WHERE state = 'open'"""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A new case: the declaration, the reason why its worker is not found, and the deadline."""

    declaration: ReceivedDeclaration
    reason: Unidentified
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """The number of open cases, and the age of the oldest in seconds."""

    count: int
    age: float


async def open_cases(tx: Transaction, cases: Sequence[OpenCase]) -> None:
    """Open a case for each declaration, unless it has one."""
    declarations = [case.declaration for case in cases]
    workers = [declaration.declared.worker or DeclaredWorker() for declaration in declarations]
    await tx.connection.execute(
        _OPEN,
        [declaration.number for declaration in declarations],
        [worker.ssin for worker in workers],
        ["" if worker.ssin else " ".join(search_keys(worker)) for worker in workers],
        [to_json(declaration) for declaration in declarations],
        [case.reason for case in cases],
        tx.now,
        [case.deadline for case in cases],
    )


async def load_waiting_for(
    tx: Transaction, entries: Sequence[RegisterEntry], former: Collection[str]
) -> list[ReceivedDeclaration]:
    """Return the declarations of open cases with a worker that may be one of these persons.

    A case matches by NISS (current or former), by birth date or by name key.
    """
    rows = await tx.connection.fetch(
        _WAITING_FOR,
        [*(entry.ssin for entry in entries), *former],
        [
            key
            for entry in entries
            for key in (entry.birth_date, name_key(entry.family_name, entry.birth_date))
        ],
    )
    return [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]


async def lock_cases(tx: Transaction, numbers: Sequence[int]) -> dict[int, ReceivedDeclaration]:
    """Lock these cases until the commit, if they are open, and return their declarations by number."""
    rows = await tx.connection.fetch(_NUMBERED, numbers)
    declarations = [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]
    return {declaration.number: declaration for declaration in declarations}


async def lock_overdue(tx: Transaction) -> list[ReceivedDeclaration]:
    """Lock at most 256 cases past their deadline until the commit; return their declarations."""
    rows = await tx.connection.fetch(_OVERDUE, tx.now)
    return [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]


async def close_cases(
    tx: Transaction, deciders: Mapping[int, str | None], state: str, reason: str
) -> set[int]:
    """Close the given cases that are open, and return their numbers. Leave closed cases unchanged.

    Args:
        tx: The transaction that closes the cases.
        deciders: By number of each case, the operator that decided; None if no operator decided.
        state: resolved, given_up or timed_out.
        reason: register, operator or deadline.
    """
    rows = await tx.connection.fetch(_CLOSE, list(deciders), state, tx.now, reason, list(deciders.values()))
    return {row["declaration_id"] for row in rows}


async def load_pending(connection: Connection) -> Pending:
    """Return the number of open cases, and the age of the oldest one."""
    row = await connection.fetchrow(_PENDING)
    return Pending(row["pending"], row["age"]) if row is not None else Pending(0, 0.0)
