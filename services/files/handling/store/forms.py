"""The tables of forms and results: storing and submitting forms, and recording their notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.files.handling.rules import Progress
from shared.runtime.database import Connection, Pool, Transaction

_UNFINISHED: Final = """
SELECT ticket, expeditor, forms, stored, received_at, content_lost FROM files
WHERE state = 'accepted' AND submitted < forms AND final < forms ORDER BY received_at, ticket"""
#: Only after the forms that are stored, so that two processes store no form twice. A form that is read again
#: may have its row.
_ADD_FORMS: Final = """
WITH moved AS (
    UPDATE files SET stored = stored + cardinality($3::text[]) WHERE ticket = $1 AND stored = $2
    RETURNING ticket)
INSERT INTO forms (ticket, number, form)
SELECT ticket, $2 + n, f FROM moved, unnest($3::text[]) WITH ORDINALITY AS k (f, n)
ON CONFLICT (ticket, number) DO NOTHING"""
_PROGRESS: Final = """
SELECT ticket, expeditor, client_id, least(forms, stored) AS forms, submitted, answered FROM files
WHERE state IN ('accepted', 'canceled') AND final < forms ORDER BY received_at, ticket"""
#: The row is locked first, so that a file that is canceled meanwhile submits nothing more, and so that the
#: next statement sees all forms that are counted as stored.
_LOCK: Final = """
SELECT submitted, least(forms, stored) AS ready FROM files WHERE ticket = $1 FOR NO KEY UPDATE"""
_NEXT: Final = """
SELECT ticket, number, form, name, expeditor, received_at, channel FROM forms JOIN files USING (ticket)
WHERE ticket = $1 AND number > $2 AND number <= $3 ORDER BY number"""
#: Behind a form without a row, nothing counts as stored.
_MOVE: Final = """
UPDATE files SET submitted = $2, submitted_at = $4, stored = CASE WHEN $3 THEN $2 ELSE stored END
WHERE ticket = $1"""
#: Forms that were submitted and have no result for long. Their places are few, and so are these forms.
_UNANSWERED: Final = """
WITH silent AS (
    SELECT ticket FROM files
    WHERE state IN ('accepted', 'canceled') AND final < forms AND submitted > answered
        AND submitted_at < $1::timestamptz - interval '10 minutes'
    ORDER BY received_at LIMIT 10 FOR NO KEY UPDATE SKIP LOCKED),
touched AS (UPDATE files f SET submitted_at = $1 FROM silent s WHERE f.ticket = s.ticket)
SELECT ticket, number, form, client_id, name, expeditor, received_at, channel
FROM silent JOIN forms o USING (ticket) JOIN files f USING (ticket)
WHERE number <= submitted
    AND NOT EXISTS (SELECT FROM results r WHERE r.ticket = o.ticket AND r.number = o.number)
ORDER BY ticket, number LIMIT 200"""
_FORMS: Final = """
SELECT ticket, number, form, name, expeditor, received_at, channel
FROM unnest($1::text[], $2::int[]) AS k (ticket, number)
JOIN forms USING (ticket, number) JOIN files USING (ticket)"""
_REPLACE_LOST: Final = """
INSERT INTO forms (ticket, number, form)
SELECT ticket, $2::int, $3::text FROM files WHERE ticket = $1 AND submitted >= $2 AND erasure IS NULL
ON CONFLICT DO NOTHING"""
#: A provisional result after the final one is dropped. A lost one may be counted already.
_RECORD: Final = """
WITH saved AS (
    INSERT INTO results (ticket, number, final, notification, recorded_at)
    SELECT t, n, f, x, $5 FROM unnest($1::text[], $2::int[], $3::boolean[], $4::bytea[]) AS k (t, n, f, x)
    WHERE f OR NOT EXISTS (SELECT FROM results r WHERE r.ticket = t AND r.number = n AND r.final)
    ON CONFLICT DO NOTHING RETURNING ticket, number, final),
firsts AS (
    SELECT s.ticket, s.final FROM saved s
    WHERE NOT EXISTS (SELECT FROM results r WHERE r.ticket = s.ticket AND r.number = s.number)
      AND NOT (s.final AND EXISTS (
          SELECT FROM saved p WHERE p.ticket = s.ticket AND p.number = s.number AND NOT p.final))),
counts AS (
    SELECT ticket, (SELECT count(*) FROM firsts f WHERE f.ticket = s.ticket) AS answered,
        count(*) FILTER (WHERE s.final) AS final FROM saved s GROUP BY ticket)
UPDATE files f SET answered = least(f.submitted, f.answered + c.answered), final = f.final + c.final
FROM counts c WHERE f.ticket = c.ticket"""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An accepted file with forms that are not submitted yet, and perhaps not stored."""

    ticket: str
    expeditor: str
    forms: int
    stored: int
    received_at: datetime
    content_lost: bool = False  #: as it is stored


@dataclass(frozen=True, slots=True)
class StoredForm:
    """A form as the reader found it, as JSON, with the facts of its file."""

    ticket: str
    number: int
    form: str
    name: str
    expeditor: str
    received_at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class FormResult:
    """The notification of a form, as XML."""

    ticket: str
    number: int
    final: bool
    notification: bytes


async def load_unfinished(connection: Connection | Pool) -> Sequence[Unfinished]:
    """Return the accepted files with forms that are not submitted yet, the oldest first."""
    return [Unfinished(**row) for row in await connection.fetch(_UNFINISHED)]


async def add_forms(tx: Transaction, ticket: str, stored: int, forms: Sequence[str]) -> None:
    """Store the next forms of a file, of which `stored` are stored. A form keeps the row that it has."""
    await tx.connection.execute(_ADD_FORMS, ticket, stored, list(forms))


async def load_progress(tx: Transaction) -> Sequence[Progress]:
    """Return the accepted files with forms that have no final result, the oldest first.

    As forms count those that are stored.
    """
    return [Progress(**row) for row in await tx.connection.fetch(_PROGRESS)]


async def submit(tx: Transaction, ticket: str, count: int) -> Sequence[StoredForm]:
    """Mark the next forms of a file as submitted, and return them; none if the file was canceled.

    A form may have lost its row, for example in a restore. The forms before it are submitted. It then counts
    as not stored, with all behind it, so that they are read again.
    """
    file = await tx.connection.fetchrow(_LOCK, ticket)
    assert file is not None, "no file is deleted"
    first, last = file["submitted"], min(file["submitted"] + count, file["ready"])
    rows = await tx.connection.fetch(_NEXT, ticket, first, last)
    forms = [StoredForm(**row) for number, row in enumerate(rows, first + 1) if row["number"] == number]
    end = first + len(forms)
    await tx.connection.execute(_MOVE, ticket, end, end < last, tx.now)
    return forms


async def load_unanswered(tx: Transaction) -> Sequence[tuple[str, StoredForm]]:
    """Return forms without any result for ten minutes, each with its client. They count as submitted now."""
    rows = [dict(row) for row in await tx.connection.fetch(_UNANSWERED, tx.now)]
    return [(row.pop("client_id"), StoredForm(**row)) for row in rows]


async def load_forms(tx: Transaction, keys: Sequence[tuple[str, int]]) -> Sequence[StoredForm]:
    """Return forms by ticket and number; a form that was deleted is absent."""
    tickets, numbers = [ticket for ticket, _ in keys], [number for _, number in keys]
    return [StoredForm(**row) for row in await tx.connection.fetch(_FORMS, tickets, numbers)]


async def replace_lost(tx: Transaction, ticket: str, number: int, form: str) -> None:
    """Store a form in place of one that was submitted and has lost its row; do nothing for another one."""
    await tx.connection.execute(_REPLACE_LOST, ticket, number, form)


async def record(tx: Transaction, results: Sequence[FormResult]) -> None:
    """Store the notifications of forms, each once, and count them in their files."""
    if results:
        await tx.connection.execute(
            _RECORD,
            [one.ticket for one in results],
            [one.number for one in results],
            [one.final for one in results],
            [one.notification for one in results],
            tx.now,
        )
