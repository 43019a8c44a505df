"""SQL of inscriptions. A new or changed one asks for the state of its worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.feed.inscription.rules import ReferencedInscription
from shared.runtime.database import Connection, Pool, Record, Transaction, transaction
from shared.runtime.errors import OurError

#: An unchanged inscription has no effect; a new or changed one brings the state of its worker.
_SAVE: Final = """
WITH changed AS (
    INSERT INTO inscriptions AS i (institution_id, reference, ssin, capacity, begins_on, ends_on)
    SELECT $1, n.reference, n.ssin, n.capacity, n.begins_on, n.ends_on
    FROM unnest($2::text[], $3::bpchar[], $4::text[], $5::date[], $6::date[])
        AS n (reference, ssin, capacity, begins_on, ends_on)
    ORDER BY n.reference
    ON CONFLICT (institution_id, reference) DO UPDATE SET
        ssin = excluded.ssin, capacity = excluded.capacity,
        begins_on = excluded.begins_on, ends_on = excluded.ends_on
    WHERE (i.ssin, i.capacity, i.begins_on, i.ends_on)
        IS DISTINCT FROM (excluded.ssin, excluded.capacity, excluded.begins_on, excluded.ends_on)
    RETURNING i.ssin, i.begins_on),
due AS (
    INSERT INTO states_due (institution_id, ssin, due_on)
    SELECT $1, c.ssin, c.begins_on FROM changed c GROUP BY c.ssin, c.begins_on ORDER BY c.ssin, c.begins_on
    ON CONFLICT DO NOTHING)
SELECT count(*) FROM changed"""
#: Its row is locked after a change, until the end of the transaction.
_COUNT: Final = "SELECT inscriptions FROM inscription_counts WHERE institution_id = $1"
_MOST: Final = "SELECT coalesce(max(inscriptions), 0) FROM inscription_counts"
_DELETE: Final = "DELETE FROM inscriptions WHERE institution_id = $1 AND reference = $2 RETURNING 1"
_LIST: Final = """
SELECT reference, ssin, capacity, begins_on, ends_on FROM inscriptions
WHERE institution_id = $1 AND reference > $2 ORDER BY reference LIMIT $3"""


class TooManyInscriptionsError(OurError):
    """The error for an institution that would have more inscriptions than it may have."""


async def save_inscriptions(
    pool: Pool, institution: str, rows: Sequence[ReferencedInscription], most: int
) -> int:
    """Save inscriptions in one transaction. Return the number of new or changed ones.

    Raise TooManyInscriptionsError if the institution would have more inscriptions than before and than
    `most`. Nothing is then saved.
    """
    async with transaction(pool, timed=False) as tx:
        before = await _count(tx, institution)
        changed: int = await tx.connection.fetchval(
            _SAVE,
            institution,
            [row.reference for row in rows],
            [row.ssin for row in rows],
            [row.capacity for row in rows],
            [row.begins_on for row in rows],
            [row.ends_on for row in rows],
        )
        if await _count(tx, institution) > max(most, before):
            raise TooManyInscriptionsError("too many inscriptions")
    return changed


async def _count(tx: Transaction, institution: str) -> int:
    return await tx.connection.fetchval(_COUNT, institution) or 0


async def load_most_inscriptions(connection: Connection) -> int:
    """Return the number of inscriptions of the institution that has most of them."""
    most: int = await connection.fetchval(_MOST)
    return most


async def delete_inscription(pool: Pool, institution: str, reference: str) -> bool:
    """Delete an inscription. Return whether it was there."""
    return await pool.fetchval(_DELETE, institution, reference) is not None


async def list_inscriptions(pool: Pool, institution: str, after: str, limit: int) -> list[Record]:
    """Return the first inscriptions of an institution after a reference, in the order of references."""
    return await pool.fetch(_LIST, institution, after, limit)
