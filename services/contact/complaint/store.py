"""Complainants, and the letters to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.contact.case.rules import Kind
from services.contact.complaint.rules import Letter, Purpose
from shared.domain.calendar import local_date
from shared.messages import derived_id
from shared.runtime.database import Record, Transaction


@dataclass(frozen=True, slots=True)
class Complainant:
    """A complainant, with the address and language for letters."""

    name: str
    address: str
    email: str | None
    language: str
    service_concerned: str | None = None
    confirmed: bool = False  #: whether the code in the acknowledgement has confirmed the e-mail address


@dataclass(frozen=True, slots=True)
class Overdue:
    """An open complaint with an answer due today or earlier, and without a progress letter."""

    case_id: UUID
    due_on: date
    assigned: bool
    complainant: Complainant


@dataclass(frozen=True, slots=True)
class Written:
    """A stored letter to a complainant that waits to be sent, with channel, name and address."""

    id: UUID
    case_id: UUID
    purpose: Purpose
    channel: str
    language: str
    name: str
    to: str  #: the e-mail address for the channel `email`, the postal address for `mail`
    letter: Letter
    written_at: datetime


_SAVE: Final = """
INSERT INTO complainants (case_id, name, address, email, language, service_concerned, code_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
_CONFIRM: Final = """
UPDATE complainants SET confirmed_at = $3
WHERE case_id = $1 AND code_sha256 = $2 AND confirmed_at IS NULL RETURNING case_id"""
_RECENT: Final = "SELECT count(*) FROM cases WHERE kind <> 'contestation' AND opened_at > $1"
_WRITE: Final = """
INSERT INTO letters (letter_id, case_id, purpose, channel, language, subject, body, written_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING letter_id"""
_ONE: Final = """
SELECT name, address, email, language, service_concerned, confirmed_at IS NOT NULL
FROM complainants WHERE case_id = $1"""
_OVERDUE: Final = """
SELECT case_id, due_on, agent IS NOT NULL AS assigned, name, address, email, language, service_concerned,
    confirmed_at IS NOT NULL
FROM cases c JOIN complainants USING (case_id)
WHERE state = 'open' AND due_on <= $1
  AND NOT EXISTS (SELECT FROM letters l WHERE l.case_id = c.case_id AND l.purpose = 'progress')
ORDER BY due_on LIMIT $2 FOR UPDATE OF c SKIP LOCKED"""
_TO_SEND: Final = """
SELECT letter_id, case_id, purpose, channel, l.language, name, address, email, subject, body, written_at
FROM letters l JOIN complainants USING (case_id) JOIN cases USING (case_id)
WHERE sent_at IS NULL AND kind = ANY($1::text[]) ORDER BY written_at, letter_id LIMIT $2"""
_SENT: Final = """
UPDATE letters l SET sent_at = $2, sent_by = $3 FROM cases c
WHERE letter_id = $1 AND c.case_id = l.case_id AND sent_at IS NULL AND kind = ANY($4::text[])
RETURNING letter_id"""


async def store_complainant(
    tx: Transaction, case_id: UUID, complainant: Complainant, code_sha256: bytes | None
) -> None:
    """Store the complainant of a case, with the digest of the code for the e-mail address.

    `code_sha256` is None if the complainant gave no e-mail address.
    """
    await tx.connection.execute(
        _SAVE, case_id, complainant.name, complainant.address, complainant.email, complainant.language,
        complainant.service_concerned, code_sha256,
    )  # fmt: skip


async def confirm_address(tx: Transaction, case_id: UUID, code_sha256: bytes) -> bool:
    """Confirm the e-mail address of a complainant by the digest of the code.

    Return False if the case is unknown, or the code is wrong or was used before.
    """
    return await tx.connection.fetchval(_CONFIRM, case_id, code_sha256, tx.now) is not None


async def count_recent(tx: Transaction, span: timedelta) -> int:
    """Return the number of complaints, also about personal data, that were opened within the last `span`."""
    return int(await tx.connection.fetchval(_RECENT, tx.now - span))


async def store_letter(
    tx: Transaction, case_id: UUID, purpose: Purpose, complainant: Complainant, words: Letter
) -> bool:
    """Store a letter to a complainant; return False if the case has a letter for this purpose already.

    An acknowledgement goes to the e-mail address, if there is one. The other letters go to this address only
    if it is confirmed, and otherwise by post.

    Args:
        tx: the transaction.
        case_id: the case.
        purpose: the purpose; a case has at most one letter for each.
        complainant: the recipient.
        words: subject and body.
    """
    confirmed = complainant.confirmed or purpose is Purpose.ACKNOWLEDGEMENT
    by_email = complainant.email is not None and confirmed
    written = await tx.connection.fetchval(
        _WRITE, derived_id("letter", case_id, purpose), case_id, purpose,
        "email" if by_email else "mail", complainant.language, words.subject, words.body, tx.now,
    )  # fmt: skip
    return written is not None


async def load_complainant(tx: Transaction, case_id: UUID) -> Complainant | None:
    """Return the complainant of a case; None if the case is unknown or is a contestation."""
    row = await tx.connection.fetchrow(_ONE, case_id)
    return None if row is None else Complainant(*row)


async def lock_overdue(tx: Transaction, limit: int) -> list[Overdue]:
    """Lock and return up to `limit` open complaints without a progress letter, due by today, earliest first.

    Complaints that another transaction has locked are left out.
    """
    rows = await tx.connection.fetch(_OVERDUE, local_date(tx.now), limit)
    return [Overdue(r["case_id"], r["due_on"], r["assigned"], Complainant(*tuple(r)[3:])) for r in rows]


async def load_unsent(tx: Transaction, kinds: Collection[Kind], limit: int) -> list[Written]:
    """Return up to `limit` unsent letters of cases of these kinds, the oldest first."""
    return [_written(row) for row in await tx.connection.fetch(_TO_SEND, list(kinds), limit)]


async def store_sent(tx: Transaction, letter_id: UUID, kinds: Collection[Kind], by: str) -> bool:
    """Store that a letter was sent; return False if no unsent letter of these kinds of case has this id.

    Args:
        tx: the transaction.
        letter_id: the letter.
        kinds: the kinds of case that the agent sees.
        by: subject of the agent.
    """
    return await tx.connection.fetchval(_SENT, letter_id, tx.now, by, list(kinds)) is not None


def _written(row: Record) -> Written:
    return Written(
        row["letter_id"], row["case_id"], Purpose(row["purpose"]), row["channel"], row["language"],
        row["name"], row["email"] if row["channel"] == "email" else row["address"],
        Letter(row["subject"], row["body"]), row["written_at"],
    )  # fmt: skip
