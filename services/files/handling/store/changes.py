"""IDFLUX files: the expeditors that get one, and their contents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from shared.runtime.database import Connection, Pool, Transaction

#: Of the employer itself, and of the mandataries with a mandate of it in the present quarter.
_EXPEDITORS: Final = """
WITH now AS (SELECT to_char($2::timestamptz AT TIME ZONE 'Europe/Brussels', 'YYYY"Q"Q') AS quarter)
SELECT k.employer, e.expeditor
FROM now, unnest($1::text[]) AS k (employer), expeditors e JOIN access.clients c USING (client_id)
WHERE e.blocked_at IS NULL AND (c.organization = k.employer OR EXISTS (
    SELECT FROM access.mandates m
    WHERE m.mandator = k.employer AND m.mandatary = c.organization AND m.application_group = 'dimona'
        AND m.begin_quarter <= quarter AND (m.end_quarter IS NULL OR m.end_quarter >= quarter)))
ORDER BY 1, 2"""
_NUMBERS: Final = "SELECT nextval('answer_numbers') AS number FROM generate_series(1, $1)"
_ADD: Final = """
WITH files AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[])
    AS k (answer, expeditor, name, content)),
added AS (
    INSERT INTO answers (answer, expeditor, name, kind, folder, decided_at)
    SELECT answer, expeditor, name, $5, $6, $7 FROM files)
INSERT INTO changes (answer, content) SELECT answer, content FROM files"""
_CONTENT: Final = "SELECT content FROM changes WHERE answer = $1"


@dataclass(frozen=True, slots=True)
class ChangeFile:
    """A file with a change, for one expeditor."""

    answer: int
    expeditor: str
    name: str
    content: bytes


async def load_expeditors_for(tx: Transaction, employers: Collection[str]) -> Sequence[tuple[str, str]]:
    """Return pairs of employer and expeditor: those that may declare for one of these enterprise numbers."""
    rows = await tx.connection.fetch(_EXPEDITORS, list(set(employers)), tx.now)
    return [(row["employer"], row["expeditor"]) for row in rows]


async def take_answer_numbers(tx: Transaction, count: int) -> Sequence[int]:
    """Return numbers for new answers."""
    return [row["number"] for row in await tx.connection.fetch(_NUMBERS, count)]


async def add_changes(tx: Transaction, files: Sequence[ChangeFile], kind: str, folder: str) -> None:
    """Store that files are to be written into a folder of their expeditors."""
    await tx.connection.execute(
        _ADD,
        [each.answer for each in files],
        [each.expeditor for each in files],
        [each.name for each in files],
        [each.content for each in files],
        kind,
        folder,
        tx.now,
    )


async def load_change(connection: Connection | Pool, answer: int) -> bytes:
    """Return the content of an IDFLUX file."""
    content: bytes = await connection.fetchval(_CONTENT, answer)
    return content
