"""The tables of forms and results: storing and submitting forms, and recording their notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.files.handling.rules import Progress
from shared.runtime.database import Connection, Pool, Transaction

_PARTLY: Final = """
SELECT ticket, expeditor, stored, received_at FROM files
WHERE state = 'accepted' AND stored < forms ORDER BY received_at, ticket"""
#: Only after the forms that are stored, so that two processes store no form twice.
_ADD_FORMS: Final = """
WITH moved AS (
    UPDATE files SET stored = stored + cardinality($3::text[]) WHERE ticket = $1 AND stored = $2
    RETURNING ticket)
INSERT INTO forms (ticket, number, form)
SELECT ticket, $2 + n, f FROM moved, unnest($3::text[]) WITH ORDINALITY AS k (f, n)"""
_PROGRESS: Final = """
SELECT ticket, expeditor, client_id, least(forms, stored) AS forms, submitted, answered FROM files
WHERE state IN ('accepted', 'canceled') AND final < forms ORDER BY received_at, ticket"""
#: The row is locked first, so that a file that is canceled meanwhile submits nothing more.
_SUBMIT: Final = """
WITH moved AS (
    UPDATE files SET submitted = submitted + $2 WHERE ticket = $1 AND submitted + $2 <= least(forms, stored)
    RETURNING ticket, submitted, name, expeditor, received_at, channel)
SELECT ticket, number, form, name, expeditor, received_at, channel
FROM moved JOIN forms USING (ticket)
WHERE number > submitted - $2 AND number <= submitted ORDER BY number"""
_FORMS: Final = """
SELECT ticket, number, form, name, expeditor, received_at, channel
FROM unnest($1::text[], $2::int[]) AS k (ticket, number)
JOIN forms USING (ticket, number) JOIN files USING (ticket)"""
#: A provisional result after the final one is dropped.
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
UPDATE files f SET answered = f.answered + c.answered, final = f.final + c.final
FROM counts c WHERE f.ticket = c.ticket"""


@dataclass(frozen=True, slots=True)
class PartlyStored:
    """An accepted file with forms that are not stored yet."""

    ticket: str
    expeditor: str
    stored: int
    received_at: datetime


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


async def load_partly_stored(connection: Connection | Pool) -> Sequence[PartlyStored]:
    """Return the accepted files with forms that are not stored yet, the oldest first."""
    return [PartlyStored(**row) for row in await connection.fetch(_PARTLY)]


async def add_forms(tx: Transaction, ticket: str, stored: int, forms: Sequence[str]) -> None:
    """Store the next forms of a file, of which `stored` are stored."""
    await tx.connection.execute(_ADD_FORMS, ticket, stored, list(forms))


async def load_progress(tx: Transaction) -> Sequence[Progress]:
    """Return the accepted files with forms that have no final result, the oldest first.

    As forms count those that are stored.
    """
    return [Progress(**row) for row in await tx.connection.fetch(_PROGRESS)]


async def submit(tx: Transaction, ticket: str, count: int) -> Sequence[StoredForm]:
    """Mark the next forms of a file as submitted, and return them; none if the file was canceled."""
    return [StoredForm(**row) for row in await tx.connection.fetch(_SUBMIT, ticket, count)]


async def load_forms(tx: Transaction, keys: Sequence[tuple[str, int]]) -> Sequence[StoredForm]:
    """Return forms by ticket and number; a form that was deleted is absent."""
    tickets, numbers = [ticket for ticket, _ in keys], [number for _, number in keys]
    return [StoredForm(**row) for row in await tx.connection.fetch(_FORMS, tickets, numbers)]


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
