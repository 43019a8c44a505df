"""The table `rehearsal` of the sandbox, of which a production database has no row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from shared.runtime.database import Connection

_REHEARSALS: Final = "SELECT worker, seconds, found_as FROM access.rehearsal WHERE worker = ANY($1::text[])"


async def load_rehearsals(
    connection: Connection, workers: Collection[str]
) -> Mapping[str, tuple[int, str | None]]:
    """Return, by declared worker, after how many seconds an identification ends, and with which NISS."""
    rows = await connection.fetch(_REHEARSALS, list(workers))
    return {row["worker"]: (row["seconds"], row["found_as"]) for row in rows}
