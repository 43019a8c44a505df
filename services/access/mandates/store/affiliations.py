"""SQL of affiliations to approved secretariats."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from services.access.mandates.rules.affiliation import Span
from shared.runtime.database import Connection, Record, Transaction

_COLUMNS: Final = """affiliation_id AS id, employer, secretariat, valid_from, valid_until,
    (SELECT name FROM access.organization WHERE enterprise_number = employer) AS employer_name,
    (SELECT name FROM access.organization WHERE enterprise_number = secretariat) AS secretariat_name"""
_READ: Final = f"SELECT {_COLUMNS} FROM access.affiliation WHERE affiliation_id = $1"  # noqa: S608
_OF: Final = f"""
SELECT {_COLUMNS} FROM access.affiliation
WHERE $1 IN (employer, secretariat) AND affiliation_id > $2
ORDER BY affiliation_id LIMIT $3"""  # noqa: S608 - our own columns
_OF_EMPLOYER: Final = f"""
SELECT {_COLUMNS} FROM access.affiliation
WHERE employer = $1 ORDER BY valid_from"""  # noqa: S608 - our own columns
_SPANS: Final = "SELECT valid_from, valid_until FROM access.affiliation WHERE employer = $1"
_UNDO: Final = "DELETE FROM access.affiliation WHERE employer = $1 AND valid_from = ANY($2::date[])"
_CUT: Final = """
UPDATE access.affiliation SET valid_until = $3::date - 1
WHERE employer = $1 AND valid_from = ANY($2::date[])"""
_BEGIN: Final = """
INSERT INTO access.affiliation (employer, secretariat, valid_from) VALUES ($1, $2, $3)
RETURNING affiliation_id"""
_END: Final = "UPDATE access.affiliation SET valid_until = $2 WHERE affiliation_id = $1"

_NONE: Final = UUID(int=0)


async def read(connection: Connection, affiliation_id: UUID) -> Record | None:
    """Return an affiliation with the names of both sides, or None for an unknown id."""
    return await connection.fetchrow(_READ, affiliation_id)


async def of(connection: Connection, enterprise_number: str, after: UUID | None, limit: int) -> list[Record]:
    """Return up to `limit` affiliations of an employer or secretariat, in the order of their ids.

    `after` is the id of the last affiliation on the page before; None for the first page.
    """
    return await connection.fetch(_OF, enterprise_number, after or _NONE, limit)


async def of_employer(connection: Connection, employer: str) -> list[Record]:
    """Return all affiliations of an employer with the names of both sides, in the order of time."""
    return await connection.fetch(_OF_EMPLOYER, employer)


async def spans(connection: Connection, employer: str) -> list[Span]:
    """Return the spans of all affiliations of an employer."""
    return [Span(*row) for row in await connection.fetch(_SPANS, employer)]


async def begin(
    tx: Transaction,
    employer: str,
    secretariat: str,
    first: date,
    cut: Collection[Span],
    undo: Collection[Span],
) -> UUID:
    """Store an affiliation, shorten the spans in `cut` and delete those in `undo`; return its id.

    Args:
        tx: Transaction.
        employer: Enterprise number of the employer.
        secretariat: Enterprise number of the secretariat.
        first: First day.
        cut: Spans that end on the day before.
        undo: Spans that are removed.
    """
    await tx.connection.execute(_UNDO, employer, [span.valid_from for span in undo])
    await tx.connection.execute(_CUT, employer, [span.valid_from for span in cut], first)
    affiliation_id: UUID = await tx.connection.fetchval(_BEGIN, employer, secretariat, first)
    return affiliation_id


async def end(tx: Transaction, affiliation_id: UUID, last: date) -> None:
    """Set the last day of an affiliation."""
    await tx.connection.execute(_END, affiliation_id, last)
