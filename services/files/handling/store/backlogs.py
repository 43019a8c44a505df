"""The backlog of each expeditor: its files in work, in the table of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.files.handling.rules import Backlog
from shared.runtime.database import Connection, Pool, Record, Transaction

#: Of all expeditors, or of one. A query waits until it has its answer. A file that lost its content waits for
#: its repetition, which a full backlog must not refuse.
_BACKLOGS: Final = """
SELECT expeditor, count(*)::int AS files, sum(bytes)::bigint AS bytes,
    sum(waiting)::bigint AS forms
FROM (
    SELECT expeditor, bytes, forms - submitted AS waiting FROM files
    WHERE (state = 'received' OR (state = 'accepted' AND final < forms AND submitted < forms))
        AND NOT content_lost
    UNION ALL
    SELECT f.expeditor, f.bytes, 0 FROM queries q JOIN files f USING (ticket) WHERE q.answer IS NULL) AS work
WHERE $1::text IS NULL OR expeditor = $1
GROUP BY expeditor"""


async def load_backlogs(connection: Connection | Pool) -> Mapping[str, Backlog]:
    """Return the backlogs of the expeditors that have files in work."""
    return {row["expeditor"]: _backlog(row) for row in await connection.fetch(_BACKLOGS, None)}


async def load_backlog(tx: Transaction, expeditor: str) -> Backlog:
    """Return the backlog of an expeditor."""
    row = await tx.connection.fetchrow(_BACKLOGS, expeditor)
    return Backlog() if row is None else _backlog(row)


def _backlog(row: Record) -> Backlog:
    return Backlog(row["files"], row["bytes"], row["forms"])
