"""SQL of the feed of changes of the directory, read page by page with a cursor."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from shared.runtime.cursor import Cursor
from shared.runtime.database import Connection, Record

#: A cursor that we gave is below the horizon, which only rises.
_EPOCH: Final = "SELECT epoch, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon FROM access.epoch"
#: Only rows below the oldest running transaction: no later commit appears behind the cursor. The order
#: names the column of the table, because plain `xid` would be the selected text.
_AFTER: Final = """
SELECT xid::text, id, event_id, type, parties, before::text, after::text, changed_at, changed_by
FROM access.history h
WHERE (h.xid, h.id) > ($1::text::xid8, $2::bigint) AND h.xid < pg_snapshot_xmin(pg_current_snapshot())
    AND h.parties && $3::text[]
ORDER BY h.xid, h.id LIMIT $4"""


async def epoch(connection: Connection) -> tuple[str, int]:
    """Return the epoch of this database, and its horizon: the id of the oldest transaction that still runs.

    The epoch is a text that changes when the database is restored.
    """
    row = await connection.fetchrow(_EPOCH)
    assert row is not None
    return row["epoch"], int(row["horizon"])


async def after(
    connection: Connection, cursor: Cursor, organizations: Collection[str], limit: int
) -> list[tuple[Cursor, Record]]:
    """Return up to `limit` changes of these organizations after a cursor, in order, each with its cursor."""
    rows = await connection.fetch(_AFTER, cursor.xid, cursor.id, list(organizations), limit)
    return [(Cursor(cursor.epoch, row["xid"], row["id"]), row) for row in rows]
