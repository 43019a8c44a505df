"""Notifications that can be contested, commands of clients, decisions, and the tables of access."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.contact.case.store import COLUMNS, Case, case_of
from services.contact.contestation.rules.contesting import Notified
from shared.domain.calendar import local_date
from shared.messages import Delivery, NotificationDeposited, Result
from shared.runtime.authorization import Refusal
from shared.runtime.database import Record, Transaction
from shared.topology import reply_queue

Key = tuple[str, str]  #: client id and its own message id

_KEEP: Final = """
INSERT INTO notifications (notification_id, declaration_id, employer, addressee, result, ssin, available_at,
    deadline)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::timestamptz[], $8::date[])
ON CONFLICT DO NOTHING"""
_NOTIFIED: Final = """
SELECT notification_id, declaration_id, employer, addressee, result, deadline FROM notifications
WHERE notification_id = ANY($1::uuid[]) ORDER BY notification_id FOR UPDATE"""
_OPEN: Final = """
SELECT notification_id, enterprise_number, case_id FROM cases
WHERE notification_id = ANY($1::uuid[]) AND state = 'open'"""
_CLAIM: Final = """
INSERT INTO commands (client_id, message_id)
SELECT * FROM unnest($1::text[], $2::text[]) ORDER BY 1, 2
ON CONFLICT DO NOTHING RETURNING client_id, message_id"""
_REPLIED: Final = """
SELECT client_id, message_id, body_sha256, event_id, type, event
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k (client_id, message_id, body_sha256)
JOIN replies USING (client_id, message_id, body_sha256)"""
_REPLY: Final = """
INSERT INTO replies (client_id, message_id, body_sha256, event_id, type, event)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::text[])
ON CONFLICT DO NOTHING"""
_ORGANIZATIONS: Final = "SELECT client_id, organization FROM access.clients WHERE client_id = ANY($1::text[])"
#: The right of a person to the type of a notification: without it neither the notification nor its
#: contestations exist for this person. {} are the person and the enterprise.
_RIGHT_TO_TYPE: Final = """EXISTS (
    SELECT FROM access.rights r WHERE r.user_id::text = {} AND r.enterprise_number = {} AND r.what = 'ebox'
        AND (r.message_type IS NULL OR r.message_type = CASE n.result
            WHEN 'B' THEN 'dimonaNegative' WHEN 'S' THEN 'dimonaProvisional' ELSE 'dimonaPositive' END))"""
_SEES: Final = f"""
SELECT EXISTS (SELECT FROM notifications n
    WHERE n.notification_id = $3 AND {_RIGHT_TO_TYPE.format("$1", "$2")})"""  # noqa: S608 - our own condition
_QUEUES: Final = """
SELECT DISTINCT ON (organization) organization::text, client_id FROM access.clients
WHERE queue AND organization = ANY($1::text[]) ORDER BY organization, registered_at, client_id"""
_REFUSED: Final = """
INSERT INTO refusals (refused_at, who, what, enterprise_number) VALUES ($1, $2, $3, $4)"""
_SEEN: Final = f"""
SELECT {COLUMNS}, n.declaration_id, d.decision_number
FROM cases c JOIN notifications n USING (notification_id)
LEFT JOIN decisions d USING (case_id, notification_id) WHERE"""  # noqa: S608 - our own columns
_VISIBLE: Final = f"($1::text IS NULL OR {_RIGHT_TO_TYPE.format('$1', 'c.enterprise_number')})"
_ONE: Final = f"{_SEEN} case_id = $3 AND enterprise_number = ANY($2::text[]) AND {_VISIBLE}"
_OWN: Final = f"""{_SEEN} enterprise_number = ANY($2::text[]) AND {_VISIBLE}
  AND ($3::uuid IS NULL OR (opened_at, case_id) < (SELECT opened_at, case_id FROM cases WHERE case_id = $3))
ORDER BY opened_at DESC, case_id DESC LIMIT $4"""  # noqa: S608 - our own columns
_UNCONTESTED: Final = """
NOT EXISTS (SELECT FROM cases c WHERE c.notification_id = n.notification_id AND c.state = 'open')"""
_DUE: Final = f"""
SELECT notification_id FROM notifications n WHERE final_at IS NULL AND deadline < $1 AND {_UNCONTESTED}
ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED"""  # noqa: S608 - our own condition
#: The condition again, under the lock: a case opened just before the lock is visible only now.
_FINISH: Final = f"""
UPDATE notifications n SET final_at = $1 WHERE notification_id = ANY($2::uuid[]) AND {_UNCONTESTED}
RETURNING notification_id, declaration_id, employer, addressee, result, deadline"""  # noqa: S608 - our own condition
_DECIDE: Final = """
INSERT INTO decisions (decision_number, case_id, notification_id, declaration_id, words, decided_at,
    decided_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""


@dataclass(frozen=True, slots=True)
class Contester:
    """A person or client, with the enterprises for which it may contest."""

    subject: str
    person: str | None  #: the subject if it is a person, with a right by type of message; None for a client
    enterprises: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contested:
    """A contestation as its party sees it."""

    case: Case
    number: int  #: of the declaration
    decision_number: str | None


async def store_notifications(tx: Transaction, deposited: Sequence[NotificationDeposited]) -> None:
    """Store notifications that can be contested from now on."""
    await tx.connection.execute(
        _KEEP,
        [notification.notification_id for notification in deposited],
        [notification.number for notification in deposited],
        [notification.employer for notification in deposited],
        [notification.addressee for notification in deposited],
        [notification.result for notification in deposited],
        [notification.ssin for notification in deposited],
        [notification.available_at for notification in deposited],
        [notification.deadline for notification in deposited],
    )


async def lock_notifications(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Notified]:
    """Lock notifications until the end of this transaction, so that no rival contests or finishes them."""
    rows = await tx.connection.fetch(_NOTIFIED, list(ids))
    return {row["notification_id"]: _notified(row) for row in rows}


async def load_open_cases(tx: Transaction, ids: Collection[UUID]) -> dict[tuple[UUID, str], UUID]:
    """Return the ids of the open cases on these notifications, by notification and party."""
    rows = await tx.connection.fetch(_OPEN, list(ids))
    return {(row["notification_id"], row["enterprise_number"]): row["case_id"] for row in rows}


async def store_commands(tx: Transaction, keys: Collection[Key]) -> set[Key]:
    """Store commands and return the keys of the new ones."""
    rows = await tx.connection.fetch(_CLAIM, [key[0] for key in keys], [key[1] for key in keys])
    return {(row["client_id"], row["message_id"]) for row in rows}


async def load_replies(
    tx: Transaction, commands: Iterable[tuple[str, str, bytes]]
) -> dict[tuple[str, str, bytes], Delivery]:
    """Return the stored replies, by client id, message id and digest of the body."""
    clients, messages, digests = zip(*commands, strict=True)
    rows = await tx.connection.fetch(_REPLIED, clients, messages, digests)
    return {
        (row["client_id"], row["message_id"], row["body_sha256"]): Delivery(
            row["event_id"], reply_queue(row["client_id"]), row["type"], row["event"]
        )
        for row in rows
    }


async def store_replies(tx: Transaction, replies: Mapping[tuple[str, str, bytes], Delivery]) -> None:
    """Store replies, so that a repeat gets them again."""
    await tx.connection.execute(
        _REPLY,
        [key[0] for key in replies],
        [key[1] for key in replies],
        [key[2] for key in replies],
        [reply.id for reply in replies.values()],
        [reply.type for reply in replies.values()],
        [reply.body for reply in replies.values()],
    )


async def load_organizations(tx: Transaction, clients: Iterable[str]) -> dict[str, str]:
    """Return the organization of each client."""
    rows = await tx.connection.fetch(_ORGANIZATIONS, list(clients))
    return {row["client_id"]: row["organization"] for row in rows}


async def sees(tx: Transaction, contester: Contester, enterprise_number: str, notification_id: UUID) -> bool:
    """Return whether the caller may see messages of the type of this notification in an e-Box."""
    if contester.person is None:
        return True
    return bool(await tx.connection.fetchval(_SEES, contester.person, enterprise_number, notification_id))


async def load_queues(tx: Transaction, parties: Iterable[str]) -> dict[str, str]:
    """Return for each party the client with its reply queue; parties without a queue are absent."""
    rows = await tx.connection.fetch(_QUEUES, list(parties))
    return {row["organization"]: row["client_id"] for row in rows}


async def store_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Store a request that the API refused for lack of a right."""
    organization = refusal.organizations[0] if refusal.organizations else None
    await refused(tx, refusal.caller.subject, refusal.operation, organization)


async def refused(tx: Transaction, who: str, what: str, enterprise_number: str | None) -> None:
    """Store a refusal for lack of a right."""
    await tx.connection.execute(_REFUSED, tx.now, who, what, enterprise_number)


async def load_contestation(tx: Transaction, contester: Contester, case_id: UUID) -> Contested | None:
    """Return a contestation that is visible to a contester."""
    row = await tx.connection.fetchrow(_ONE, contester.person, list(contester.enterprises), case_id)
    return None if row is None else _contested(row)


async def load_contestations(
    tx: Transaction, contester: Contester, after: UUID | None, limit: int
) -> list[Contested]:
    """Return the contestations that are visible to a contester, the newest first."""
    rows = await tx.connection.fetch(_OWN, contester.person, list(contester.enterprises), after, limit)
    return [_contested(row) for row in rows]


async def finish_notifications(tx: Transaction, limit: int) -> list[Notified]:
    """Mark notifications as final that are past their deadline without an open case; return each once."""
    due = await tx.connection.fetch(_DUE, local_date(tx.now), limit)
    if not due:
        return []
    rows = await tx.connection.fetch(_FINISH, tx.now, [row["notification_id"] for row in due])
    return [_notified(row) for row in rows]


async def next_serial(tx: Transaction) -> int:
    """Return the serial number of the next decision."""
    return int(await tx.connection.fetchval("SELECT nextval('decision_numbers')"))


async def store_decision(
    tx: Transaction, decision_number: str, case: Case, number: int, words: str, by: str
) -> None:
    """Store the new decision of an upheld contestation.

    Args:
        tx: the transaction.
        decision_number: number of the decision.
        case: the upheld contestation.
        number: the Dimona number.
        words: the answer.
        by: subject of the agent.
    """
    await tx.connection.execute(
        _DECIDE, decision_number, case.id, case.notification_id, number, words, tx.now, by
    )


def _notified(row: Record) -> Notified:
    return Notified(
        row["notification_id"], row["declaration_id"], row["employer"], row["addressee"],
        Result(row["result"]), row["deadline"],
    )  # fmt: skip


def _contested(row: Record) -> Contested:
    return Contested(case_of(row), row["declaration_id"], row["decision_number"])
