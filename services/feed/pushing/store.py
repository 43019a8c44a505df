"""SQL of pushing: the position of each institution in the feed, and its deliveries that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
    AND (p.institution_id IS NULL OR (p.xid, p.id) < ($1::text::xid8, $2::bigint)
        OR (p.sees_from, p.in_force_since) IS DISTINCT FROM (a.sees_from, a.in_force_since))
ORDER BY a.institution_id"""
_LOCK: Final = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
_POSITION: Final = """
SELECT p.xid::text, p.id, a.sees_from, a.in_force_since, p.states_after,
    p.institution_id IS NOT NULL AS is_known,
    (p.sees_from, p.in_force_since) IS DISTINCT FROM (a.sees_from, a.in_force_since) AS is_new
FROM access.institution_authorizations a LEFT JOIN positions p USING (institution_id)
WHERE a.institution_id = $1
    AND a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
    AND (p.holder IS NULL OR p.holder = $2 OR NOT EXISTS (SELECT FROM deliveries d WHERE d.lane = $3))
    AND (SELECT count(*) FROM (SELECT FROM deliveries d WHERE d.lane = $3 LIMIT $4) AS w) < $4"""
_BEGIN: Final = "SELECT xid::text, id FROM feed.place_before($1)"
_SAVE: Final = """
INSERT INTO positions (institution_id, xid, id, holder, sees_from, in_force_since, states_after)
VALUES ($1, $2::text::xid8, $3, $4, $5, $6, $7)
ON CONFLICT (institution_id) DO UPDATE SET xid = excluded.xid, id = excluded.id, holder = excluded.holder,
    sees_from = excluded.sees_from, in_force_since = excluded.in_force_since,
    states_after = excluded.states_after"""
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
SELECT a.institution_id FROM access.institution_authorizations a
WHERE a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
    AND (EXISTS (SELECT FROM positions p
            WHERE p.institution_id = a.institution_id AND p.states_after IS NOT NULL)
        OR EXISTS (SELECT FROM states_due s WHERE s.institution_id = a.institution_id
            AND s.due_on <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date))
ORDER BY a.institution_id"""
_TAKE_STATES: Final = """
WITH taken AS (
    SELECT ssin, due_on FROM states_due
    WHERE institution_id = $1 AND due_on <= (platform.now() AT TIME ZONE 'Europe/Brussels')::date
    ORDER BY due_on, ssin LIMIT $2)
DELETE FROM states_due d USING taken t
WHERE d.institution_id = $1 AND d.ssin = t.ssin AND d.due_on = t.due_on RETURNING d.ssin"""
_TAKE_UNFINISHED: Final = """
DELETE FROM states_due WHERE institution_id = $1 AND sent_until > 0 RETURNING ssin, sent_until"""
_KEEP_UNFINISHED: Final = """
INSERT INTO states_due (institution_id, ssin, due_on, sent_until)
SELECT $1, w.ssin, (platform.now() AT TIME ZONE 'Europe/Brussels')::date, $3
FROM (SELECT DISTINCT unnest($2::bpchar[]) AS ssin) AS w ORDER BY w.ssin
ON CONFLICT (institution_id, ssin, due_on) DO UPDATE SET sent_until = excluded.sent_until"""
_TAKE_AGAIN: Final = """
WITH page AS (
    SELECT i.reference, i.ssin FROM positions p JOIN inscriptions i USING (institution_id)
    WHERE p.institution_id = $1 AND i.reference > p.states_after ORDER BY i.reference LIMIT $2),
moved AS (
    UPDATE positions SET states_after =
        (SELECT max(reference) FROM page HAVING count(*) = $2) WHERE institution_id = $1)
SELECT ssin FROM page"""
_PURGE: Final = """
WITH ended AS (
    SELECT 'institution.' || p.institution_id AS lane FROM positions p WHERE NOT EXISTS (
        SELECT FROM access.institution_authorizations a WHERE a.institution_id = p.institution_id
            AND a.in_force_since IS NOT DISTINCT FROM p.in_force_since
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


@dataclass(frozen=True, slots=True)
class Position:
    """The place up to which an institution was sent its events, under the authorization in force.

    Attributes:
        place: The place.
        sees_from: The institution gets events from this instant on.
        in_force_since: Since then an authorization of it is in force without interruption.
        is_new: Whether nothing was sent since then, so that `place` is that of the begin.
        states_after: The inscription after which the states of workers are sent again; None: no state.
    """

    place: Place
    sees_from: datetime
    in_force_since: datetime
    is_new: bool
    states_after: str | None


async def find_behind(pool: Pool, head: Place) -> list[str]:
    """Return the institutions that have an authorization in force and are to be sent events up to a place."""
    return [row["institution_id"] for row in await pool.fetch(_BEHIND, head.xid, head.id)]


async def find_states_due(pool: Pool) -> list[str]:
    """Return the institutions with an authorization in force that are to get the state of a worker."""
    return [row["institution_id"] for row in await pool.fetch(_STATES_DUE)]


@dataclass(frozen=True, slots=True)
class Due:
    """The workers of the next states for an institution. States up to event `sent_until` were sent before."""

    workers: list[str]
    sent_until: int = 0  #: 0 if nothing was sent yet


async def take_due(tx: Transaction, institution: str, most: int) -> Due:
    """Return the workers of the next states for an institution, which are then not due any more.

    These are the workers of an unfinished push, or else at most `most` others.
    """
    rows = await tx.connection.fetch(_TAKE_UNFINISHED, institution)
    if rows:
        return Due([row["ssin"] for row in rows], rows[0]["sent_until"])
    workers = await take_states(tx, institution, most)
    return Due(workers or await take_states_again(tx, institution, most))


async def keep_unfinished(tx: Transaction, institution: str, due: Due) -> None:
    """Keep the workers of a push that has sent a part of their states."""
    await tx.connection.execute(_KEEP_UNFINISHED, institution, due.workers, due.sent_until)


async def take_states(tx: Transaction, institution: str, most: int) -> list[str]:
    """Return the next workers with a state to send to an institution, and delete their rows."""
    return [row["ssin"] for row in await tx.connection.fetch(_TAKE_STATES, institution, most)]


async def take_states_again(tx: Transaction, institution: str, most: int) -> list[str]:
    """Return the workers of the next `most` inscriptions that get their state again, and move the position.

    There are none once the states of all inscriptions were sent.
    """
    return [row["ssin"] for row in await tx.connection.fetch(_TAKE_AGAIN, institution, most)]


async def take_position(tx: Transaction, institution: str, holder: UUID, most: int) -> Position | None:
    """Lock the position of an institution and return it.

    Return None without an authorization in force, while another process works on it or has deliveries that
    wait, and while `most` or more deliveries wait. The lock is an advisory one: a lock of the row would hold
    the horizon of all readers.

    After a time without an authorization, and for an authorization with another begin, the place is before
    the first event that the institution may see: all that waited for it was deleted.
    """
    if not await tx.connection.fetchval(_LOCK, Lock.FEED_POSITIONS, institution):
        return None
    # Read after the lock, by another statement: its snapshot has the position that the last process saved.
    lane = institution_queue(institution)
    row = await tx.connection.fetchrow(_POSITION, institution, holder, lane, most)
    if row is None:
        return None
    sees_from, in_force_since = row["sees_from"], row["in_force_since"]
    if not row["is_new"]:
        place = Place(row["xid"], row["id"])
        return Position(place, sees_from, in_force_since, is_new=False, states_after=row["states_after"])
    begin = await tx.connection.fetchrow(_BEGIN, sees_from)
    assert begin is not None, "one row, also for an empty feed"
    # A first authorization has no states to send again: `states_due` has them.
    states_after = "" if row["is_known"] else None
    place = Place(begin["xid"], begin["id"])
    return Position(place, sees_from, in_force_since, is_new=True, states_after=states_after)


async def save_position(tx: Transaction, institution: str, position: Position, holder: UUID) -> None:
    """Save the position of an institution. `take_position` has locked it."""
    await tx.connection.execute(
        _SAVE, institution, position.place.xid, position.place.id, holder,
        position.sees_from, position.in_force_since, position.states_after,
    )  # fmt: skip


async def find_silent(pool: Pool, seconds: float) -> list[str]:
    """Return the institutions in force that have got no heartbeat for so many seconds."""
    return [row["institution_id"] for row in await pool.fetch(_SILENT, seconds)]


async def save_heartbeat(tx: Transaction, institution: str, holder: UUID, seconds: float) -> bool:
    """Save that an institution gets a heartbeat. Return False if its last one is younger than `seconds`.

    `take_position` has locked its position.
    """
    return await tx.connection.fetchval(_BEAT, institution, holder, seconds) is not None


async def purge(connection: Connection) -> int:
    """Delete the deliveries that institutions no longer get, and return their number.

    These are all that wait since before the present time in force, or without an authorization in force.
    """
    count: int = await connection.fetchval(_PURGE)
    return count
