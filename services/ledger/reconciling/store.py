"""SQL of `dimona reconcile`: the declarations that have not ended, and how far each has come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from services.ledger.reconciling.rules import Stage
from shared.runtime.database import Connection

#: Timeout in seconds of the query that reads whole tables.
_SECONDS: Final = 600.0
#: After the day of its deadline a notification cannot be contested, and contact may have removed it.
_UNFINISHED: Final = """
SELECT number FROM intake.open WHERE received_at < platform.now() - $1::interval
UNION
SELECT r.number FROM intake.results r
    LEFT JOIN notifier.notifications n ON n.declaration_id = r.number AND NOT n.provisional
    LEFT JOIN contact.notifications c ON c.notification_id = n.notification_id
WHERE r.final AND r.recorded_at < platform.now() - $1::interval AND (n.notification_id IS NULL
    OR c.notification_id IS NULL AND n.deadline >= (platform.now() AT TIME ZONE 'Europe/Brussels')::date)
ORDER BY number"""


async def load_unfinished(connection: Connection, age: timedelta) -> list[int]:
    """Return the numbers of the declarations that have not ended at every service after this time.

    The query reads whole tables, which is slow.
    """
    return [row["number"] for row in await connection.fetch(_UNFINISHED, age, timeout=_SECONDS)]


async def load_stages(connection: Connection, numbers: Collection[int]) -> list[Stage]:
    """Return how far these declarations have come, in the order of their reception."""
    rows = await connection.fetch(
        """SELECT d.number, d.order_key IS NULL AS refused, k.state AS case_state,
            w.declaration_id IS NOT NULL AS waiting, s.declaration_id IS NOT NULL AS settled,
            f.number IS NOT NULL AS concluded, p.number IS NOT NULL AS told,
            n.notification_id IS NOT NULL AS notified, v.notification_id IS NOT NULL AS warned,
            c.notification_id IS NOT NULL OR coalesce(
                n.deadline < (platform.now() AT TIME ZONE 'Europe/Brussels')::date, false) AS contestable
        FROM unnest($1::bigint[]) AS u (number)
            JOIN intake.declarations d USING (number)
            LEFT JOIN intake.results f ON f.number = d.number AND f.final
            LEFT JOIN intake.results p ON p.number = d.number AND NOT p.final
            LEFT JOIN identification.cases k ON k.declaration_id = d.number
            LEFT JOIN personnel_file.waiting w ON w.declaration_id = d.number
            LEFT JOIN personnel_file.settlements s ON s.declaration_id = d.number
            LEFT JOIN notifier.notifications n ON n.declaration_id = d.number AND NOT n.provisional
            LEFT JOIN notifier.notifications v ON v.declaration_id = d.number AND v.provisional
            LEFT JOIN contact.notifications c ON c.notification_id = n.notification_id
        ORDER BY d.received_at, d.number""",
        list(numbers),
    )
    return [Stage(**row) for row in rows]
