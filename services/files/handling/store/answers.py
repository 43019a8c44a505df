"""The table of answers: the files to write for expeditors, and the results that they contain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.runtime.database import Connection, Pool, Transaction

#: Not of a canceled file: its forms do not count any more, as an acknowledgement would say.
_AGAIN: Final = """
UPDATE answers SET written_at = NULL, removed_at = NULL WHERE ticket = $1 AND kind = 'ACRF'
    AND NOT EXISTS (SELECT FROM files f WHERE f.ticket = $1 AND f.state = 'canceled')"""
#: All results are there, or the oldest has waited long enough. The lock prevents two equal answers.
_DUE: Final = """
SELECT f.ticket, f.expeditor, f.environment FROM (
    SELECT ticket, min(recorded_at) AS oldest FROM results WHERE answer IS NULL GROUP BY ticket) AS r
JOIN files f USING (ticket)
WHERE f.final = f.forms OR r.oldest <= $1::timestamptz - make_interval(secs => $2::float)
ORDER BY f.ticket LIMIT 100 FOR UPDATE OF f SKIP LOCKED"""
_ANSWER: Final = "SELECT nextval('answer_numbers')"
_ADD_ANSWER: Final = """
INSERT INTO answers (answer, ticket, expeditor, name, kind, folder, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
#: At least one, also if it alone has more bytes.
_GATHER: Final = """
UPDATE results r SET answer = $2 FROM (
    SELECT ticket, number, final,
        coalesce(sum(octet_length(notification)) OVER before, 0) AS bytes_before
    FROM (SELECT * FROM results WHERE ticket = $1 AND answer IS NULL ORDER BY number, final LIMIT $3) AS n
    WINDOW before AS (ORDER BY number, final ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS k
WHERE (r.ticket, r.number, r.final) = (k.ticket, k.number, k.final) AND k.bytes_before < $4"""
ANSWER_COLUMNS: Final = """
a.answer, coalesce(ticket, '') AS ticket, a.expeditor, a.name, a.kind, a.folder, a.decided_at,
coalesce(f.name, '') AS file_name, coalesce(f.errors, '{}') AS errors"""
_UNWRITTEN: Final = f"""
SELECT {ANSWER_COLUMNS} FROM answers a LEFT JOIN files f USING (ticket)
WHERE a.written_at IS NULL AND (a.kind = 'ACRF' OR a.expeditor <> ALL($1)) AND a.answer <> ALL($2::bigint[])
ORDER BY a.kind <> 'ACRF',
    row_number() OVER (PARTITION BY a.kind <> 'ACRF', a.expeditor ORDER BY a.answer), a.answer
LIMIT 20"""  # noqa: S608 - our own names
_WRITTEN: Final = "UPDATE answers SET written_at = $2 WHERE answer = $1"
#: Of the forms of a file, or of the query in it.
_NOTIFICATIONS: Final = """
SELECT notification FROM (
    SELECT number, final, notification FROM results WHERE answer = $1
    UNION ALL SELECT 1, true, refusal FROM queries WHERE answer = $1) AS n
ORDER BY number, final"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A file to write into the folder of an expeditor."""

    answer: int
    ticket: str  #: of the file that it answers; empty for a change, which answers none
    expeditor: str
    name: str
    kind: str
    folder: str
    decided_at: datetime
    file_name: str  #: of the file that it answers
    errors: Sequence[str]  #: official codes, if that file was refused


async def acknowledge_again(tx: Transaction, ticket: str) -> None:
    """Let the acknowledgement of a file be written again, under its name; not if the file was canceled."""
    await tx.connection.execute(_AGAIN, ticket)


async def lock_due(tx: Transaction, seconds: float) -> Sequence[tuple[str, str, str]]:
    """Lock the files with results to write. Return ticket, expeditor and environment of each.

    These are files with all results, and files with a result older than `seconds`. Files that another process
    has locked are left to it.
    """
    return [tuple(row) for row in await tx.connection.fetch(_DUE, tx.now, seconds)]


async def take_answer_number(tx: Transaction) -> int:
    """Return a number for a new answer."""
    number: int = await tx.connection.fetchval(_ANSWER)
    return number


async def add_answer(
    tx: Transaction, answer: int, ticket: str, expeditor: str, name: str, kind: str, folder: str
) -> None:
    """Store that a file is to be written into a folder of an expeditor."""
    await tx.connection.execute(_ADD_ANSWER, answer, ticket, expeditor, name, kind, folder, tx.now)


async def gather(tx: Transaction, ticket: str, answer: int, most: int, most_bytes: int) -> None:
    """Choose the results of a file that an answer will contain, in the order of their forms.

    Args:
        tx: The transaction.
        ticket: The ticket of the file.
        answer: The number of the answer.
        most: The most results.
        most_bytes: The bytes of all results but the last one are fewer.
    """
    await tx.connection.execute(_GATHER, ticket, answer, most, most_bytes)


async def load_unwritten(
    connection: Connection | Pool, full: Collection[str], postponed: Collection[int] = ()
) -> Sequence[Answer]:
    """Return answers that are not written yet: acknowledgements first, and in turns of their expeditors.

    Expeditors with `full` folders get acknowledgements only. The answers with the numbers `postponed`
    are absent.
    """
    return [Answer(**row) for row in await connection.fetch(_UNWRITTEN, list(full), list(postponed))]


async def load_notifications(connection: Connection | Pool, answer: int) -> Sequence[bytes]:
    """Return the notifications of an answer, in the order of their forms."""
    return [row["notification"] for row in await connection.fetch(_NOTIFICATIONS, answer)]


async def store_written(tx: Transaction, answer: int) -> None:
    """Store that an answer is written."""
    await tx.connection.execute(_WRITTEN, answer, tx.now)
