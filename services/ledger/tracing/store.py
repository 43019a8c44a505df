"""SQL of `dimona trace`: the stored facts about one declaration. It reads no personal data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.ledger.store import entries
from services.ledger.tracing.rules import Fact, Story, Waiting
from shared.runtime.database import Connection
from shared.topology import SERVICES

_BY_NUMBER: Final = "SELECT number FROM intake.declarations WHERE number = $1"
_BY_NOTIFICATION: Final = "SELECT declaration_id FROM notifier.notifications WHERE notification_id = $1"
#: Party by party, through the primary key of commands, because the id of a message alone has no index.
_BY_MESSAGE: Final = """
SELECT k.number FROM (
        SELECT client_id AS party FROM access.clients
        UNION SELECT 'organization/' || organization FROM access.clients) AS c
    JOIN intake.commands k ON k.client_id = c.party AND k.message_id = $1
    JOIN intake.declarations d ON d.number = k.number
ORDER BY k.number"""
_FACTS: Final = """
SELECT received_at AS at, 'intake' AS service, 'received' AS event,
    concat_ws(' ', kind, 'by', channel, 'from', client_id) AS detail
FROM intake.declarations WHERE number = $1
UNION ALL
SELECT recorded_at, 'intake', CASE WHEN final THEN 'final result' ELSE 'provisional result' END, result
FROM intake.results WHERE number = $1
UNION ALL
SELECT recorded_at, 'identification', 'case ' || event, concat_ws(', ', reason, decided_by)
FROM identification.case_history WHERE declaration_id = $1
UNION ALL
SELECT since, 'personnel_file', 'waits', 'for declaration ' || previous
FROM personnel_file.waiting WHERE declaration_id = $1
UNION ALL
SELECT discarded_at, 'personnel_file', 'discarded', 'by ' || discarded_by
FROM personnel_file.discards WHERE declaration_id = $1
UNION ALL
SELECT settled_at, 'personnel_file', 'settled', concat_ws(', ', result, 'period ' || period_id)
FROM personnel_file.settlements WHERE declaration_id = $1
UNION ALL
SELECT issued_at, 'notifier',
    CASE WHEN provisional THEN 'provisional notification' ELSE 'final notification' END,
    concat_ws(' ', result, notification_id, 'to', addressee)
FROM notifier.notifications WHERE declaration_id = $1
UNION ALL
SELECT m.deposited_at, 'notifier', 'in the e-Box', m.message_type
FROM notifier.notifications n JOIN notifier.messages m ON m.message_id = n.notification_id
WHERE n.declaration_id = $1
UNION ALL
SELECT d.changed_at, 'notifier', 'delivery by ' || s.channel, concat_ws(', ', d.state, d.reason)
FROM notifier.notifications n
    JOIN notifier.subscriptions s ON s.enterprise_number = n.addressee
    JOIN notifier.dispatches d ON d.subscription_id = s.subscription_id AND d.event_id = n.notification_id
WHERE n.declaration_id = $1
UNION ALL
SELECT p.changed_at, 'notifier', 'paper', p.state
FROM notifier.notifications n JOIN notifier.print_jobs p ON p.message_id = n.notification_id
WHERE n.declaration_id = $1
UNION ALL
SELECT c.opened_at, 'contact', 'contestation', concat_ws(', ', c.state, c.case_id)
FROM notifier.notifications n JOIN contact.cases c ON c.notification_id = n.notification_id
WHERE n.declaration_id = $1
UNION ALL
SELECT d.decided_at, 'contact', 'new decision', d.decision_number
FROM notifier.notifications n
    JOIN contact.cases c ON c.notification_id = n.notification_id
    JOIN contact.decisions d ON d.case_id = c.case_id
WHERE n.declaration_id = $1
UNION ALL
SELECT p.due_at, 'intake', 'result by telephone', concat_ws(', ', p.state, p.reason)
FROM intake.phone_results p WHERE p.number = $1
ORDER BY at, event"""
#: Events that come before others of their transaction, which have an equal instant.
_CAUSES: Final = frozenset({"received", "provisional notification", "final notification"})
_DEADLINE: Final = """
SELECT deadline FROM identification.cases WHERE declaration_id = $1 AND state = 'open'"""
#: The declaration before it in the personnel file, or the earliest of its chain with an open identification.
_PREDECESSOR: Final = """
SELECT coalesce(
    (SELECT previous FROM personnel_file.waiting WHERE declaration_id = $1),
    (SELECT e.number FROM intake.declarations d
        JOIN intake.declarations e ON e.order_key = d.order_key AND e.received_at <= d.received_at
        JOIN identification.cases c ON c.declaration_id = e.number AND c.state = 'open'
     WHERE d.number = $1 AND e.number <> $1 ORDER BY e.received_at LIMIT 1)) AS previous"""
#: Unsent messages are few, except while the broker is down; then this command is slow.
_UNSENT: Final = """
SELECT '{0}' AS service, '{1}' AS table, lane, type, created_at AS since FROM {0}.{1} WHERE body LIKE $1"""
_WAITING: Final = " UNION ALL".join(
    _UNSENT.format(service, table) for service in SERVICES for table in ("outbox", "deliveries", "set_aside")
)


async def find_numbers(connection: Connection, text: str) -> Sequence[int]:
    """Return the numbers of the declarations that an operator means.

    Args:
        connection: A connection of an operator.
        text: A Dimona number, the id of a notification, the id of a message of a client, or the ticket of a
            file with `#` and the number of a form.
    """
    found: list[int] = []
    if text.isdecimal() and len(text) <= 18:
        found = [row[0] for row in await connection.fetch(_BY_NUMBER, int(text))]
    elif (id_ := _uuid(text)) is not None:
        found = [row[0] for row in await connection.fetch(_BY_NOTIFICATION, id_)]
    return found or [row[0] for row in await connection.fetch(_BY_MESSAGE, text)]


async def load_story(connection: Connection, number: int) -> Story:
    """Return the story of a declaration that exists, without its parked messages."""
    (entry,) = await entries(connection, [number])
    facts = await connection.fetch(_FACTS, number)
    waiting = await connection.fetch(_WAITING, f"%{number}%")
    return Story(
        entry,
        sorted((Fact(**row) for row in facts), key=lambda fact: (fact.at, fact.event not in _CAUSES)),
        await connection.fetchval(_DEADLINE, number),
        await connection.fetchval(_PREDECESSOR, number),
        [Waiting(**row) for row in waiting],
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
