"""The removal of rows past their term, in small batches, and the commands of operators (ADR 31).

Functions of the database remove rows and write the proof, so that no service can delete anything itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from shared.runtime import metrics
from shared.runtime.database import Connection, Record, Transaction
from shared.runtime.step import Effect, Step, Timer

#: Seconds between two batches, and the relations or declarations that a batch looks at. Few rows are locked
#: for a short time, and a day is enough for a million.
SECONDS: Final = 10.0
BATCH: Final = 200
#: Counting the rows of a month that is dropped reads the whole partition.
_PATIENCE: Final = 60.0

_REMOVE: Final = "SELECT platform.remove_expired($1, $2)"
_TERMS: Final = """
SELECT schema_name || '.' || table_name AS target, keep, source FROM platform.retention_terms ORDER BY 1"""
_HOLDS: Final = """
SELECT hold_id, table_name, held_by, held_at, reason FROM platform.holds
WHERE released_at IS NULL ORDER BY 1"""
_REMOVALS: Final = """
SELECT schema_name || '.' || table_name AS target, sum(removed)::bigint AS removed, max(removed_at) AS latest
FROM platform.removals GROUP BY 1 ORDER BY 1"""
_SET_TERM: Final = "SELECT platform.set_term($1, $2, $3)"
_HOLD: Final = "SELECT platform.hold($1, $2, $3)"
_RELEASE: Final = "SELECT platform.release_hold($1, $2)"

#: Deals with removed rows, such as with the files of them, before the commit.
Following = Callable[[Mapping[str, Sequence[str]]], Awaitable[None]]


def removing(service: str, follow: Following | None = None, after: Step[Any] | None = None) -> Timer:
    """Return the timer that removes rows of the schema of a service.

    Args:
        service: The name of the service and of its schema.
        follow: Gets the removed rows: by table of the term, the table and the key of each row.
        after: A step that has precedence: nothing is removed while messages wait that came before.
    """

    async def remove(tx: Transaction) -> Sequence[Effect]:
        removed = await remove_expired(tx.connection, service)
        if follow is not None:
            await follow(removed)
        metrics.RETENTION_DONE.set(time.time())
        return ()

    return Timer("retention", SECONDS, remove, consuming=after, caught_up=after is not None)


async def remove_expired(
    connection: Connection, service: str, most: int = BATCH
) -> Mapping[str, Sequence[str]]:
    """Remove one batch of each table of a schema. Return the removed rows by the table of the term."""
    found = json.loads(await connection.fetchval(_REMOVE, service, most, timeout=_PATIENCE))
    for table, removed in found.items():
        metrics.RETENTION_REMOVED.labels(f"{service}.{table}").inc(removed["rows"])
    return {table: removed["keys"] for table, removed in found.items()}


@dataclass(frozen=True, slots=True)
class Retention:
    """The terms, the holds that count, and the removed rows by table."""

    terms: Sequence[Record]
    holds: Sequence[Record]
    removals: Sequence[Record]


async def load_retention(connection: Connection) -> Retention:
    """Return the terms, the holds that count, and the numbers of removed rows."""
    return Retention(
        await connection.fetch(_TERMS), await connection.fetch(_HOLDS), await connection.fetch(_REMOVALS)
    )


async def set_term(connection: Connection, table: str, keep: timedelta | None, source: str) -> bool:
    """Set the term of a table; None: keep all rows. Return False for a table without terms."""
    done: bool = await connection.fetchval(_SET_TERM, table, keep, source)
    return done


async def hold(connection: Connection, table: str | None, ssin: str | None, *, reason: str) -> int:
    """Keep all rows of a table, or all rows with the number of a person. Return the number of the hold."""
    made: int = await connection.fetchval(_HOLD, table, ssin, reason)
    return made


async def release(connection: Connection, hold_id: int, *, reason: str) -> bool:
    """End a hold. Return False if there is no hold with this number that counts."""
    done: bool = await connection.fetchval(_RELEASE, hold_id, reason)
    return done
