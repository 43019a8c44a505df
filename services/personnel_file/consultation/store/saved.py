"""Searches that users have saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.personnel_file.consultation.store.places import lock_places
from shared.runtime.database import Transaction

#: Most saved searches of one organization (the table has this number of places for each), and of one user.
MOST_OF_ORGANIZATION: Final = 200
MOST_OF_USER: Final = 20
_OWN: Final = """
SELECT search_id, name, search FROM saved_searches WHERE reader = $1 ORDER BY name, search_id"""
_ONE: Final = "SELECT search_id, name, search FROM saved_searches WHERE reader = $1 AND search_id = $2"
_DELETE: Final = "DELETE FROM saved_searches WHERE reader = $1 AND search_id = $2"
_CHANGE: Final = """
UPDATE saved_searches SET name = $3, search = $4, changed_at = $5 WHERE reader = $1 AND search_id = $2"""
_ADD: Final = """
INSERT INTO saved_searches (organization, place, reader, search_id, name, search, changed_at)
SELECT $6, min(place), $1, $2, $3, $4, $5
FROM generate_series(1, $7::int) AS p (place)
WHERE NOT EXISTS (SELECT FROM saved_searches s WHERE s.organization = $6 AND s.place = p.place)
    AND (SELECT count(*) FROM saved_searches WHERE reader = $1) < $8
HAVING min(place) IS NOT NULL
ON CONFLICT (reader, search_id) DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Saved:
    """A search that a user has saved."""

    search_id: UUID
    name: str
    search: str  #: JSON


async def load_saved_searches(tx: Transaction, reader: str) -> Sequence[Saved]:
    """Return the searches of a user, by name."""
    return [Saved(**row) for row in await tx.connection.fetch(_OWN, reader)]


async def load_saved(tx: Transaction, reader: str, search_id: UUID) -> Saved | None:
    """Return the saved search of a user with this id; None if there is none."""
    row = await tx.connection.fetchrow(_ONE, reader, search_id)
    return None if row is None else Saved(**row)


async def change_saved(tx: Transaction, reader: str, saved: Saved) -> bool:
    """Replace the saved search of a user with this id. Return False if there was none."""
    status = await tx.connection.execute(
        _CHANGE, reader, saved.search_id, saved.name, saved.search, tx.now
    )  # fmt: skip
    return bool(status == "UPDATE 1")


async def add_saved(tx: Transaction, organization: str, reader: str, saved: Saved) -> bool:
    """Store a new search of a user. Return False if the user or the organization has too many."""
    await lock_places(tx, organization, reader)
    status = await tx.connection.execute(
        _ADD, reader, saved.search_id, saved.name, saved.search, tx.now, organization, MOST_OF_ORGANIZATION,
        MOST_OF_USER,
    )  # fmt: skip
    return bool(status == "INSERT 0 1")


async def delete_saved(tx: Transaction, reader: str, search_id: UUID) -> bool:
    """Delete the saved search of a user with this id. Return False if there was none."""
    return bool(await tx.connection.execute(_DELETE, reader, search_id) == "DELETE 1")
