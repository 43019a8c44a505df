"""Reads of the ledger: which declarations to watch, and how far each has come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from services.ledger.rules import Entry
from shared.runtime.database import Connection

#: The first look reads whole tables, once for the life of the process.
_FIRST_SECONDS: Final = 600.0
#: A transaction that began so long before another may still commit after it.
_OVERLAP: Final = timedelta(minutes=2)
_UNFINISHED: Final = """
SELECT number FROM intake.open
UNION
SELECT r.number FROM intake.results r
    LEFT JOIN notifier.notifications n ON n.declaration_id = r.number AND NOT n.provisional
    LEFT JOIN notifier.messages m ON m.message_id = n.notification_id
    LEFT JOIN personnel_file.settlements s ON s.declaration_id = r.number
WHERE r.final AND (m.message_id IS NULL OR n.result <> r.result OR s.result <> r.result)"""
_RECEIVED: Final = "SELECT number FROM intake.declarations WHERE received_at > $1"
_ENTRIES: Final = """
SELECT d.number, d.received_at, r.result AS final, r.recorded_at AS final_at, s.result AS settled,
    n.result AS notified, m.message_id IS NOT NULL AS deposited,
    r.number IS NULL AND EXISTS (
        SELECT FROM intake.declarations e
            JOIN identification.cases c ON c.declaration_id = e.number AND c.state = 'open'
        WHERE e.number = d.number OR (e.order_key = d.order_key AND e.received_at <= d.received_at)) AS waits
FROM unnest($1::bigint[]) AS u (number)
    JOIN intake.declarations d USING (number)
    LEFT JOIN intake.results r ON r.number = d.number AND r.final
    LEFT JOIN personnel_file.settlements s ON s.declaration_id = d.number
    LEFT JOIN notifier.notifications n ON n.declaration_id = d.number AND NOT n.provisional
    LEFT JOIN notifier.messages m ON m.message_id = n.notification_id"""


async def now(connection: Connection) -> datetime:
    """Return the instant of the deployment's clock."""
    instant: datetime = await connection.fetchval("SELECT platform.now()")
    return instant


async def unfinished(connection: Connection) -> set[int]:
    """Return all declarations that lack something, from whole tables."""
    return {row["number"] for row in await connection.fetch(_UNFINISHED, timeout=_FIRST_SECONDS)}


async def received(connection: Connection, since: datetime) -> set[int]:
    """Return the declarations received since an instant, with an overlap for slow transactions."""
    return {row["number"] for row in await connection.fetch(_RECEIVED, since - _OVERLAP)}


async def entries(connection: Connection, numbers: Collection[int]) -> list[Entry]:
    """Return how far these declarations have come."""
    return [Entry(**row) for row in await connection.fetch(_ENTRIES, list(numbers))]
