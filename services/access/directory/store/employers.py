"""SQL of employers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from shared.domain.rights import Right
from shared.runtime.database import Connection, Record, Transaction

_ORGANIZATION: Final = """
INSERT INTO access.organization AS t (enterprise_number, name, language) VALUES ($1, $2, $3)
ON CONFLICT (enterprise_number) DO UPDATE SET name = excluded.name, language = excluded.language
WHERE (t.name, t.language) IS DISTINCT FROM (excluded.name, excluded.language)"""
_EMPLOYER: Final = """
INSERT INTO access.employer (enterprise_number, employer_id, category, provincial_or_local, active_from,
    active_until, secured_channel_only, sub_entities, daily_registration)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING RETURNING 1"""
_EBOX: Final = """
INSERT INTO access.ebox (enterprise_number, opened_at) VALUES ($1, $2)
ON CONFLICT (enterprise_number) DO NOTHING"""
_GRANT: Final = """
INSERT INTO access.granted (enterprise_number, user_id, what, granted_at, granted_by)
VALUES ($1, $2, $3, $4, $2)
ON CONFLICT (user_id, enterprise_number, what, coalesce(message_type, '')) WHERE revoked_at IS NULL
DO NOTHING"""
_READ: Final = """
SELECT e.enterprise_number::text, e.employer_id, o.name, o.language, e.category, e.provincial_or_local,
    e.active_from, e.active_until, e.secured_channel_only, e.sub_entities::text[], e.daily_registration,
    m.kind AS mandatary
FROM access.employer e
JOIN access.organization o USING (enterprise_number)
LEFT JOIN access.mandatary m USING (enterprise_number)
WHERE e.enterprise_number = $1"""
_NUMBERED: Final = "SELECT enterprise_number::text FROM access.employer WHERE employer_id = $1"
_IS_THERE: Final = "SELECT EXISTS (SELECT FROM access.organization WHERE enterprise_number = $1)"
_TAKEN: Final = """
SELECT EXISTS (SELECT FROM access.employer WHERE employer_id = $1 AND enterprise_number <> $2)"""
_CHANGE: Final = """
UPDATE access.employer SET employer_id = $2, category = $3, provincial_or_local = $4, active_from = $5,
    active_until = $6, secured_channel_only = $7, sub_entities = $8, daily_registration = $9
WHERE enterprise_number = $1 AND (employer_id, category, provincial_or_local, active_from, active_until,
    secured_channel_only, sub_entities, daily_registration) IS DISTINCT FROM
    ($2, $3, $4, $5, $6, $7, $8::access.sub_entity[], $9)"""
_COLUMNS: Final = (
    "enterprise_number", "employer_id", "category", "provincial_or_local", "active_from", "active_until",
    "secured_channel_only", "sub_entities", "daily_registration",
)  # fmt: skip


async def read(connection: Connection, enterprise_number: str) -> Record | None:
    """Return an employer with its name, language and kind of mandatary; None for an unknown employer.

    The kind is None for an employer that is no mandatary.
    """
    return await connection.fetchrow(_READ, enterprise_number)


async def numbered(connection: Connection, employer_id: int) -> str | None:
    """Return the enterprise number of the employer with this NSSO or provisional number, or None."""
    number: str | None = await connection.fetchval(_NUMBERED, employer_id)
    return number


async def is_there(connection: Connection, enterprise_number: str) -> bool:
    """Return whether the directory knows an organization, as employer or otherwise."""
    return bool(await connection.fetchval(_IS_THERE, enterprise_number))


async def taken(connection: Connection, employer_id: int, enterprise_number: str) -> bool:
    """Return whether another employer has this NSSO or provisional number."""
    return bool(await connection.fetchval(_TAKEN, employer_id, enterprise_number))


async def register(tx: Transaction, row: Mapping[str, Any], registrant: UUID) -> bool:
    """Store an employer, its e-Box and its legal representative.

    Return False if the employer or its number exists already. The caller then has to roll back, because name
    and language of the organization may have been replaced.
    """
    number = row["enterprise_number"]
    await tx.connection.execute(_ORGANIZATION, number, row["name"], row["language"])
    if not await tx.connection.fetchval(_EMPLOYER, *(row[column] for column in _COLUMNS)):
        return False
    await tx.connection.execute(_EBOX, number, tx.now)
    await tx.connection.execute(_GRANT, number, registrant, Right.REPRESENTATIVE, tx.now)
    return True


async def change(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Store the values in `row`, which has all columns of an employer."""
    await tx.connection.execute(_ORGANIZATION, row["enterprise_number"], row["name"], row["language"])
    await tx.connection.execute(_CHANGE, *(row[column] for column in _COLUMNS))
