"""Notifications and the mailbox; and what the notifier reads of access."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.domain.calendar import local_date
from shared.runtime.database import Transaction

_SECRETARIATS: Final = """
SELECT employer::text, secretariat::text FROM access.affiliations
WHERE employer = ANY($1::text[]) AND valid_from <= $2 AND (valid_until IS NULL OR valid_until >= $2)"""
_QUEUES: Final = """
SELECT DISTINCT ON (organization) organization::text, client_id FROM access.clients
WHERE queue AND organization = ANY($1::text[]) ORDER BY organization, client_id"""
_SAVE: Final = """
INSERT INTO notifications (notification_id, declaration_id, provisional, result, addressee, issued_at)
SELECT *, $6 FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::text[], $5::text[]) AS k (i, d, p, r, a)
WHERE NOT p OR NOT EXISTS (SELECT FROM notifications n WHERE n.declaration_id = d AND NOT n.provisional)
ON CONFLICT DO NOTHING RETURNING notification_id"""
_DEPOSIT: Final = """
INSERT INTO mailbox (notification_id, addressee, event, deposited_at)
SELECT *, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (i, a, e)"""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification: whose declaration it is about, and who gets it."""

    id: UUID
    declaration_id: int
    provisional: bool
    result: str
    addressee: str


async def secretariats(tx: Transaction, employers: Iterable[str]) -> dict[str, str]:
    """The approved secretariat that each employer is affiliated to today, where there is one."""
    rows = await tx.connection.fetch(_SECRETARIATS, list(employers), local_date(tx.now))
    return {row["employer"]: row["secretariat"] for row in rows}


async def queues(tx: Transaction, organizations: Iterable[str]) -> dict[str, str]:
    """The client whose reply queue each organization reads, where it has one."""
    rows = await tx.connection.fetch(_QUEUES, list(organizations))
    return {row["organization"]: row["client_id"] for row in rows}


async def save(tx: Transaction, notifications: Sequence[Notification]) -> set[UUID]:
    """Store notifications; returns those that are new. An S that comes after the final is dropped (D2)."""
    rows = await tx.connection.fetch(
        _SAVE,
        [one.id for one in notifications],
        [one.declaration_id for one in notifications],
        [one.provisional for one in notifications],
        [one.result for one in notifications],
        [one.addressee for one in notifications],
        tx.now,
    )
    return {row["notification_id"] for row in rows}


async def deposit(tx: Transaction, letters: Sequence[tuple[UUID, str, str]]) -> None:
    """Put notifications into mailboxes: id, addressee, event."""
    ids, addressees, events = (list(column) for column in zip(*letters, strict=True))
    await tx.connection.execute(_DEPOSIT, ids, addressees, events, tx.now)
