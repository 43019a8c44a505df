"""The tables `heartbeat` and `outages`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shared.runtime.database import Transaction

#: A silence of intake longer than this is an outage of our own (decision D9).
OUTAGE: Final = timedelta(seconds=20)
#: An outage still counts for this long after the queue was empty: until then every message that a process
#: had already taken is stored.
IN_HAND: Final = timedelta(seconds=60)

_BEAT: Final = """
WITH before AS (SELECT beat_at FROM heartbeat),
gap AS (INSERT INTO outages (began_at, ended_at)
        SELECT beat_at, $1::timestamptz FROM before WHERE beat_at < $1::timestamptz - $2::interval
        ON CONFLICT DO NOTHING)
INSERT INTO heartbeat (beat_at) VALUES ($1::timestamptz)
ON CONFLICT (one) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, excluded.beat_at)"""
_CAUGHT_UP: Final = """
UPDATE heartbeat SET caught_up_at = greatest(caught_up_at, $1::timestamptz - $2::interval)"""
_BEAT_AND_LOAD: Final = """
WITH before AS (SELECT beat_at, caught_up_at FROM heartbeat),
gap AS (INSERT INTO outages (began_at, ended_at)
        SELECT beat_at, $1::timestamptz FROM before WHERE beat_at < $1::timestamptz - $2::interval
        ON CONFLICT DO NOTHING RETURNING began_at),
beat AS (INSERT INTO heartbeat (beat_at) VALUES ($1::timestamptz)
        ON CONFLICT (one) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, excluded.beat_at))
SELECT least((SELECT began_at FROM gap), (
    SELECT min(o.began_at) FROM outages o
    WHERE NOT EXISTS (SELECT FROM before WHERE caught_up_at >= o.ended_at)))"""


async def store_heartbeat(tx: Transaction) -> None:
    """Store that intake works now. If the last heartbeat is older than OUTAGE, store the gap as an outage."""
    await tx.connection.execute(_BEAT, tx.now, OUTAGE)


async def store_caught_up(tx: Transaction) -> None:
    """Store that all messages of the outages that ended at least IN_HAND ago are received.

    These outages no longer count.
    """
    await tx.connection.execute(_CAUGHT_UP, tx.now, IN_HAND)


async def beat_and_load_outage_start(tx: Transaction) -> datetime | None:
    """Store a heartbeat. Return the start of the earliest outage that still counts, or None without one.

    An outage counts until the messages that waited during it are received (`store_caught_up`). A gap that
    ends with this heartbeat is an outage too.
    """
    began_at: datetime | None = await tx.connection.fetchval(_BEAT_AND_LOAD, tx.now, OUTAGE)
    return began_at
