"""SQL of mandates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.access.fields import MandateStatus
from services.access.mandates.rules.mandates import Side
from shared.runtime.database import Connection, Record, Transaction

_PARTIES: Final = """
SELECT e.provincial_or_local, m.kind
FROM access.employer e LEFT JOIN access.mandatary m ON m.enterprise_number = $2
WHERE e.enterprise_number = $1"""
_PROPOSE: Final = """
INSERT INTO access.mandate (mandator, mandatary, application_group, begin_quarter, end_quarter, status,
    proposed_by, proposed_at, replaces)
VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8) RETURNING mandate_id"""
_NAMED: Final = """*,
    (SELECT name FROM access.organization WHERE enterprise_number = mandator) AS mandator_name,
    (SELECT name FROM access.organization WHERE enterprise_number = mandatary) AS mandatary_name"""
_READ: Final = f"SELECT {_NAMED} FROM access.mandate WHERE mandate_id = $1"  # noqa: S608 - our own columns
_OF: Final = f"""
SELECT {_NAMED} FROM access.mandate
WHERE $1 IN (mandator, mandatary) AND mandate_id > $2
    AND ($4::text IS NULL OR application_group = $4)
ORDER BY mandate_id LIMIT $3"""  # noqa: S608 - our own columns
_OPEN_OR_IN_FORCE: Final = """
SELECT EXISTS (
    SELECT FROM access.mandate
    WHERE mandator = $1 AND mandatary = $2 AND application_group = $3 AND mandate_id <> $6
        AND (status = 'active' OR ($7 AND status IN ('pending', 'to_finalize')))
        AND int4range(access.quarter_number(begin_quarter), access.quarter_number(end_quarter), '[]')
            && int4range(access.quarter_number($4), access.quarter_number($5), '[]'))"""
_VALIDATE: Final = """
UPDATE access.mandate SET status = $2,
    validated_by_mandator_at
        = coalesce(validated_by_mandator_at, CASE WHEN 'mandator' = ANY($3) THEN $4::timestamptz END),
    validated_by_mandatary_at
        = coalesce(validated_by_mandatary_at, CASE WHEN 'mandatary' = ANY($3) THEN $4::timestamptz END)
WHERE mandate_id = $1"""
_END: Final = "UPDATE access.mandate SET status = $2, ended_at = $3 WHERE mandate_id = $1"
_SHORTEN: Final = "UPDATE access.mandate SET end_quarter = $2 WHERE mandate_id = $1"

_NONE: Final = UUID(int=0)


async def parties(connection: Connection, mandator: str, mandatary: str) -> Record | None:
    """Return `provincial_or_local` of an employer and `kind` of a mandatary; None for an unknown employer."""
    return await connection.fetchrow(_PARTIES, mandator, mandatary)


async def read(connection: Connection, mandate_id: UUID) -> Record | None:
    """Return a mandate with the names of both sides, or None for an unknown id."""
    return await connection.fetchrow(_READ, mandate_id)


async def of(
    connection: Connection, enterprise_number: str, after: UUID | None, limit: int, group: str | None
) -> list[Record]:
    """Return up to `limit` mandates of an organization, in the order of their ids.

    `after` is the id of the last mandate on the page before; None for the first page. `group` is a group of
    applications; None means all groups.
    """
    return await connection.fetch(_OF, enterprise_number, after or _NONE, limit, group)


async def overlaps(
    connection: Connection, mandate: dict[str, Any], but: UUID | None = None, *, proposals: bool
) -> bool:
    """Return whether these parties have a mandate for this group in some of these quarters.

    Args:
        connection: Connection of the transaction.
        mandate: Parties, group of applications and quarters.
        but: Id of a mandate to leave out.
        proposals: Whether proposed mandates count too, and not only mandates in force.
    """
    keys = ("mandator", "mandatary", "application_group", "begin_quarter", "end_quarter")
    found: bool = await connection.fetchval(
        _OPEN_OR_IN_FORCE, *(mandate[key] for key in keys), but or _NONE, proposals
    )
    return found


async def propose(tx: Transaction, mandate: dict[str, Any], side: Side) -> UUID:
    """Store a mandate that `side` proposes and that no side has validated yet; return its id."""
    keys = ("mandator", "mandatary", "application_group", "begin_quarter", "end_quarter")
    mandate_id: UUID = await tx.connection.fetchval(
        _PROPOSE, *(mandate[key] for key in keys), side, tx.now, mandate["replaces"]
    )
    return mandate_id


async def validate(tx: Transaction, mandate_id: UUID, sides: Sequence[Side], status: MandateStatus) -> None:
    """Store the validation of a mandate by these sides, and its new status."""
    await tx.connection.execute(_VALIDATE, mandate_id, status, list(sides), tx.now)


async def end(tx: Transaction, mandate_id: UUID, status: MandateStatus) -> None:
    """End a mandate now, with the status refused or closed."""
    await tx.connection.execute(_END, mandate_id, status, tx.now)


async def shorten(tx: Transaction, mandate_id: UUID, end_quarter: str) -> None:
    """Set the last quarter of a mandate."""
    await tx.connection.execute(_SHORTEN, mandate_id, end_quarter)
