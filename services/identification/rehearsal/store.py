"""The table `rehearsal` of the sandbox. It is empty in a production database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from shared.runtime.database import Connection

_REHEARSALS: Final = "SELECT worker, seconds, found_as FROM access.rehearsal WHERE worker = ANY($1::text[])"


async def load_rehearsals(
    connection: Connection, workers: Collection[str]
) -> Mapping[str, tuple[int, str | None]]:
    """Return, by worker, the planned end of an identification. Workers without a plan are absent.

    A worker is a NISS, or a family name in capitals. The end is the number of seconds until it, and the NISS
    of the person that is found; None if no person is found.
    """
    rows = await connection.fetch(_REHEARSALS, list(workers))
    return {row["worker"]: (row["seconds"], row["found_as"]) for row in rows}
