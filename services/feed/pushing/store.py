"""SQL of pushing: the position of each institution in the feed, and its deliveries that wait."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.feed.event.store import Place
from shared.runtime.database import Connection, Lock, Pool, Transaction
from shared.topology import institution_queue

_HIDDEN_AGE: Final = "SELECT feed.hidden_age()"
_LAG: Final = """
SELECT coalesce(max(feed.age_after(coalesce(p.xid, '0'), coalesce(p.id, 0))), 0)
FROM access.institution_authorizations a LEFT JOIN positions p USING (institution_id)
WHERE a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())"""
_BEHIND: Final = """
SELECT DISTINCT a.institution_id
FROM access.institution_authorizations a LEFT JOIN positions p USING (institution_id)
WHERE a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
    AND (p.institution_id IS NULL OR (p.xid, p.id) < ($1::text::xid8, $2::bigint))
ORDER BY a.institution_id"""
_LOCK: Final = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
_POSITION: Final = """
SELECT coalesce(p.xid, '0')::text AS xid, coalesce(p.id, 0) AS id
FROM (SELECT) AS one LEFT JOIN positions p ON p.institution_id = $1
WHERE (p.holder IS NULL OR p.holder = $2 OR NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = $3))
    AND (SELECT count(*) FROM (SELECT FROM deliveries d WHERE d.lane = $3 LIMIT $4) AS w) < $4"""
_SAVE: Final = """
INSERT INTO positions (institution_id, xid, id, holder) VALUES ($1, $2::text::xid8, $3, $4)
ON CONFLICT (institution_id) DO UPDATE SET xid = excluded.xid, id = excluded.id, holder = excluded.holder"""
_SILENT: Final = """
SELECT a.institution_id
FROM access.institution_authorizations a LEFT JOIN positions p USING (institution_id)
WHERE a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
    AND (p.heartbeat_at IS NULL OR p.heartbeat_at <= platform.now() - make_interval(secs => $1))
ORDER BY a.institution_id"""
_BEAT: Final = """
INSERT INTO positions AS p (institution_id, holder, heartbeat_at) VALUES ($1, $2, platform.now())
ON CONFLICT (institution_id) DO UPDATE SET holder = excluded.holder, heartbeat_at = excluded.heartbeat_at
WHERE p.heartbeat_at IS NULL OR p.heartbeat_at <= platform.now() - make_interval(secs => $3)
RETURNING 1"""
_STATES_DUE: Final = """
SELECT DISTINCT s.institution_id
FROM states_due s JOIN access.institution_authorizations a USING (institution_id)
WHERE s.due_on <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date
    AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
ORDER BY s.institution_id"""
_TAKE_STATES: Final = """
WITH taken AS (
    SELECT ssin, due_on FROM states_due
    WHERE institution_id = $1 AND due_on <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date
    ORDER BY due_on, ssin LIMIT $2)
DELETE FROM states_due d USING taken t
WHERE d.institution_id = $1 AND d.ssin = t.ssin AND d.due_on = t.due_on RETURNING d.ssin"""
_PURGE: Final = """
WITH ended AS (
    SELECT 'institution.' || p.institution_id AS lane FROM positions p WHERE NOT EXISTS (
        SELECT FROM access.institution_authorizations a WHERE a.institution_id = p.institution_id
            AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now()))),
aside AS (DELETE FROM set_aside s USING ended e WHERE s.lane = e.lane RETURNING 1),
gone AS (DELETE FROM deliveries d USING ended e WHERE d.lane = e.lane RETURNING 1)
SELECT (SELECT count(*) FROM aside) + (SELECT count(*) FROM gone)"""


async def load_hidden_age(connection: Connection) -> float:
    """Return the age in seconds of the oldest event that no reader sees yet; 0 if there is none.

    Readers do not see events of a transaction until all earlier transactions have ended.
    """
    age: float = await connection.fetchval(_HIDDEN_AGE)
    return age


async def load_lag(connection: Connection) -> float:
    """Return the age in seconds of the oldest event that an institution in force has not been sent yet."""
    lag: float = await connection.fetchval(_LAG)
    return lag


async def find_behind(pool: Pool, head: Place) -> list[str]:
    """Return the institutions that have an authorization in force and a position before this place."""
    return [row["institution_id"] for row in await pool.fetch(_BEHIND, head.xid, head.id)]


async def find_states_due(pool: Pool) -> list[str]:
    """Return the institutions with an authorization in force that are to get the state of a worker."""
    return [row["institution_id"] for row in await pool.fetch(_STATES_DUE)]


async def take_states(tx: Transaction, institution: str, most: int) -> list[str]:
    """Return the next workers with a state to send to an institution, and delete their rows."""
    return [row["ssin"] for row in await tx.connection.fetch(_TAKE_STATES, institution, most)]


async def take_position(tx: Transaction, institution: str, holder: UUID, most: int) -> Place | None:
    """Lock the position of an institution and return it.

    Return None while another process works on it or has deliveries that wait, and while `most` or more
    deliveries wait. The lock is an advisory one: a lock of the row would hold the horizon of all readers.
    """
    if not await tx.connection.fetchval(_LOCK, Lock.FEED_POSITIONS, institution):
        return None
    # Read after the lock, by another statement: its snapshot has the position that the last process saved.
    lane = institution_queue(institution)
    row = await tx.connection.fetchrow(_POSITION, institution, holder, lane, most)
    return None if row is None else Place(row["xid"], row["id"])


async def save_position(tx: Transaction, institution: str, place: Place, holder: UUID) -> None:
    """Save the position of an institution. `take_position` has locked it."""
    await tx.connection.execute(_SAVE, institution, place.xid, place.id, holder)


async def find_silent(pool: Pool, seconds: float) -> list[str]:
    """Return the institutions in force that have got no heartbeat for so many seconds."""
    return [row["institution_id"] for row in await pool.fetch(_SILENT, seconds)]


async def save_heartbeat(tx: Transaction, institution: str, holder: UUID, seconds: float) -> bool:
    """Save that an institution gets a heartbeat. Return False if its last one is younger than `seconds`.

    `take_position` has locked its position.
    """
    return await tx.connection.fetchval(_BEAT, institution, holder, seconds) is not None


async def purge(connection: Connection) -> int:
    """Delete the deliveries of institutions without an authorization in force, and return their number."""
    count: int = await connection.fetchval(_PURGE)
    return count
