"""The tables of queries and of the pages of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.persons import EmployerNumbers
from shared.runtime.database import Connection, Pool, Transaction

_ADD: Final = """
INSERT INTO queries (ticket, client_id, request, asked_at)
SELECT ticket, client_id, $2, $3 FROM files WHERE ticket = $1"""
_OPEN: Final = """
q.ticket, q.client_id, q.request, q.asked AS page, q.attempts, q.after, q.periods,
f.name, f.expeditor, f.environment, f.received_at, f.channel"""
#: One page of each client at one time, of its oldest query. The client that was asked for least recently
#: comes first, so that many short queries of one client do not delay those of others. A page that has not
#: come after ten minutes, as after a restored backup, is asked for again.
_ASK: Final = f"""
WITH open AS (
    SELECT client_id FROM queries
    WHERE answer IS NULL AND asked > found AND asked_at > $2::timestamptz - interval '10 minutes'),
turns AS (
    SELECT DISTINCT ON (client_id) ticket, client_id, asked_at FROM queries
    WHERE answer IS NULL AND client_id NOT IN (SELECT client_id FROM open)
    ORDER BY client_id, ticket),
next AS (
    SELECT ticket, asked_at FROM turns t
    ORDER BY (SELECT max(asked_at) FROM queries WHERE client_id = t.client_id AND asked > 0)
        NULLS FIRST, ticket
    LIMIT greatest(0, $1 - (SELECT count(*) FROM open)))
UPDATE queries q SET asked = found + 1, asked_at = $2,
    attempts = CASE WHEN asked > found THEN attempts + 1 ELSE 1 END
FROM next n JOIN files f USING (ticket)
WHERE q.ticket = n.ticket AND q.answer IS NULL AND q.asked_at = n.asked_at
RETURNING {_OPEN}"""  # noqa: S608 - our own names
#: Only the page that was asked for last, so that a repeat has no effect.
_LOCK: Final = f"""
SELECT {_OPEN} FROM queries q JOIN files f USING (ticket)
WHERE q.ticket = $1 AND q.asked = $2 AND q.found < $2 AND q.answer IS NULL FOR UPDATE OF q"""  # noqa: S608
_ADD_PAGE: Final = """
WITH page AS (INSERT INTO pages (ticket, page, periods) VALUES ($1, $2, $3))
UPDATE queries SET found = $2, periods = periods + $4, after = $5, employer_id = $6, enterprise_number = $7
WHERE ticket = $1"""
_END: Final = "UPDATE queries SET answer = $2, result = $3, refusal = $4, found = asked WHERE ticket = $1"
_DROP_PAGES: Final = "DELETE FROM pages WHERE ticket = $1"
_ENDED: Final = """
SELECT request, employer_id, enterprise_number, result FROM queries WHERE answer = $1"""
_PAGES: Final = """
SELECT p.periods FROM pages p JOIN queries q USING (ticket) WHERE q.answer = $1 ORDER BY p.page"""


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A query that waits for a page, with the facts of its file."""

    ticket: str
    client_id: str
    request: str  #: as JSON
    page: int  #: the number of the page that it waits for
    attempts: int  #: how often this page was asked for
    after: int  #: the number of the period after which this page begins
    periods: int  #: on the pages before
    name: str
    expeditor: str
    environment: str
    received_at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the answer: its periods as XML, their number, and the number after which the next begins."""

    number: int
    periods: bytes
    count: int
    after: int
    employer: EmployerNumbers


@dataclass(frozen=True, slots=True)
class EndedQuery:
    """A query with its answer: the request as JSON, the employer, and the code of the result."""

    request: str
    employer: EmployerNumbers
    result: int


async def add_query(tx: Transaction, ticket: str, request: str) -> None:
    """Store the query of a file."""
    await tx.connection.execute(_ADD, ticket, request, tx.now)


async def ask(tx: Transaction, most: int) -> Sequence[OpenQuery]:
    """Mark the next pages as asked for, and return their queries.

    At most `most` pages are open at one time; those that were asked for long ago do not count.
    """
    return [OpenQuery(**row) for row in await tx.connection.fetch(_ASK, most, tx.now)]


async def lock_open(tx: Transaction, ticket: str, page: int) -> OpenQuery | None:
    """Lock and return the query that waits for this page; None if it does not wait for it."""
    row = await tx.connection.fetchrow(_LOCK, ticket, page)
    return None if row is None else OpenQuery(**row)


async def add_page(tx: Transaction, ticket: str, page: Page) -> None:
    """Store a page of the answer to a query."""
    employer = page.employer
    await tx.connection.execute(
        _ADD_PAGE, ticket, page.number, page.periods, page.count, page.after,
        employer.employer_id, employer.enterprise_number,
    )  # fmt: skip


async def end_query(
    tx: Transaction, ticket: str, answer: int, *, result: int | None = None, refusal: bytes | None = None
) -> None:
    """Store the answer that ends a query: the code of its result, or the notification of its refusal."""
    await tx.connection.execute(_END, ticket, answer, result, refusal)


async def drop_pages(tx: Transaction, ticket: str) -> None:
    """Delete the pages of a query, because its periods are too many."""
    await tx.connection.execute(_DROP_PAGES, ticket)


async def load_ended(connection: Connection | Pool, answer: int) -> EndedQuery:
    """Return the query that an answer ends."""
    row = await connection.fetchrow(_ENDED, answer)
    assert row is not None, "each PFANS answers a query"
    employer = EmployerNumbers(enterprise_number=row["enterprise_number"], employer_id=row["employer_id"])
    return EndedQuery(row["request"], employer, row["result"])


async def load_pages(connection: Connection | Pool, answer: int) -> Sequence[bytes]:
    """Return the pages of an answer, in their order."""
    return [row["periods"] for row in await connection.fetch(_PAGES, answer)]
