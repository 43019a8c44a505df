"""SQL of the feed: events that an institution may see, by their places.

The database decides which events these are (ADR 34). It needs the context of `enter` for each transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from services.feed.event.rules import FeedEvent
from shared.runtime.database import Connection, Pool, Record

#: A cursor that we gave is below the horizon, which only rises.
_EPOCH: Final = """
SELECT epoch, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon FROM personnel_file.epoch"""
_RESTORE: Final = """
SELECT previous, head_xid::text AS xid, head_id AS id FROM personnel_file.epoch WHERE head_xid IS NOT NULL"""
_ENTER: Final = "SELECT set_config('dimona.institution', $1, true)"
#: Only places below the oldest running transaction, so that a later commit never adds a row behind a place
#: that was given out (`id > last` alone missed a quarter of the rows in a test).
_PIECE_AFTER: Final = """
SELECT xid::text, id, rows, ids FROM feed.piece_after($1::text::xid8, $2, $3) WHERE id IS NOT NULL"""
_HEAD: Final = "SELECT xid::text, id FROM feed.head() WHERE id IS NOT NULL"
#: The order names the columns of the view: plain `xid` would be the selected text, and "1000" sorts before
#: "999".
BETWEEN: Final = """
SELECT e.xid::text, e.id, e.event_id, e.type, e.data, e.occurred_at, e.ssin, e.authorization_id, e.version,
    e.fields
FROM feed.events e
WHERE (e.xid, e.id) > ($1::text::xid8, $2::bigint) AND (e.xid, e.id) <= ($3::text::xid8, $4::bigint)
ORDER BY e.xid, e.id LIMIT $5"""
_NUMBERED: Final = """
SELECT e.xid::text, e.id, e.event_id, e.type, e.data, e.occurred_at, e.ssin, e.authorization_id, e.version,
    e.fields
FROM feed.events e WHERE e.id = ANY($1::bigint[]) ORDER BY e.xid, e.id LIMIT $2"""
#: The day is Belgian. It is complete if no event of it is still hidden from readers.
_DAY: Final = """
SELECT count(e.id) AS events,
    encode(sha256(convert_to(coalesce(
        string_agg(e.event_id::text, E'\\n' ORDER BY e.event_id::text), ''), 'UTF8')), 'hex') AS digest,
    min(d.ends) <= (SELECT platform.now() - make_interval(secs => feed.hidden_age())) AS complete
FROM (SELECT $1::date::timestamp AT TIME ZONE 'Europe/Brussels' AS begins,
        ($1::date + 1)::timestamp AT TIME ZONE 'Europe/Brussels' AS ends) AS d
    LEFT JOIN feed.events e ON e.occurred_at >= d.begins AND e.occurred_at < d.ends
        AND e.xid < pg_snapshot_xmin(pg_current_snapshot())"""
#: The last event of each period of these workers, as far as the institution may see their present state: the
#: first of them after a number, up to so many bytes, and the number of all after it.
_STATES_PAGE: Final = """
SELECT p.xid::text, p.id, p.event_id, '' AS type, p.data, p.occurred_at, p.ssin, p.authorization_id,
    p.version, p.fields, p.remaining
FROM (
    SELECT s.*, count(*) OVER () AS remaining,
        sum(octet_length(s.data)) OVER (ORDER BY s.id) - octet_length(s.data) AS bytes_before
    FROM feed.states($1::bpchar[]) s WHERE s.id > $2) AS p
WHERE p.bytes_before < $3
ORDER BY p.id"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the feed: the number of a transaction, and of a row that it wrote."""

    xid: str = "0"
    id: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A bounded piece of the feed for one institution.

    Attributes:
        until: The last place of the piece.
        more: Whether more rows may follow.
        ids: The numbers of the rows, if the institution may not see some types of events; None if the piece
            has all rows up to `until`.
    """

    until: Place
    more: bool
    ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as an institution sees it, with its place and the version of its authorization."""

    place: Place
    event: FeedEvent
    ssin: str | None  #: of its worker
    authorization_id: UUID
    version: int
    text: str

    @classmethod
    def of(cls, row: Record, *, state: bool = False) -> Self:
        """Return the event of a row of the view `feed.events`, or the state of a row of `feed.states`."""
        event = FeedEvent(row["event_id"], row["type"], json.loads(row["data"]), row["occurred_at"])
        event = event.as_state() if state else event
        return cls(
            Place(row["xid"], row["id"]),
            event,
            row["ssin"],
            row["authorization_id"],
            row["version"],
            event.seen_by(row["fields"]),
        )


async def load_epoch(connection: Connection) -> tuple[str, int]:
    """Return the epoch and the horizon, which tell whether a cursor of the feed is valid.

    The epoch is a text that changes when the database is restored to an earlier instant. The horizon is the
    number of the oldest transaction that still runs.
    """
    row = await connection.fetchrow(_EPOCH)
    assert row is not None
    return row["epoch"], int(row["horizon"])


async def load_restore(connection: Connection) -> tuple[str, Place] | None:
    """Return the epoch before the last restore of the database, and the place of the last event in it.

    Return None if there was no restore, or one after which no place of before is valid.
    """
    row = await connection.fetchrow(_RESTORE)
    return None if row is None else (row["previous"], Place(row["xid"], row["id"]))


async def enter(connection: Connection, institution: str) -> None:
    """Give this transaction the context of an institution. Without it the feed has no events."""
    await connection.execute(_ENTER, institution)


async def find_head(connection: Connection | Pool) -> Place:
    """Return the place of the last event that readers may have."""
    row = await connection.fetchrow(_HEAD)
    return Place() if row is None else Place(row["xid"], row["id"])


async def find_piece(connection: Connection, after: Place, most: int) -> Piece | None:
    """Return the next piece of the feed for the institution of `enter`; None at the end of the feed.

    It has at most `most` rows. Rows of types that the institution may not see do not count, and are not read;
    other rows that it may not see count.
    """
    row = await connection.fetchrow(_PIECE_AFTER, after.xid, after.id, most)
    return None if row is None else Piece(Place(row["xid"], row["id"]), row["rows"] == most, row["ids"])


async def load_rows(connection: Connection, after: Place, piece: Piece, limit: int) -> list[Record]:
    """Return the first `limit` rows of a piece that begins after a place, for the institution of `enter`."""
    if piece.ids is not None:
        return await connection.fetch(_NUMBERED, piece.ids, limit) if piece.ids else []
    return await connection.fetch(BETWEEN, after.xid, after.id, piece.until.xid, piece.until.id, limit)


async def load_day(connection: Connection, day: date) -> Record:
    """Return the number of events that occurred on a day, and a digest, for the institution of `enter`.

    The digest is the SHA-256 of the ids in the order of their texts, with a line feed between two of them.
    """
    row = await connection.fetchrow(_DAY, day)
    assert row is not None
    return row


async def load_states_page(
    connection: Connection, workers: list[str], after: int, most_bytes: int
) -> tuple[list[Seen], bool]:
    """Return the states of the periods of these workers, and whether more of them follow.

    The states are those with numbers above `after`, in this order, for the institution of `enter`. Without a
    right to all workers it gets the state of workers with an inscription of today.

    A page ends with the state that reaches `most_bytes`. A period that changes moves to the end, so it may
    come twice and is never skipped.
    """
    rows = await connection.fetch(_STATES_PAGE, workers, after, most_bytes)
    return [Seen.of(row, state=True) for row in rows], bool(rows) and rows[0]["remaining"] > len(rows)
