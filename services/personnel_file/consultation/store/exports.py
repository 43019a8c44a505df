"""Exports that can be read: their searches, and never their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.runtime.database import Transaction

#: Exports of one organization at one time; the table has as many places.
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
HAVING min(place) IS NOT NULL
ON CONFLICT (organization, place) DO NOTHING"""
_ONE: Final = """
SELECT export_id, reader, form, search, created_at, expires_at, total, whole, state, delivered_rows
FROM exports WHERE export_id = $1 AND reader = $2 AND expires_at > $3"""
_DELETE: Final = "DELETE FROM exports WHERE export_id = $1 AND reader = $2"
_END: Final = "UPDATE exports SET state = $2, delivered_rows = $3 WHERE export_id = $1"


class State(StrEnum):
    """The states of an export. In each of them its content can be read, again too."""

    READY = "READY"
    DELIVERED = "DELIVERED"  #: the whole file was sent
    TOO_LARGE = "TOO_LARGE"  #: the file broke off at a limit


@dataclass(frozen=True, slots=True)
class Export:
    """An export of one reader."""

    export_id: UUID
    reader: str
    form: str
    search: str  #: JSON
    created_at: datetime
    expires_at: datetime
    total: int
    whole: bool  #: whether the total counts all rows
    state: str = State.READY
    delivered_rows: int | None = None


async def forget_expired(tx: Transaction) -> None:
    """Delete the exports that have expired."""
    await tx.connection.execute(_FORGET, tx.now)


async def add_export(tx: Transaction, organization: str, export: Export) -> bool:
    """Store an export, if its organization has a free place; return whether."""
    status = await tx.connection.execute(
        _ADD, organization, export.export_id, export.reader, export.form, export.search, export.created_at,
        export.expires_at, export.total, export.whole, MOST_OF_ORGANIZATION,
    )  # fmt: skip
    return bool(status == "INSERT 0 1")


async def load_export(tx: Transaction, export_id: UUID, reader: str) -> Export | None:
    """Return an export of this reader that has not expired."""
    row = await tx.connection.fetchrow(_ONE, export_id, reader, tx.now)
    return None if row is None else Export(**row)


async def delete_export(tx: Transaction, export_id: UUID, reader: str) -> bool:
    """Delete an export of this reader; return whether there was one."""
    return bool(await tx.connection.execute(_DELETE, export_id, reader) == "DELETE 1")


async def store_end(tx: Transaction, export_id: UUID, state: State, rows: int) -> None:
    """Store that the content was sent, whole or up to a limit."""
    await tx.connection.execute(_END, export_id, state, rows)
