"""SQL of the log of disclosures. The role of the service may read and add rows, and change none."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from services.feed.disclosure.rules import EMPTY, Disclosure, Entry, Head, Row, Way, chained, entries_of
from services.feed.event.rules import FeedEvent
from shared.runtime.database import Connection, Lock, Record

#: One transaction at a time appends to the chain of an institution; those of other institutions do not wait.
_LOCK: Final = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
_HEAD: Final = """
SELECT platform.now() AS now, d.seq, d.hash FROM (SELECT) AS one LEFT JOIN (
    SELECT seq, hash FROM feed.disclosures WHERE institution_id = $1 ORDER BY seq DESC LIMIT 1
) AS d ON true"""
_APPEND: Final = """
INSERT INTO feed.disclosures (institution_id, seq, way, authorization_id, version, disclosed_at, events,
    workers, digest, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
_COLUMNS: Final = """
    institution_id, seq, way, authorization_id, version, disclosed_at, events, workers, digest, previous,
    hash"""
_CHAIN: Final = f"""
SELECT {_COLUMNS} FROM feed.disclosures
WHERE institution_id = $1 AND seq > $2 ORDER BY seq LIMIT 1000"""  # noqa: S608 - our own columns
_BETWEEN: Final = f"""
SELECT {_COLUMNS} FROM feed.disclosures
WHERE institution_id = $1 AND disclosed_at >= $2 AND disclosed_at < $3 AND seq > $4
ORDER BY seq LIMIT $5"""  # noqa: S608 - our own columns
_ABOUT: Final = f"""
SELECT {_COLUMNS} FROM feed.disclosures
WHERE institution_id = $1 AND workers && $2::text[] AND seq > $3
ORDER BY seq LIMIT $4"""  # noqa: S608 - our own columns
_NUMBERS: Final = "SELECT feed.numbers_of($1::bpchar)"
_EVENTS: Final = """
SELECT id, event_id, type, data, occurred_at, ssin FROM feed.disclosed_events($1::bigint[])"""
_FIELDS: Final = """
SELECT authorization_id, version, fields FROM access.institution_authorizations WHERE institution_id = $1"""
#: One step through the index for each institution: an institution that was removed keeps its chain.
_INSTITUTIONS: Final = """
WITH RECURSIVE anchored AS (
    (SELECT institution_id FROM feed.disclosure_anchors ORDER BY institution_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.institution_id FROM feed.disclosure_anchors d WHERE d.institution_id > a.institution_id
        ORDER BY d.institution_id LIMIT 1) FROM anchored a WHERE a.institution_id IS NOT NULL)
SELECT institution_id FROM anchored WHERE institution_id IS NOT NULL
UNION SELECT institution_id FROM access.institutions ORDER BY institution_id"""
_ANCHORS: Final = "SELECT seq, hash FROM feed.disclosure_anchors WHERE institution_id = $1 ORDER BY seq"
_ANCHOR: Final = "SELECT feed.anchor_disclosures($1, $2, $3)"


async def record(connection: Connection, disclosure: Disclosure) -> None:
    """Append a disclosure to the log, in the transaction that sends or reads its events.

    If this fails, the transaction fails, and the institution gets nothing. A disclosure without events leaves
    no row. The transaction must run at the isolation level READ COMMITTED, because the last row of the chain
    is read after its lock.
    """
    if not disclosure.events:
        return
    await connection.execute(_LOCK, Lock.DISCLOSURES, disclosure.institution_id)
    found = await connection.fetchrow(_HEAD, disclosure.institution_id)
    assert found is not None, "one row, also for an empty chain"
    head = EMPTY if found["seq"] is None else Head(found["seq"], found["hash"])
    for row in chained(entries_of(disclosure, found["now"]), head):
        entry = row.entry
        await connection.execute(
            _APPEND, entry.institution_id, row.seq, entry.way, entry.authorization_id, entry.version,
            entry.disclosed_at, entry.events, entry.workers, entry.digest, row.previous, row.hash,
        )  # fmt: skip


async def load_chain(connection: Connection, institution_id: str, since: Head) -> Sequence[Row]:
    """Return the first 1,000 rows of an institution after `since`, in the order of their numbers."""
    return [_row(row) for row in await connection.fetch(_CHAIN, institution_id, since.seq)]


async def load_between(
    connection: Connection, institution_id: str, begin: datetime, end: datetime, after: int, limit: int
) -> Sequence[Row]:
    """Return the first `limit` rows of an institution after the row `after`, from `begin` to before `end`."""
    return [_row(row) for row in await connection.fetch(_BETWEEN, institution_id, begin, end, after, limit)]


async def load_about(
    connection: Connection, institution_id: str, codes: Collection[str], after: int, limit: int
) -> Sequence[Row]:
    """Return the first `limit` rows of an institution after `after` about a worker with these codes."""
    rows = await connection.fetch(_ABOUT, institution_id, list(codes), after, limit)
    return [_row(row) for row in rows]


async def load_numbers(connection: Connection, ssin: str) -> Sequence[str]:
    """Return all numbers of a worker: the NISS in force, and those that it replaced."""
    numbers: Sequence[str] = await connection.fetchval(_NUMBERS, ssin)
    return numbers


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event that the log names, before fields are removed, with the NISS of its worker."""

    event: FeedEvent
    ssin: str | None

    @classmethod
    def of(cls, row: Record) -> Self:
        """Return the event of a row of the function `feed.disclosed_events`."""
        event = FeedEvent(row["event_id"], row["type"], json.loads(row["data"]), row["occurred_at"])
        return cls(event, row["ssin"])


async def load_events(connection: Connection, seqs: Sequence[int]) -> Mapping[int, LoggedEvent]:
    """Return the events that rows of the log name, by their numbers, for the institution of this transaction.

    Events that were removed after their term are missing. Without an authorization in force there is none.

    Args:
        connection: A connection in a transaction with the context of the institution.
        seqs: Numbers of rows in the chain of the institution.
    """
    return {row["id"]: LoggedEvent.of(row) for row in await connection.fetch(_EVENTS, seqs)}


async def load_fields(
    connection: Connection, institution_id: str
) -> Mapping[tuple[UUID, int], Sequence[str]]:
    """Return the fields of each version of the authorizations of an institution, past ones too."""
    rows = await connection.fetch(_FIELDS, institution_id)
    return {(row["authorization_id"], row["version"]): row["fields"] for row in rows}


async def load_institutions(connection: Connection) -> Sequence[str]:
    """Return the institutions of the directory, and those that have an anchor."""
    return [row["institution_id"] for row in await connection.fetch(_INSTITUTIONS)]


async def load_anchors(connection: Connection, institution_id: str) -> Mapping[int, bytes]:
    """Return the anchored hashes of an institution, by the number of their row, in this order."""
    return {row["seq"]: row["hash"] for row in await connection.fetch(_ANCHORS, institution_id)}


async def store_anchor(connection: Connection, institution_id: str, head: Head) -> bool:
    """Keep the hash of a row in the table of anchors, to which the role of the service cannot write.

    Return False if this row has an anchor already.
    """
    return bool(await connection.fetchval(_ANCHOR, institution_id, head.seq, head.hash))


def _row(row: Record) -> Row:
    entry = Entry(
        institution_id=row["institution_id"],
        way=Way(row["way"]),
        authorization_id=row["authorization_id"],
        version=row["version"],
        disclosed_at=row["disclosed_at"],
        events=tuple(row["events"]),
        workers=tuple(row["workers"]),
        digest=row["digest"],
    )
    return Row(row["seq"], entry, row["previous"], row["hash"])
