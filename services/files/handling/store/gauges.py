"""Counts for the metrics of the service files."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection

_GAUGES: Final = """
SELECT coalesce(sum(submitted - answered) FILTER (WHERE state <> 'received'), 0)::int AS open,
    coalesce(sum(forms - submitted) FILTER (WHERE state = 'accepted'), 0)::int AS waiting
FROM files WHERE state IN ('accepted', 'canceled') AND final < forms"""
#: Of files without an acknowledgement: not read yet, or its file is not written.
_UNACKNOWLEDGED: Final = """
SELECT coalesce(extract(epoch FROM platform.now() - min(received_at)), 0)::float FROM (
    SELECT received_at FROM files WHERE state = 'received'
    UNION ALL
    SELECT f.received_at FROM answers a JOIN files f USING (ticket)
    WHERE a.written_at IS NULL AND a.kind = 'ACRF') AS waiting"""
_UNWRITTEN_COUNT: Final = "SELECT count(*) FROM answers WHERE written_at IS NULL"
_QUERIES: Final = "SELECT count(*) FROM queries WHERE answer IS NULL"


async def count_open(connection: Connection) -> tuple[int, int]:
    """Return the forms that are submitted without answer, and the forms that wait to be submitted."""
    row = await connection.fetchrow(_GAUGES)
    assert row is not None, "an aggregate has a row"
    return row["open"], row["waiting"]


async def count_unwritten(connection: Connection) -> int:
    """Count the answers that are not written yet."""
    return await connection.fetchval(_UNWRITTEN_COUNT) or 0


async def count_queries(connection: Connection) -> int:
    """Count the queries without answer."""
    return await connection.fetchval(_QUERIES) or 0


async def oldest_unacknowledged(connection: Connection) -> float:
    """Return for how many seconds the oldest file without acknowledgement has been waiting; 0 if none."""
    return await connection.fetchval(_UNACKNOWLEDGED) or 0.0
