"""The deletion of old contents: answers that left their folders, and the rows of forms and changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.runtime.database import Connection, Pool, Transaction

_IN_FOLDERS: Final = """
SELECT answer, expeditor, folder, name FROM answers
WHERE written_at IS NOT NULL AND removed_at IS NULL AND answer > $1 ORDER BY answer LIMIT $2"""
_SET_REMOVED: Final = """
UPDATE answers SET removed_at = $2 WHERE answer = ANY($1) AND written_at IS NOT NULL AND removed_at IS NULL"""
#: Files that have ended; all their answers left the folder before this instant.
_BEGIN: Final = """
UPDATE files SET erasure = 'begun' WHERE ticket IN (
    SELECT ticket FROM files f
    WHERE erasure IS NULL AND received_at <= $1 AND state <> 'received' AND final = forms
        AND NOT EXISTS (
            SELECT FROM answers a WHERE a.ticket = f.ticket AND coalesce(a.removed_at > $1, true))
        AND NOT EXISTS (SELECT FROM results r WHERE r.ticket = f.ticket AND r.answer IS NULL)
        AND NOT EXISTS (SELECT FROM queries q WHERE q.ticket = f.ticket AND q.answer IS NULL)
    ORDER BY received_at LIMIT $2)"""
_HELD: Final = "SELECT files.is_held()"
_BEGUN: Final = "SELECT ticket FROM files WHERE erasure = 'begun' ORDER BY ticket LIMIT 1"
_DELETE_FORMS: Final = """
WITH old AS (SELECT number FROM forms WHERE ticket = $1 ORDER BY number LIMIT $2),
gone AS (DELETE FROM results r USING old WHERE r.ticket = $1 AND r.number = old.number)
DELETE FROM forms f USING old WHERE f.ticket = $1 AND f.number = old.number RETURNING f.number"""
_DELETE_PAGES: Final = """
DELETE FROM pages WHERE ticket = $1 AND page IN (
    SELECT page FROM pages WHERE ticket = $1 ORDER BY page LIMIT $2) RETURNING page"""
_END: Final = "UPDATE files SET erasure = 'done' WHERE ticket = $1"
_DELETE_CHANGES: Final = """
DELETE FROM changes WHERE answer IN (
    SELECT c.answer FROM changes c JOIN answers a USING (answer) WHERE a.removed_at <= $1 LIMIT $2)
RETURNING answer"""


@dataclass(frozen=True, slots=True)
class AnswerInFolder:
    """An answer that was written into a folder, and was there at the last look."""

    answer: int
    expeditor: str
    folder: str
    name: str


async def load_in_folders(connection: Connection | Pool, after: int, most: int) -> Sequence[AnswerInFolder]:
    """Return the next answers that were in their folders at the last look, by number."""
    return [AnswerInFolder(**row) for row in await connection.fetch(_IN_FOLDERS, after, most)]


async def store_removed(tx: Transaction, answers: Collection[int]) -> None:
    """Store that answers have left their folders: their expeditor removed them, or they were too old."""
    await tx.connection.execute(_SET_REMOVED, list(answers), tx.now)


async def is_held(tx: Transaction) -> bool:
    """Return whether a hold of an operator keeps the contents of files."""
    held: bool = await tx.connection.fetchval(_HELD)
    return held


async def begin(tx: Transaction, before: datetime, most: int) -> None:
    """Begin to erase the files that have ended and have no answer that was in its folder after an instant."""
    await tx.connection.execute(_BEGIN, before, most)


async def load_begun(tx: Transaction) -> str | None:
    """Return the ticket of a file that is being erased; None if there is none."""
    ticket: str | None = await tx.connection.fetchval(_BEGUN)
    return ticket


async def delete_rows(tx: Transaction, ticket: str, most: int) -> tuple[int, int]:
    """Delete forms of a file with their results, and pages. Return the number of forms and that of pages."""
    forms = await tx.connection.fetch(_DELETE_FORMS, ticket, most)
    return len(forms), len(await tx.connection.fetch(_DELETE_PAGES, ticket, most))


async def end(tx: Transaction, ticket: str) -> None:
    """Store that all rows of a file are deleted."""
    await tx.connection.execute(_END, ticket)


async def delete_changes(tx: Transaction, before: datetime, most: int) -> int:
    """Delete the contents of IDFLUX files that left their folder before an instant. Return their number."""
    return len(await tx.connection.fetch(_DELETE_CHANGES, before, most))
