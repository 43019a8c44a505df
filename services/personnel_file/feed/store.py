"""The feed's table, and the allow-list of access."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.personnel_file.feed.rules import hidden, visible
from shared.envelope import cloud_event
from shared.messages import Delivery
from shared.runtime.cursor import Cursor
from shared.runtime.database import Pool, Record, Transaction
from shared.topology import institution_queue

_SAVE: Final = """
WITH written AS (
    INSERT INTO feed (event_id, type, data, occurred_at)
    SELECT i, t, d, $4
    FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS n (i, t, d, o) ORDER BY o)
SELECT institution_id, fields FROM access.institutions ORDER BY institution_id"""
_BY_DIGEST: Final = "SELECT institution_id, fields FROM access.institutions WHERE token_sha256 = $1"
_EPOCH: Final = "SELECT epoch FROM epoch"
#: Only what lies below the oldest transaction still running: a later commit never slips in behind the
#: cursor (reliability.md §2.6; `id > last` alone missed a quarter of the rows there). The order names the
#: table's column: plain `xid` would be the text that is selected, and "1000" comes before "999".
_AFTER: Final = """
SELECT xid::text, id, event_id, type, data, occurred_at FROM feed
WHERE (xid, id) > ($1::text::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND type <> ALL($4::text[])
ORDER BY feed.xid, feed.id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One row of the feed: `data` is the full state, before anything is left out."""

    id: UUID
    type: str
    data: Mapping[str, Any]
    occurred_at: datetime

    def seen_by(self, fields: Sequence[str]) -> str:
        """The event as an institution with these fields gets it, pushed and pulled alike."""
        data = json.dumps(visible(self.data, fields))
        return cloud_event(self.id, self.type, "personnel_file", self.occurred_at, data)


@dataclass(frozen=True, slots=True)
class Institution:
    """A subscribed institution and its row of the allow-list."""

    id: str
    fields: tuple[str, ...]


async def institution_with(pool: Pool, token_sha256: bytes) -> Institution | None:
    """The institution whose token has this digest."""
    row = await pool.fetchrow(_BY_DIGEST, token_sha256)
    return None if row is None else _institution(row)


async def save(tx: Transaction, events: Sequence[FeedEvent]) -> list[Delivery]:
    """Write events into the feed; returns what is to be pushed to each institution."""
    subscribed = await tx.connection.fetch(
        _SAVE,
        [event.id for event in events],
        [event.type for event in events],
        [json.dumps(event.data) for event in events],
        tx.now,
    )
    return [
        Delivery(event.id, institution_queue(each.id), event.type, event.seen_by(each.fields))
        for event in events
        for each in map(_institution, subscribed)
        if event.type not in hidden(each.fields)
    ]


async def epoch(pool: Pool) -> str:
    """The epoch of this database."""
    value: str = await pool.fetchval(_EPOCH)
    return value


async def after(
    pool: Pool, cursor: Cursor, limit: int, fields: Sequence[str]
) -> list[tuple[Cursor, FeedEvent]]:
    """The events behind a place that these fields may hear of, in order, each with its own place."""
    rows = await pool.fetch(_AFTER, cursor.xid, cursor.id, limit, hidden(fields))
    return [
        (
            Cursor(cursor.epoch, row["xid"], row["id"]),
            FeedEvent(row["event_id"], row["type"], json.loads(row["data"]), row["occurred_at"]),
        )
        for row in rows
    ]


def _institution(row: Record) -> Institution:
    return Institution(row["institution_id"], tuple(row["fields"]))
