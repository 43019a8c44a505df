"""SQL of the ledger: the numbers of declarations to check, and the stored results of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from services.ledger.rules import Entry
from shared.runtime.database import Connection

#: Timeout in seconds of `unfinished`, which reads whole tables. It runs until it has succeeded once.
_FIRST_SECONDS: Final = 600.0
#: `received` goes back by this time, because a slow transaction commits its declarations late.
_OVERLAP: Final = timedelta(minutes=2)
_UNFINISHED: Final = """
SELECT number FROM intake.open
UNION
SELECT r.number FROM intake.results r
    LEFT JOIN notifier.notifications n ON n.declaration_id = r.number AND NOT n.provisional
    LEFT JOIN notifier.messages m ON m.message_id = n.notification_id
    LEFT JOIN personnel_file.settlements s ON s.declaration_id = r.number
WHERE r.final AND (m.message_id IS NULL AND n.message_removed_at IS NULL OR n.result <> r.result
    OR s.result <> r.result)"""
_RECEIVED: Final = "SELECT number FROM intake.declarations WHERE received_at > $1"
_ENTRIES: Final = """
SELECT d.number, d.received_at, r.result AS final, r.recorded_at AS final_at, s.result AS settled,
    n.result AS notified, m.message_id IS NOT NULL OR n.message_removed_at IS NOT NULL AS deposited,
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
    """Return the present instant by the clock of the deployment."""
    instant: datetime = await connection.fetchval("SELECT platform.now()")
    return instant


async def unfinished(connection: Connection) -> set[int]:
    """Return the numbers of all declarations for which a promise is open or broken.

    A promise is open while there is no final result, or no notification of it in the e-Box. It is broken if
    services have stored different results. The query reads whole tables, which is slow.
    """
    return {row["number"] for row in await connection.fetch(_UNFINISHED, timeout=_FIRST_SECONDS)}


async def received(connection: Connection, since: datetime) -> set[int]:
    """Return the numbers of the declarations received since two minutes before an instant.

    The two minutes find declarations that a slow transaction committed after the previous reading.
    """
    return {row["number"] for row in await connection.fetch(_RECEIVED, since - _OVERLAP)}


async def entries(connection: Connection, numbers: Collection[int]) -> list[Entry]:
    """Return the results of these declarations in the tables of all services; omit unknown numbers."""
    return [Entry(**row) for row in await connection.fetch(_ENTRIES, list(numbers))]
