"""SQL of snapshots: the next workers of an institution."""

from __future__ import annotations

from typing import Final

from shared.runtime.database import Connection

_WORKERS: Final = "SELECT ssin FROM feed.workers_after($1::bpchar, $2) AS w (ssin)"


async def load_workers(connection: Connection, after: str, most: int) -> list[str]:
    """Return the next workers after a number, for the institution of the context."""
    return [row["ssin"] for row in await connection.fetch(_WORKERS, after, most)]
