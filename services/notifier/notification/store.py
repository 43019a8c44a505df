"""The table of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from shared.runtime.database import Transaction

_SAVE: Final = """
INSERT INTO notifications (notification_id, declaration_id, provisional, result, addressee, deadline,
    issued_at, available_at)
SELECT *, $7, $7
FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::date[])
    AS k (i, d, p, r, a, e)
WHERE NOT p OR NOT EXISTS (SELECT FROM notifications n WHERE n.declaration_id = d AND NOT n.provisional)
ON CONFLICT DO NOTHING RETURNING notification_id"""


@dataclass(frozen=True, slots=True)
class Notification:
    """The row of a notification."""

    id: UUID
    declaration_id: int
    provisional: bool
    result: str
    addressee: str
    deadline: date | None  #: last day to contest; None on a provisional one


async def save(tx: Transaction, notifications: Sequence[Notification]) -> set[UUID]:
    """Store notifications and return the ids of the new ones. Drop an S after its final (decision D2)."""
    rows = await tx.connection.fetch(
        _SAVE,
        [notification.id for notification in notifications],
        [notification.declaration_id for notification in notifications],
        [notification.provisional for notification in notifications],
        [notification.result for notification in notifications],
        [notification.addressee for notification in notifications],
        [notification.deadline for notification in notifications],
        tx.now,
    )
    return {row["notification_id"] for row in rows}
