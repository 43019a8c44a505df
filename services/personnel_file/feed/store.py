"""The tables of the feed and of the institutions that may read it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.personnel_file.feed.rules import hidden, visible
from shared.envelope import cloud_event
from shared.messages import Delivery
from shared.runtime.cursor import Cursor
from shared.runtime.database import Connection, Pool, Record, Transaction
from shared.topology import institution_queue

_SAVE: Final = """
WITH written AS (
    INSERT INTO feed (event_id, type, data, occurred_at)
    SELECT i, t, d, $4
    FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS n (i, t, d, o) ORDER BY o)
SELECT institution_id, fields FROM access.institutions ORDER BY institution_id"""
_BY_DIGEST: Final = "SELECT institution_id, fields FROM access.institutions WHERE token_sha256 = $1"
#: A cursor that we gave is below the horizon, which only rises.
_EPOCH: Final = "SELECT epoch, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon FROM epoch"
_HIDDEN: Final = """
SELECT coalesce((
    SELECT extract(epoch FROM platform.now() - occurred_at)
    FROM feed WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id LIMIT 1), 0)::float8"""
#: Only rows below the oldest running transaction, so that a later commit never adds a row behind the
#: cursor (`id > last` alone missed a quarter of the rows in a test). The order names the column of the
#: table: plain `xid` would be the selected text, and "1000" sorts before "999".
_AFTER: Final = """
SELECT xid::text, id, event_id, type, data, occurred_at FROM feed
WHERE (xid, id) > ($1::text::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND type <> ALL($4::text[])
ORDER BY feed.xid, feed.id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One row of the feed; `data` is the full state, before fields are removed."""

    id: UUID
    type: str
    data: Mapping[str, Any]
    occurred_at: datetime

    def seen_by(self, fields: Collection[str]) -> str:
        """Return the event as JSON with only the fields that an institution may see.

        The text is equal for institutions that get the feed by queue and by HTTP.
        """
        data = json.dumps(visible(self.data, fields))
        return cloud_event(self.id, self.type, "personnel_file", self.occurred_at, data)


@dataclass(frozen=True, slots=True)
class Institution:
    """A subscribed institution, with the fields that it may see."""

    id: str
    fields: tuple[str, ...]


async def load_institution(pool: Pool, token_sha256: bytes) -> Institution | None:
    """Return the institution with this digest of its token; None if there is none."""
    row = await pool.fetchrow(_BY_DIGEST, token_sha256)
    return None if row is None else _institution(row)


async def save_events(tx: Transaction, events: Sequence[FeedEvent]) -> list[Delivery]:
    """Append events to the feed; return the deliveries to the subscribed institutions."""
    subscribed = await tx.connection.fetch(
        _SAVE,
        [event.id for event in events],
        [event.type for event in events],
        [json.dumps(event.data) for event in events],
        tx.now,
    )
    return deliveries_of(events, [(row["institution_id"], row["fields"]) for row in subscribed])


def deliveries_of(
    events: Sequence[FeedEvent], institutions: Sequence[tuple[str, Sequence[str]]]
) -> list[Delivery]:
    """Return a delivery of each event to each institution that may see its type.

    An institution is given by its id and by the fields that it may see.
    """
    readers = [(id_, frozenset(fields)) for id_, fields in institutions]
    return [
        Delivery(event.id, institution_queue(id_), event.type, event.seen_by(fields))
        for event in events
        for id_, fields in readers
        if event.type not in hidden(fields)
    ]


def feed_row(event: FeedEvent) -> dict[str, Any]:
    """Return the row of the table `feed` for an event."""
    return {
        "event_id": event.id,
        "type": event.type,
        "data": json.dumps(event.data),
        "occurred_at": event.occurred_at,
    }


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
    return await pool.fetch(_AFTER, cursor.xid, cursor.id, limit, hidden(fields))


def cursor_of(row: Record, epoch: str) -> Cursor:
    """Return the cursor of a row of `load_after`."""
    return Cursor(epoch, row["xid"], row["id"])


def event_of(row: Record) -> FeedEvent:
    """Return the event of a row of `load_after`."""
    return FeedEvent(row["event_id"], row["type"], json.loads(row["data"]), row["occurred_at"])


def _institution(row: Record) -> Institution:
    return Institution(row["institution_id"], tuple(row["fields"]))
