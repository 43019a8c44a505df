"""The storage of consents to digital documents only, and of print jobs of enterprises without consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.runtime.database import Connection, Record, Transaction

_CONSENT: Final = """
SELECT agreed_at, agreed_by, level, statement FROM consents
WHERE enterprise_number = $1 AND withdrawn_at IS NULL"""
_AGREE: Final = """
INSERT INTO consents (enterprise_number, agreed_at, agreed_by, level, statement)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (enterprise_number) WHERE withdrawn_at IS NULL DO NOTHING"""
_WITHDRAW: Final = """
UPDATE consents SET withdrawn_at = $2, withdrawn_by = $3
WHERE enterprise_number = $1 AND withdrawn_at IS NULL"""
_WAITING: Final = """
SELECT p.message_id, m.enterprise_number, m.letter, p.made_at
FROM print_jobs p JOIN messages m USING (message_id)
WHERE p.state = 'waiting' AND m.letter IS NOT NULL
ORDER BY p.made_at LIMIT $1 FOR UPDATE OF p SKIP LOCKED"""
#: A job without file could not be rendered.
_WRITTEN: Final = """
UPDATE print_jobs p SET state = CASE WHEN n.file IS NULL THEN 'failed' ELSE 'written' END,
    file = n.file, changed_at = $3
FROM unnest($1::uuid[], $2::text[]) AS n (message_id, file) WHERE p.message_id = n.message_id"""
_BACKLOG: Final = "SELECT count(*) FROM print_jobs WHERE state = 'waiting'"
_LIST: Final = """
SELECT message_id, state, file, made_at, changed_at FROM print_jobs
WHERE state = $1 AND ($2::uuid IS NULL OR (made_at, message_id) >
    (SELECT made_at, message_id FROM print_jobs WHERE message_id = $2))
ORDER BY made_at, message_id LIMIT $3"""
_SENT: Final = """
UPDATE print_jobs SET state = 'sent', changed_at = $2, sent_by = $3
WHERE message_id = $1 AND state = 'written' RETURNING 1"""


@dataclass(frozen=True, slots=True)
class Consent:
    """The proof that a person agreed, for an enterprise, to digital documents only."""

    agreed_at: datetime
    agreed_by: str
    level: int
    statement: str


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A print job that waits: a letter (JSON) to write as a file for printing."""

    message_id: UUID
    enterprise_number: str
    letter: str
    made_at: datetime


async def consent(tx: Transaction, enterprise_number: str) -> Consent | None:
    """Return the consent of an enterprise that is in force; None if there is none."""
    row = await tx.connection.fetchrow(_CONSENT, enterprise_number)
    return None if row is None else Consent(**row)


async def agree(tx: Transaction, enterprise_number: str, by: str, level: int, statement: str) -> None:
    """Store a consent of an enterprise. If one is in force, it stays and nothing is stored."""
    await tx.connection.execute(_AGREE, enterprise_number, tx.now, by, level, statement)


async def withdraw(tx: Transaction, enterprise_number: str, by: str) -> None:
    """End the consent of an enterprise that is in force; new documents become print jobs again."""
    await tx.connection.execute(_WITHDRAW, enterprise_number, tx.now, by)


async def waiting(tx: Transaction, most: int) -> list[PrintJob]:
    """Lock up to `most` print jobs in the state `waiting` until the commit and return them, the oldest first.

    Print jobs that another transaction has locked are left out.
    """
    return [PrintJob(**row) for row in await tx.connection.fetch(_WAITING, most)]


async def written(tx: Transaction, files: Sequence[tuple[UUID, str | None]]) -> None:
    """Store the file of each print job, by message id. A print job with None instead of a file has failed."""
    ids, names = ([pair[n] for pair in files] for n in (0, 1))
    await tx.connection.execute(_WRITTEN, ids, names, tx.now)


async def backlog(connection: Connection) -> int:
    """Return the number of print jobs in the state `waiting`; their files are not written yet."""
    return int(await connection.fetchval(_BACKLOG))


async def print_jobs(tx: Transaction, state: str, after: UUID | None, most: int) -> list[Record]:
    """Return up to `most` print jobs in a state, the oldest first.

    `after` is the message id of the last print job on the page before; None for the first page.
    """
    return await tx.connection.fetch(_LIST, state, after, most)


async def sent(tx: Transaction, message_id: UUID, by: str) -> bool:
    """Mark a print job as sent. Return False if no print job of this message is in the state `written`."""
    return await tx.connection.fetchval(_SENT, message_id, tx.now, by) is not None
