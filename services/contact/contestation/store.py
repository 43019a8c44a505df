"""The storage of contestations, with their notifications, commands, replies, decisions and refusals."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.contact.case.store import COLUMNS, Case, case_of
from services.contact.contestation.rules.contesting import Notified
from shared.domain.calendar import local_date
from shared.messages import Delivery, NotificationDeposited, Result
from shared.runtime.authorization import Refusal
from shared.runtime.database import Record, Transaction
from shared.topology import reply_queue

Key = tuple[str, str]  #: the key of a command: client id, and the message id that the client gave
Body = tuple[str, str, bytes]  #: the key of a command, and the SHA-256 of its body

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
_BEGIN: Final = "SELECT * FROM begin_contesting($1, $2, $3, $4, $5)"
_SAVE: Final = """
WITH refused AS (
    INSERT INTO refusals (refused_at, who, what) SELECT $7, w, 'contest' FROM unnest($8::text[]) AS n (w))
INSERT INTO replies (client_id, message_id, body_sha256, event_id, type, event)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::text[])
ON CONFLICT DO NOTHING"""
#: SQL condition: a person has the right to the type of a notification in the e-Box of an enterprise.
#: Without this right the person sees neither the notification nor its contestations. {} are the person and
#: the enterprise.
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
    person: str | None  #: the subject of a person, with rights by type of message; None for a client
    enterprises: frozenset[str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The stored facts that a batch of commands needs."""

    fresh: Collection[Key]  #: the keys of commands that were not received before
    replied: Mapping[Body, Delivery]  #: the replies to earlier commands with an equal body
    organizations: Mapping[str, str]  #: enterprise number by client id; unknown clients are absent
    notified: Mapping[UUID, Notified]  #: by id of the notification; unknown ones are absent
    open_cases: dict[tuple[UUID, str], UUID]  #: id of the case by notification and party


@dataclass(frozen=True, slots=True)
class Contested:
    """A contestation with its Dimona number, and with the number of the new decision if it was upheld."""

    case: Case
    number: int  #: Dimona number of the declaration
    decision_number: str | None  #: of the new decision; None unless the contestation was upheld


async def store_notifications(tx: Transaction, deposited: Sequence[NotificationDeposited]) -> None:
    """Store notifications, so that they can be contested from now on.

    A notification that is stored already stays unchanged.
    """
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
    """Lock notifications and return them by id; unknown ids are absent.

    Until the end of this transaction no other transaction can contest them or mark them as final.
    """
    rows = await tx.connection.fetch(_NOTIFIED, list(ids))
    return {row["notification_id"]: _notified(row) for row in rows}


async def load_open_cases(tx: Transaction, ids: Collection[UUID]) -> dict[tuple[UUID, str], UUID]:
    """Return the ids of the open cases on these notifications, by notification and party."""
    rows = await tx.connection.fetch(_OPEN, list(ids))
    return {(row["notification_id"], row["enterprise_number"]): row["case_id"] for row in rows}


async def begin(tx: Transaction, commands: Sequence[Body], ids: Collection[UUID]) -> Loaded:
    """Set the instant of the transaction, store the keys of its commands, and load the facts about them.

    The contested notifications are locked until the end of the transaction.

    Args:
        tx: the transaction that receives the commands; an instant that is set already is kept.
        commands: client id, message id and SHA-256 of the body of each command.
        ids: the contested notifications.
    """
    clients, messages, digests = zip(*commands, strict=True)
    row = await tx.connection.fetchrow(_BEGIN, tx.begun_at, clients, messages, digests, list(ids))
    assert row is not None, "the function returns one row"
    tx.begun_at = row["begun_at"]
    found = {name: json.loads(row[name]) if row[name] else [] for name in list(row.keys())[1:]}
    return Loaded(
        {(client, message) for client, message in found["fresh"]},
        {
            (client, message, bytes.fromhex(digest)): Delivery(UUID(id_), reply_queue(client), type_, event)
            for client, message, digest, id_, type_, event in found["replied"]
        },
        dict(found["organizations"]),
        {
            UUID(id_): Notified(
                UUID(id_),
                number,
                employer,
                addressee,
                Result(result),
                deadline and date.fromisoformat(deadline),
            )
            for id_, number, employer, addressee, result, deadline in found["notified"]
        },
        {(UUID(id_), party): UUID(case_id) for id_, party, case_id in found["open_cases"]},
    )


async def save_replies(tx: Transaction, replies: Mapping[Body, Delivery], refused: Sequence[str]) -> None:
    """Store replies, which repeated commands get again, and a refusal for each client id in `refused`."""
    await tx.connection.execute(
        _SAVE,
        [key[0] for key in replies],
        [key[1] for key in replies],
        [key[2] for key in replies],
        [reply.id for reply in replies.values()],
        [reply.type for reply in replies.values()],
        [reply.body for reply in replies.values()],
        tx.now,
        refused,
    )


async def sees(tx: Transaction, contester: Contester, enterprise_number: str, notification_id: UUID) -> bool:
    """Return whether a contester may see a notification in the e-Box of an enterprise.

    A technical client always may. A person needs the right to the type of this notification; if the
    notification is unknown, a person gets False.
    """
    if contester.person is None:
        return True
    return bool(await tx.connection.fetchval(_SEES, contester.person, enterprise_number, notification_id))


async def load_queues(tx: Transaction, parties: Iterable[str]) -> dict[str, str]:
    """Return the client id that owns the reply queue of each party; a party without a queue is absent.

    A party with several such clients uses the queue of the client that was registered first.
    """
    rows = await tx.connection.fetch(_QUEUES, list(parties))
    return {row["organization"]: row["client_id"] for row in rows}


async def store_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Store in the audit a request that the API refused because the caller had no right."""
    organization = refusal.organizations[0] if refusal.organizations else None
    await refused(tx, refusal.caller.subject, refusal.operation, organization)


async def refused(tx: Transaction, who: str, what: str, enterprise_number: str | None) -> None:
    """Store in the audit that an operation was refused to a caller.

    `who` is the subject of the caller, `what` the name of the operation. `enterprise_number` is the
    enterprise in the request; None if the operation is not for a single enterprise.
    """
    await tx.connection.execute(_REFUSED, tx.now, who, what, enterprise_number)


async def load_contestation(tx: Transaction, contester: Contester, case_id: UUID) -> Contested | None:
    """Return the contestation with this case id; None if there is none or the contester may not see it.

    A contester sees the contestations of its enterprises; a person needs also the right to the type of the
    notification.
    """
    row = await tx.connection.fetchrow(_ONE, contester.person, list(contester.enterprises), case_id)
    return None if row is None else _contested(row)


async def load_contestations(
    tx: Transaction, contester: Contester, after: UUID | None, limit: int
) -> list[Contested]:
    """Return up to `limit` contestations that a contester may see, the newest first.

    `after` is the case id of the last contestation on the page before; None for the first page.
    """
    rows = await tx.connection.fetch(_OWN, contester.person, list(contester.enterprises), after, limit)
    return [_contested(row) for row in rows]


async def finish_notifications(tx: Transaction, limit: int) -> list[Notified]:
    """Mark up to `limit` notifications as final and return them; a final one is never returned again.

    Their deadline is past and no contestation of them is open.
    """
    due = await tx.connection.fetch(_DUE, local_date(tx.now), limit)
    if not due:
        return []
    rows = await tx.connection.fetch(_FINISH, tx.now, [row["notification_id"] for row in due])
    return [_notified(row) for row in rows]


async def next_serial(tx: Transaction) -> int:
    """Take and return the serial number for a new decision; each call returns another number."""
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
