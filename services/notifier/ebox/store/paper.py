"""Consents to digital documents only, and print jobs for enterprises without one."""

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
    """A document to write as a file; `letter` is JSON."""

    message_id: UUID
    enterprise_number: str
    letter: str
    made_at: datetime


async def consent(tx: Transaction, enterprise_number: str) -> Consent | None:
    """Return the consent in force, if any."""
    row = await tx.connection.fetchrow(_CONSENT, enterprise_number)
    return None if row is None else Consent(**row)


async def agree(tx: Transaction, enterprise_number: str, by: str, level: int, statement: str) -> None:
    """Store a consent. A consent in force stays as it is."""
    await tx.connection.execute(_AGREE, enterprise_number, tx.now, by, level, statement)


async def withdraw(tx: Transaction, enterprise_number: str, by: str) -> None:
    """End the consent in force. New documents go out on paper again."""
    await tx.connection.execute(_WITHDRAW, enterprise_number, tx.now, by)


async def waiting(tx: Transaction, most: int) -> list[PrintJob]:
    """Return up to `most` print jobs without a file, and lock them until the commit."""
    return [PrintJob(**row) for row in await tx.connection.fetch(_WAITING, most)]


async def written(tx: Transaction, files: Sequence[tuple[UUID, str | None]]) -> None:
    """Store the files of print jobs. A job without file has failed."""
    ids, names = ([pair[n] for pair in files] for n in (0, 1))
    await tx.connection.execute(_WRITTEN, ids, names, tx.now)


async def backlog(connection: Connection) -> int:
    """Return the number of documents without a file."""
    return int(await connection.fetchval(_BACKLOG))


async def print_jobs(tx: Transaction, state: str, after: UUID | None, most: int) -> list[Record]:
    """Return print jobs in a state, oldest first, after the job `after`."""
    return await tx.connection.fetch(_LIST, state, after, most)


async def sent(tx: Transaction, message_id: UUID, by: str) -> bool:
    """Mark a printed document as sent. Return whether it existed in the state `written`."""
    return await tx.connection.fetchval(_SENT, message_id, tx.now, by) is not None
