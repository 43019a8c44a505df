"""The person register and the open cases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.identification.rules import Careers, name_key, search_keys
from shared.domain.declared import DeclaredWorker
from shared.messages import Career, ReceivedDeclaration, RegisteredAddress, RegisterEntry, to_json
from shared.runtime.database import Connection, Lock, Record, Transaction

#: A number is followed to the one in force, over a few replacements at most; a circle ends nowhere.
_BY_NUMBER: Final = """
WITH RECURSIVE chain AS (
    SELECT ssin AS asked, ssin, replaced_by, 0 AS depth FROM persons WHERE ssin = ANY($1::text[])
    UNION ALL
    SELECT c.asked, n.ssin, n.replaced_by, c.depth + 1
    FROM chain c JOIN persons n ON n.ssin = c.replaced_by WHERE c.depth < 8)
SELECT c.asked, p.* FROM chain c JOIN persons p USING (ssin) WHERE c.replaced_by IS NULL"""
_FORMER: Final = """
WITH RECURSIVE former AS (
    SELECT replaced_by AS ssin, ssin AS old, 0 AS depth FROM persons WHERE replaced_by = ANY($1::text[])
    UNION ALL
    SELECT f.ssin, o.ssin, f.depth + 1
    FROM former f JOIN persons o ON o.replaced_by = f.old WHERE f.depth < 8)
SELECT ssin, old FROM former ORDER BY depth, old"""
_BY_KEY: Final = """
SELECT k.n AS asked, p.* FROM unnest($1::bigint[], $2::text[]) AS k (n, key)
    JOIN persons p ON p.birth_date = k.key WHERE p.replaced_by IS NULL
UNION
SELECT k.n, p.* FROM unnest($1::bigint[], $2::text[], $3::boolean[]) AS k (n, key, partial)
    JOIN persons p ON p.name_key = k.key
WHERE p.replaced_by IS NULL AND (k.partial OR p.birth_date LIKE '%-00')"""
_SAVE_PERSONS: Final = """
INSERT INTO persons AS p (ssin, family_name, given_name, birth_date, gender, nationality, replaced_by,
    deceased_on, street, post_code, municipality, name_key, sequence)
SELECT DISTINCT ON (s) s, f, g, b, x, n, r, d, t, c, m, k, q
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::int[], $12::text[], $13::bigint[])
    AS u (s, f, g, b, x, n, r, d, t, c, m, k, q)
ORDER BY s, q DESC
ON CONFLICT (ssin) DO UPDATE SET family_name = excluded.family_name, given_name = excluded.given_name,
    birth_date = excluded.birth_date, gender = excluded.gender, nationality = excluded.nationality,
    replaced_by = excluded.replaced_by, deceased_on = excluded.deceased_on, street = excluded.street,
    post_code = excluded.post_code, municipality = excluded.municipality, name_key = excluded.name_key,
    sequence = excluded.sequence
WHERE p.sequence < excluded.sequence"""
_CAREERS: Final = """
SELECT c.ssin, c.quarter, c.flexi FROM unnest($1::text[], $2::text[]) AS k (ssin, quarter)
    JOIN careers c USING (ssin, quarter) WHERE c.flexi IS NOT NULL"""
_SAVE_CAREERS: Final = """
INSERT INTO careers AS c (ssin, quarter, flexi, sequence)
SELECT DISTINCT ON (s, q) s, q, f, n
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[]) AS u (s, q, f, n)
ORDER BY s, q, n DESC
ON CONFLICT (ssin, quarter) DO UPDATE SET flexi = excluded.flexi, sequence = excluded.sequence
WHERE c.sequence < excluded.sequence"""
#: A case is opened under the shared lock and the register changes under the exclusive one, so that a
#: person who is registered just now is either found, or finds the case.
_LOCK_TO_OPEN: Final = "SELECT pg_advisory_xact_lock_shared($1, 0)"
_LOCK_TO_REGISTER: Final = "SELECT pg_advisory_xact_lock($1, 0)"
_REPLACED: Final = "SELECT ssin FROM persons WHERE ssin = ANY($1::text[]) AND replaced_by IS NOT NULL"
_NEXT: Final = "SELECT nextval('number_changes') FROM generate_series(1, $1)"
_OPEN: Final = """
WITH opened AS (
    INSERT INTO cases (declaration_id, ssin, keys, declaration, opened_at, deadline)
    SELECT n, s, string_to_array(k, ' '), d, $6::timestamptz, $7::timestamptz
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS u (n, s, k, d)
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
    INSERT INTO case_history (declaration_id, event, reason, recorded_at)
    SELECT declaration_id, $2::text, $4::text, $3::timestamptz FROM closed)
SELECT declaration_id FROM closed"""
_PENDING: Final = """
SELECT count(*) AS pending,
       coalesce(extract(epoch FROM platform.now() - min(opened_at)), 0)::float8 AS age
FROM cases WHERE state = 'open'"""


@dataclass(frozen=True, slots=True)
class Pending:
    """How many cases are open, and the age of the oldest in seconds."""

    count: int
    age: float


async def numbered_persons(connection: Connection, ssins: Collection[str]) -> dict[str, RegisterEntry]:
    """The person behind each of these numbers, under the number in force; absent where there is none."""
    rows = await connection.fetch(_BY_NUMBER, list(ssins)) if ssins else []
    return {row["asked"]: _entry(row) for row in rows}


async def candidates(
    connection: Connection, keys: Mapping[int, Sequence[str]]
) -> dict[int, list[RegisterEntry]]:
    """For each of these: everybody with one of its keys, under the number in force.

    A name key counts where one of the two dates of birth is partial: two whole ones are equal, or swapped.
    """
    pairs = [(number, key, own[0].endswith("-00")) for number, own in keys.items() for key in own]
    found: dict[int, list[RegisterEntry]] = {number: [] for number in keys}
    if pairs:
        for row in await connection.fetch(_BY_KEY, *(list(column) for column in zip(*pairs, strict=True))):
            found[row["asked"]].append(_entry(row))
    return found


async def former_numbers(connection: Connection, ssins: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The numbers that these have replaced, the latest first; absent where there are none."""
    former: dict[str, tuple[str, ...]] = {}
    for row in await connection.fetch(_FORMER, list(ssins)) if ssins else []:
        former[row["ssin"]] = (*former.get(row["ssin"], ()), row["old"])
    return former


async def register(tx: Transaction, changes: Sequence[tuple[int, RegisterEntry]]) -> set[str]:
    """Take over changes of the register, each with the register's own number; an older one is ignored.

    Returns which of the numbers were replaced ones until now.
    """
    await tx.connection.execute(_LOCK_TO_REGISTER, Lock.REGISTER)
    entries = [entry for _, entry in changes]
    replaced = await tx.connection.fetch(_REPLACED, [entry.ssin for entry in entries])
    homes = [entry.address or RegisteredAddress() for entry in entries]
    await tx.connection.execute(
        _SAVE_PERSONS,
        [entry.ssin for entry in entries],
        [entry.family_name for entry in entries],
        [entry.given_name for entry in entries],
        [entry.birth_date for entry in entries],
        [entry.gender for entry in entries],
        [entry.nationality for entry in entries],
        [entry.replaced_by for entry in entries],
        [entry.deceased_on for entry in entries],
        [home.street for home in homes],
        [home.post_code for home in homes],
        [home.municipality for home in homes],
        [name_key(entry.family_name, entry.birth_date) for entry in entries],
        [sequence for sequence, _ in changes],
    )
    return {row["ssin"] for row in replaced}


async def number_changes(tx: Transaction, count: int) -> list[int]:
    """So many places in the order of what is said about numbers. The register must be locked for a change."""
    return [row["nextval"] for row in await tx.connection.fetch(_NEXT, count)]


async def careers(connection: Connection, asked: Collection[tuple[str, str]]) -> Careers:
    """What is known of these quarters of careers, each a NISS and a quarter; nothing is asked for none."""
    columns = [ssin for ssin, _ in asked], [quarter for _, quarter in asked]
    rows = await connection.fetch(_CAREERS, *columns) if asked else []
    return {(row["ssin"], row["quarter"]): row["flexi"] for row in rows}


async def register_careers(tx: Transaction, changes: Sequence[tuple[int, Career]]) -> None:
    """Take over changes of the register of careers; one that is older than what is known is ignored."""
    told = [career for _, career in changes]
    await tx.connection.execute(
        _SAVE_CAREERS,
        [career.ssin for career in told],
        [career.quarter for career in told],
        [career.flexi for career in told],
        [sequence for sequence, _ in changes],
    )


async def lock_register(tx: Transaction) -> None:
    """Keep the register as it is until the commit."""
    await tx.connection.execute(_LOCK_TO_OPEN, Lock.REGISTER)


async def open_cases(
    tx: Transaction, cases: Sequence[tuple[ReceivedDeclaration, str]], deadline: datetime
) -> None:
    """Open a case for each declaration, once, with the reason."""
    declarations = [declaration for declaration, _ in cases]
    workers = [declaration.declared.worker or DeclaredWorker() for declaration in declarations]
    await tx.connection.execute(
        _OPEN,
        [declaration.number for declaration in declarations],
        [worker.ssin for worker in workers],
        ["" if worker.ssin else " ".join(search_keys(worker)) for worker in workers],
        [to_json(declaration) for declaration in declarations],
        [reason for _, reason in cases],
        tx.now,
        deadline,
    )


async def waiting_for(
    tx: Transaction, entries: Sequence[RegisterEntry], former: Collection[str]
) -> list[ReceivedDeclaration]:
    """The declarations of open cases that one of these persons, under this or a former number, could end."""
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


async def numbered(tx: Transaction, numbers: Sequence[int]) -> dict[int, ReceivedDeclaration]:
    """The declarations of these cases, as far as they are open; locked until the commit."""
    rows = await tx.connection.fetch(_NUMBERED, numbers)
    found = [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]
    return {declaration.number: declaration for declaration in found}


async def overdue(tx: Transaction) -> list[ReceivedDeclaration]:
    """Declarations whose case is past its deadline, at most 256; locked until the commit."""
    rows = await tx.connection.fetch(_OVERDUE, tx.now)
    return [ReceivedDeclaration.model_validate_json(row["declaration"]) for row in rows]


async def close(tx: Transaction, numbers: Sequence[int], state: str, reason: str) -> set[int]:
    """Close open cases; returns those that this closed: each case ends once."""
    rows = await tx.connection.fetch(_CLOSE, numbers, state, tx.now, reason)
    return {row["declaration_id"] for row in rows}


async def pending(connection: Connection) -> Pending:
    """The cases that are open."""
    row = await connection.fetchrow(_PENDING)
    return Pending(row["pending"], row["age"]) if row is not None else Pending(0, 0.0)


def _entry(row: Record) -> RegisterEntry:
    values = dict(row)
    home = {name: values.pop(name) for name in ("street", "post_code", "municipality")}
    address = RegisteredAddress.model_validate(home) if any(home.values()) else None
    return RegisterEntry.model_validate({**values, "address": address})
