"""The tables of the registers of persons and of careers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from services.identification.matching.rules import Careers, name_key
from shared.domain.flexi import QuarterFacts
from shared.messages import Career, RegisteredAddress, RegisterEntry
from shared.runtime.database import Connection, Lock, Record, Transaction

#: The numbers that each found person has replaced, the latest first, over eight replacements at most.
_WITH_FORMER: Final = """
former AS (
    SELECT o.replaced_by AS ssin, o.ssin AS old, 0 AS depth
    FROM (SELECT DISTINCT ssin FROM found) AS f JOIN persons o ON o.replaced_by = f.ssin
    UNION ALL
    SELECT f.ssin, o.ssin, f.depth + 1
    FROM former f JOIN persons o ON o.replaced_by = f.old WHERE f.depth < 8)
SELECT found.*, (
    SELECT array_agg(f.old ORDER BY f.depth, f.old) FROM former f WHERE f.ssin = found.ssin) AS former_ssins
FROM found"""
#: Follows a number to the one in force, over eight replacements at most. A cycle gives no row.
_BY_NUMBER: Final = f"""
WITH RECURSIVE chain AS (
    SELECT ssin AS asked, ssin, replaced_by, 0 AS depth FROM persons WHERE ssin = ANY($1::text[])
    UNION ALL
    SELECT c.asked, n.ssin, n.replaced_by, c.depth + 1
    FROM chain c JOIN persons n ON n.ssin = c.replaced_by WHERE c.depth < 8),
found AS MATERIALIZED (
    SELECT c.asked, p.* FROM chain c JOIN persons p USING (ssin) WHERE c.replaced_by IS NULL),
{_WITH_FORMER}"""  # noqa: S608 - our own part
_BY_KEY: Final = f"""
WITH RECURSIVE found AS MATERIALIZED (
    SELECT k.n AS asked, p.* FROM unnest($1::bigint[], $2::text[]) AS k (n, key)
        JOIN persons p ON p.birth_date = k.key WHERE p.replaced_by IS NULL
    UNION
    SELECT k.n, p.* FROM unnest($1::bigint[], $2::text[], $3::boolean[]) AS k (n, key, partial)
        JOIN persons p ON p.name_key = k.key
    WHERE p.replaced_by IS NULL AND (k.partial OR p.birth_date LIKE '%-00')),
{_WITH_FORMER}"""  # noqa: S608 - our own part
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
SELECT c.ssin, c.quarter, c.share, c.foreign_share, c.pensioner
FROM unnest($1::text[], $2::text[]) AS k (ssin, quarter) JOIN careers c USING (ssin, quarter)
WHERE c.share IS NOT NULL OR c.pensioner"""
_SAVE_CAREERS: Final = """
INSERT INTO careers AS c (ssin, quarter, share, foreign_share, pensioner, sequence)
SELECT DISTINCT ON (s, q) s, q, w, f, p, n
FROM unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[], $5::boolean[], $6::bigint[])
    AS u (s, q, w, f, p, n)
ORDER BY s, q, n DESC
ON CONFLICT (ssin, quarter) DO UPDATE SET share = excluded.share, foreign_share = excluded.foreign_share,
    pensioner = excluded.pensioner, sequence = excluded.sequence
WHERE c.sequence < excluded.sequence"""
#: A case is opened under the shared lock, and the register changes under the exclusive one. So a person
#: that is registered at this moment is either found by the declaration, or finds its case.
_LOCK_TO_OPEN: Final = "SELECT pg_advisory_xact_lock_shared($1, 0)"
_LOCK_TO_REGISTER: Final = "SELECT pg_advisory_xact_lock($1, 0)"
_REPLACED: Final = "SELECT ssin FROM persons WHERE ssin = ANY($1::text[]) AND replaced_by IS NOT NULL"
_NEXT: Final = "SELECT nextval('number_changes') FROM generate_series(1, $1)"


async def load_persons(connection: Connection, ssins: Collection[str]) -> dict[str, RegisterEntry]:
    """Return, by NISS, the person with each of these numbers. A number may be current or replaced.

    For a replaced number, return the person under the NISS in force. Each person has its former numbers. A
    number that is not in the register is absent from the result.
    """
    rows = await connection.fetch(_BY_NUMBER, list(ssins)) if ssins else []
    return {row["asked"]: _entry(row) for row in rows}


async def load_candidates(
    connection: Connection, keys: Mapping[int, Sequence[str]]
) -> dict[int, list[RegisterEntry]]:
    """Return, by number of the declaration, the persons that have one of its search keys.

    A name key counts only if the declared or the registered birth date is partial. Persons with complete
    dates are found by the birth date itself, or with day and month swapped.
    """
    pairs = [(number, key, dates[0].endswith("-00")) for number, dates in keys.items() for key in dates]
    candidates: dict[int, list[RegisterEntry]] = {number: [] for number in keys}
    if pairs:
        for row in await connection.fetch(_BY_KEY, *(list(column) for column in zip(*pairs, strict=True))):
            candidates[row["asked"]].append(_entry(row))
    return candidates


async def store_persons(tx: Transaction, changes: Sequence[tuple[int, RegisterEntry]]) -> set[str]:
    """Store changes of the register of persons with their sequence numbers, under a lock until the commit.

    Ignore a change that is older than the stored entry. Return each NISS among the changes that was replaced
    by another NISS before this call.
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


async def take_change_orders(tx: Transaction, count: int) -> list[int]:
    """Return `count` new sequence numbers, one for each change of a NISS.

    The caller must have locked the register.
    """
    return [row["nextval"] for row in await tx.connection.fetch(_NEXT, count)]


async def load_careers(connection: Connection, quarters: Collection[tuple[str, str]]) -> Careers:
    """Return the facts about careers by NISS and quarter. Unknown quarters are absent."""
    columns = [ssin for ssin, _ in quarters], [quarter for _, quarter in quarters]
    rows = await connection.fetch(_CAREERS, *columns) if quarters else []
    return {
        (row["ssin"], row["quarter"]): QuarterFacts(row["share"], row["foreign_share"], row["pensioner"])
        for row in rows
    }


async def are_careers_loaded(connection: Connection) -> bool:
    """Return whether the register of careers has any row. Without rows, starter jobs cannot be checked."""
    loaded: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM careers)")
    return loaded


async def store_careers(tx: Transaction, changes: Sequence[tuple[int, Career]]) -> None:
    """Store changes of the register of careers. Ignore a change that is older than the stored entry."""
    careers = [career for _, career in changes]
    await tx.connection.execute(
        _SAVE_CAREERS,
        [career.ssin for career in careers],
        [career.quarter for career in careers],
        [career.share for career in careers],
        [career.foreign_share for career in careers],
        [career.pensioner for career in careers],
        [sequence for sequence, _ in changes],
    )


async def lock_register(tx: Transaction) -> None:
    """Lock the register of persons until the commit, so that no other transaction changes it."""
    await tx.connection.execute(_LOCK_TO_OPEN, Lock.REGISTER)


def _entry(row: Record) -> RegisterEntry:
    values = dict(row)
    values["former_ssins"] = tuple(values["former_ssins"]) if values["former_ssins"] else None
    home = {name: values.pop(name) for name in ("street", "post_code", "municipality")}
    address = RegisteredAddress.model_validate(home) if any(home.values()) else None
    return RegisterEntry.model_validate({**values, "address": address})
