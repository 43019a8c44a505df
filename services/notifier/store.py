"""Notifications; and what the notifier reads of access."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.notifier.rules import EmployerKind, Party
from shared.domain.calendar import local_date
from shared.runtime.database import Transaction

_SECRETARIATS: Final = """
SELECT employer::text, secretariat::text FROM access.affiliations
WHERE employer = ANY($1::text[]) AND valid_from <= $2 AND (valid_until IS NULL OR valid_until >= $2)"""
#: The oldest one: who registers another client does not take the notifications away from it.
_QUEUES: Final = """
SELECT DISTINCT ON (organization) organization::text, client_id FROM access.clients
WHERE queue AND organization = ANY($1::text[]) ORDER BY organization, registered_at, client_id"""
_SAVE: Final = """
INSERT INTO notifications (notification_id, declaration_id, provisional, result, addressee, deadline,
    issued_at, available_at)
SELECT *, $7, $7
FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::date[])
    AS k (i, d, p, r, a, e)
WHERE NOT p OR NOT EXISTS (SELECT FROM notifications n WHERE n.declaration_id = d AND NOT n.provisional)
ON CONFLICT DO NOTHING RETURNING notification_id"""
#: Looked up by key on every batch; only an employer has a kind.
_PARTIES: Final = """
SELECT enterprise_number::text AS number, name, language, provincial_or_local FROM access.organizations
WHERE enterprise_number = ANY($1::text[])"""
#: In whose language somebody is written to whom the directory does not know.
_UNKNOWN: Final = "en"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification: whose declaration it is about, and who gets it."""

    id: UUID
    declaration_id: int
    provisional: bool
    result: str
    addressee: str
    deadline: date | None  #: last day to contest; None on a provisional one


async def secretariats(tx: Transaction, employers: Iterable[str]) -> dict[str, str]:
    """The approved secretariat that each employer is affiliated to today, where there is one."""
    rows = await tx.connection.fetch(_SECRETARIATS, list(employers), local_date(tx.now))
    return {row["employer"]: row["secretariat"] for row in rows}


async def parties(tx: Transaction, numbers: Iterable[str]) -> dict[str, Party]:
    """What the directory tells of these enterprises, known to it or not."""
    asked = set(numbers)
    rows = await tx.connection.fetch(_PARTIES, list(asked))
    known = {
        row["number"]: Party(
            row["number"],
            row["name"],
            row["language"],
            EmployerKind.PROVINCIAL_OR_LOCAL if row["provincial_or_local"] else EmployerKind.PRIVATE,
        )
        for row in rows
    }
    strangers = asked - known.keys()
    return known | {number: Party(number, None, _UNKNOWN, EmployerKind.PRIVATE) for number in strangers}


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
        [one.deadline for one in notifications],
        tx.now,
    )
    return {row["notification_id"] for row in rows}
