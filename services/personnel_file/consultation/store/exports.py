"""The table of exports. It has the search of each export, and never the rows that it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.personnel_file.consultation.store.places import lock_places
from shared.runtime.database import Transaction

#: Most exports of one organization at one time. The table has this number of places for each organization.
MOST_OF_ORGANIZATION: Final = 10
_FORGET: Final = """
DELETE FROM exports WHERE export_id = ANY(ARRAY(
    SELECT export_id FROM exports WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000))"""
_ADD: Final = """
INSERT INTO exports (organization, place, export_id, reader, form, search, created_at, expires_at, total,
    whole)
SELECT $1, min(place), $2, $3, $4, $5, $6, $7, $8, $9
FROM generate_series(1, $10::int) AS p (place)
WHERE NOT EXISTS (SELECT FROM exports e WHERE e.organization = $1 AND e.place = p.place)
HAVING min(place) IS NOT NULL"""
_ONE: Final = """
SELECT export_id, organization, reader, form, search, created_at, expires_at, total, whole, state,
    delivered_rows
FROM exports WHERE export_id = $1 AND reader = $2 AND expires_at > $3"""
_DELETE: Final = "DELETE FROM exports WHERE export_id = $1 AND reader = $2"
_END: Final = "UPDATE exports SET state = $2, delivered_rows = $3 WHERE export_id = $1"


class State(StrEnum):
    """The states of an export. In every state its content can be read, also several times."""

    READY = "READY"
    DELIVERED = "DELIVERED"  #: the whole file was sent
    TOO_LARGE = "TOO_LARGE"  #: the sending of the file stopped at a limit


@dataclass(frozen=True, slots=True)
class Export:
    """An export of one reader: the stored search, and the state of its file."""

    export_id: UUID
    organization: str  #: enterprise number; the export takes a place of it
    reader: str
    form: str
    search: str  #: JSON
    created_at: datetime
    expires_at: datetime
    total: int
    whole: bool  #: the field `whole` of the `Count` that gave the total
    state: str = State.READY
    delivered_rows: int | None = None


async def forget_expired(tx: Transaction) -> None:
    """Delete exports that have expired, at most 1,000, the oldest first."""
    await tx.connection.execute(_FORGET, tx.now)


async def add_export(tx: Transaction, export: Export) -> bool:
    """Store an export. Return False, and store nothing, if its organization has no free place for it."""
    await lock_places(tx, export.organization)
    status = await tx.connection.execute(
        _ADD, export.organization, export.export_id, export.reader, export.form, export.search,
        export.created_at, export.expires_at, export.total, export.whole, MOST_OF_ORGANIZATION,
    )  # fmt: skip
    return bool(status == "INSERT 0 1")


async def load_export(tx: Transaction, export_id: UUID, reader: str) -> Export | None:
    """Return the export of this reader with this id; None if there is none or it has expired."""
    row = await tx.connection.fetchrow(_ONE, export_id, reader, tx.now)
    return None if row is None else Export(**row)


async def delete_export(tx: Transaction, export_id: UUID, reader: str) -> bool:
    """Delete the export of this reader with this id. Return False if there was none."""
    return bool(await tx.connection.execute(_DELETE, export_id, reader) == "DELETE 1")


async def store_end(tx: Transaction, export_id: UUID, state: State, rows: int) -> None:
    """Store the state in which the last transfer of the content ended, and the number of rows."""
    await tx.connection.execute(_END, export_id, state, rows)
