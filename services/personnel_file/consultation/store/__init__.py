"""SQL of searches in the personnel file, and of the audit row of each search."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple

from services.personnel_file.consultation.rules import COUNTED_MOST, Order, Place, Query, Source
from services.personnel_file.consultation.store.rare import load_rare
from services.personnel_file.consultation.store.statements import COUNT, FIND
from shared.runtime.database import Record, Transaction

#: Most rows that a search examines for one page, in two windows. A usual page needs only the first window.
WINDOWS: Final = (250, 1_750)
#: Most rows that a count examines.
COUNT_WINDOW: Final = 20_000
#: Events on a page of the history of a period.
MOST_CHANGES: Final = 200
#: Settings of this transaction. Without these kinds of plans, the planner reads a source in the order of its
#: index. It plans a statement once per connection, because planning takes longer than reading a window. A
#: statement that takes more than 2 seconds, for relations with thousands of periods, ends with 503.
_BEGIN: Final = """
SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('statement_timeout', '2s', true),
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true),
    to_char($1::timestamptz AT TIME ZONE 'Europe/Brussels', 'YYYY"Q"Q') AS quarter"""
_INSTANT: Final = "SELECT platform.now()"
#: If 500 replies wait because the queue of the client is full, the client does not read its queue.
_BEHIND: Final = "SELECT count(*) = 500 FROM (SELECT FROM deliveries WHERE lane = $1 LIMIT 500) AS d"
_NUMBERS: Final = "SELECT in_force FROM former_numbers WHERE ssin = $1"
_MANDATE: Final = """
SELECT EXISTS (
    SELECT FROM access.mandates
    WHERE mandator = $1 AND mandatary = ANY($2::text[]) AND application_group = 'dimona'
        AND begin_quarter <= $3 AND (end_quarter IS NULL OR end_quarter >= $3))"""
_EMPLOYER: Final = """
SELECT enterprise_number::text FROM access.employers WHERE employer_id = $1
UNION ALL SELECT enterprise_number FROM provisional_numbers WHERE provisional_id = $1 LIMIT 1"""
_DAY: Final = """
SELECT registration_id, period_id, start_date, end_date, start_hour, end_hour, canceled
FROM daily_registrations WHERE registration_id = $1"""
_CHANGES: Final = """
SELECT h.event, h.recorded_at, h.version, h.declaration_id, s.channel, s.organization, s.received_at
FROM history h LEFT JOIN settlements s ON s.declaration_id = h.declaration_id
WHERE h.period_id = $1 AND (h.recorded_at, h.version) > ($2::timestamptz, $3::int)
ORDER BY h.recorded_at, h.version LIMIT $4"""
_LOOK: Final = """
INSERT INTO consultations
    (read_at, operation, reader, client_id, employer, worker, criteria, relations, counted, refused, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The employers to which a search is restricted. If `organizations` is None, it is not restricted.

    Otherwise the search finds only the organizations themselves, and the employers that have given a mandate
    to one of the organizations for the quarter.
    """

    quarter: str  #: written 2026Q1
    organizations: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search. `rest` is the place of the next page; None on the last page."""

    rows: Sequence[Record]
    rest: Place | None


@dataclass(frozen=True, slots=True)
class Count:
    """The number of rows of a search, at most `COUNTED_MOST`.

    `whole` is False if there may be more rows, because the count ended after `COUNT_WINDOW` examined rows.
    """

    rows: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The audit row of one access to the personnel file: a search, a reading, or a refused request."""

    operation: str
    reader: str
    client_id: str | None = None
    employer: str | None = None
    worker: str | None = None  #: keyed code of a NISS
    criteria: Collection[str] = ()
    relations: Collection[int] = ()
    counted: bool = False
    refused: str | None = None
    reason: str | None = None  #: that the reader typed


@dataclass(frozen=True, slots=True)
class Day:
    """A daily registration."""

    registration_id: int
    period_id: int
    start_date: date
    end_date: date
    start_hour: time
    end_hour: time | None
    canceled: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a period, with the channel and sender of its declaration, as far as they are known."""

    event: Mapping[str, Any]
    recorded_at: datetime
    version: int  #: of the relation
    declaration_id: int | None  #: None where registers or agents caused it
    channel: str | None
    organization: str | None  #: enterprise number of the sender
    received_at: datetime | None


class Moment(NamedTuple):
    """A place in the history of a period: after the event with this instant and version."""

    recorded_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of the history of a period. `rest` is the place of the next page; None on the last page."""

    changes: Sequence[Change]
    rest: Moment | None


async def begin(tx: Transaction) -> str:
    """Set options of the query planner and the time limit for this transaction.

    Return the quarter of the transaction in Belgium, as 2026Q1.
    """
    row = await tx.connection.fetchrow(_BEGIN, tx.now)
    assert row is not None
    return str(row["quarter"])


async def load_instant(tx: Transaction) -> datetime:
    """Return the present instant of the database, for a transaction that has no instant yet."""
    instant: datetime = await tx.connection.fetchval(_INSTANT)
    return instant


async def is_behind(tx: Transaction, lane: str) -> bool:
    """Return whether at least 500 replies wait in this lane.

    So many replies wait only for a client with a full queue, which the client does not read.
    """
    behind: bool = await tx.connection.fetchval(_BEHIND, lane)
    return behind


async def load_numbers(tx: Transaction, ssin: str) -> tuple[str, ...]:
    """Return this NISS, followed by the NISS in force if another one has replaced it."""
    in_force: str | None = await tx.connection.fetchval(_NUMBERS, ssin)
    return (ssin,) if in_force is None else (ssin, in_force)


async def load_employer(tx: Transaction, employer_id: int) -> str | None:
    """Return the enterprise number of the employer with this definitive or provisional number, or None."""
    number: str | None = await tx.connection.fetchval(_EMPLOYER, employer_id)
    return number


async def has_mandate(tx: Transaction, employer: str, organizations: Collection[str], quarter: str) -> bool:
    """Return whether one of these organizations has a mandate of the employer in this quarter."""
    found: bool = await tx.connection.fetchval(_MANDATE, employer, list(organizations), quarter)
    return found


async def search(tx: Transaction, query: Query, scope: Scope) -> Found:
    """Return a page of a search: at most `query.size` rows that the scope contains.

    A search examines a limited number of rows for each page. So a page with fewer rows, or without rows, is
    the last page only if `rest` is None. Call `begin` before in the transaction.
    """
    source, value = await _source(tx, query)
    statement = FIND[query.level, source, query.order]
    rows: list[Record] = []
    place = query.first
    # The other sources sort all their rows for each window.
    for window in WINDOWS if source is Source.EMPLOYER else (sum(WINDOWS),):
        examined = await tx.connection.fetch(
            statement, *_values(query, value, place, window, query.size + 1 - len(rows), scope)
        )
        first = examined[0]  # a row without a match says how far the window went
        rows += [row for row in examined if row[f"{query.level}_id"] is not None]
        if len(rows) > query.size:
            return Found(rows[: query.size], _place(query, rows[query.size - 1]))
        if first["examined"] < window or query.ends_before(first["edge_day"]):
            return Found(rows, None)
        place = Place(first["edge_day"], first["edge_number"])
    return Found(rows, place)


async def count(tx: Transaction, query: Query, scope: Scope) -> Count:
    """Return the number of rows on all pages of a search. Call `begin` before in the transaction."""
    source, value = await _source(tx, query)
    ordered = replace(query, order=Order.NUMBER)
    row = await tx.connection.fetchrow(
        COUNT[query.level, source],
        *_values(ordered, value, Place.before_all(Order.NUMBER), COUNT_WINDOW, COUNTED_MOST, scope),
    )
    assert row is not None
    return Count(row["found"], row["found"] == COUNTED_MOST or row["examined"] < COUNT_WINDOW)


async def load_day(tx: Transaction, registration_id: int) -> Day | None:
    """Return the daily registration with this number; None if there is none."""
    row = await tx.connection.fetchrow(_DAY, registration_id)
    return None if row is None else Day(**row)


async def load_changes(tx: Transaction, period_id: int, after: Moment) -> Changes:
    """Return a page of events of a period and of its daily registrations after a moment, oldest first.

    Events before the period was moved to another relation of its worker are included.
    """
    rows = await tx.connection.fetch(_CHANGES, period_id, *after, MOST_CHANGES + 1)
    found = [Change(**{**row, "event": json.loads(row["event"])}) for row in rows[:MOST_CHANGES]]
    if len(rows) <= MOST_CHANGES:
        return Changes(found, None)
    return Changes(found, Moment(found[-1].recorded_at, found[-1].version))


async def store_look(tx: Transaction, look: Look) -> None:
    """Store the audit row of a search."""
    await tx.connection.execute(
        _LOOK, tx.now, look.operation, look.reader, look.client_id, look.employer, look.worker,
        sorted(look.criteria), sorted(set(look.relations)), look.counted, look.refused,
        look.reason,
    )  # fmt: skip


async def _source(tx: Transaction, query: Query) -> tuple[Source, Any]:
    criteria, source = query.criteria, query.source
    assert source is not None, "a search names a number, a worker or an employer"
    if source is Source.EMPLOYER and (numbers := await load_rare(tx, query)) is not None:
        return Source.RARE, numbers
    values: Mapping[Source, Any] = {
        Source.NUMBER: getattr(criteria, query.level),
        Source.FILE: [criteria.employer, *(criteria.worker or ())],
        Source.WORKER: criteria.worker,
        Source.EMPLOYER: criteria.employer,
    }
    return source, values[source]


def _values(query: Query, value: Any, place: Place, window: int, most: int, scope: Scope) -> list[Any]:
    given = json.dumps(query.criteria.given(), default=str)
    organizations = None if scope.organizations is None else list(scope.organizations)
    return [given, value, place.day, place.number, window, most, organizations, scope.quarter]


def _place(query: Query, row: Record) -> Place:
    return Place(row["start_date"], row[f"{query.level}_id"])
