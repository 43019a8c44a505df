"""SQL of the feed: events after a cursor, and the institutions that may read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.feed.event.rules import FeedEvent
from shared.domain.feed_fields import DAILY_REGISTRATION
from shared.runtime.cursor import Cursor
from shared.runtime.database import Connection, Pool, Record

_BY_DIGEST: Final = "SELECT institution_id, fields FROM access.institutions_in_force WHERE token_sha256 = $1"
#: A cursor that we gave is below the horizon, which only rises.
_EPOCH: Final = """
SELECT epoch, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon FROM personnel_file.epoch"""
_HIDDEN: Final = """
SELECT coalesce((
    SELECT extract(epoch FROM platform.now() - occurred_at) FROM personnel_file.feed
    WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id LIMIT 1), 0)::float8"""
#: Only rows below the oldest running transaction, so that a later commit never adds a row behind the
#: cursor (`id > last` alone missed a quarter of the rows in a test). The order names the column of the
#: table: plain `xid` would be the selected text, and "1000" sorts before "999".
_AFTER: Final = """
SELECT xid::text, id, event_id, type, data, occurred_at FROM personnel_file.feed
WHERE (xid, id) > ($1::text::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND ($4 OR type NOT LIKE '%.dailyRegistrations.%')
ORDER BY feed.xid, feed.id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class Institution:
    """A subscribed institution, with the fields that it may see."""

    id: str
    fields: tuple[str, ...]


async def load_institution(pool: Pool, token_sha256: bytes) -> Institution | None:
    """Return the institution with this digest of its token; None if there is none."""
    row = await pool.fetchrow(_BY_DIGEST, token_sha256)
    return None if row is None else Institution(row["institution_id"], tuple(row["fields"]))


async def load_epoch(pool: Pool) -> tuple[str, int]:
    """Return the epoch and the horizon, which tell whether a cursor of the feed is valid.

    The epoch is a text that changes when the database is restored to an earlier instant. The horizon is the
    number of the oldest transaction that still runs.
    """
    row = await pool.fetchrow(_EPOCH)
    assert row is not None
    return row["epoch"], int(row["horizon"])


async def load_hidden_age(connection: Connection) -> float:
    """Return the age in seconds of the oldest event that no reader sees yet; 0 if there is none.

    Readers do not see events of a transaction until all earlier transactions have ended.
    """
    age: float = await connection.fetchval(_HIDDEN)
    return age


async def load_after(pool: Pool, cursor: Cursor, limit: int, fields: Sequence[str]) -> Sequence[Record]:
    """Return the first `limit` events after a cursor that an institution with these fields may see."""
    return await pool.fetch(_AFTER, cursor.xid, cursor.id, limit, DAILY_REGISTRATION in fields)


def cursor_of(row: Record, epoch: str) -> Cursor:
    """Return the cursor of a row of `load_after`."""
    return Cursor(epoch, row["xid"], row["id"])


def event_of(row: Record) -> FeedEvent:
    """Return the event of a row of `load_after`."""
    return FeedEvent(row["event_id"], row["type"], json.loads(row["data"]), row["occurred_at"])
