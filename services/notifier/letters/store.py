"""The storage of messages with their channels, and the facts of the directory about enterprises."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.notifier.letters.rules.addressee import Party
from shared.domain.calendar import local_date
from shared.domain.contacts import EmployerKind
from shared.domain.rights import AUTHORITY, MessageType
from shared.runtime.database import Record, Transaction

RETENTION: Final = timedelta(days=5 * 365)  #: time from its deposit after which a message expires
#: The language of letters to an enterprise that the directory does not know.
_UNKNOWN: Final = "en"

#: The queue is that of the client that was registered first, so that the registration of another client
#: cannot take the notifications away from it. Subscriptions are locked until the commit, so that
#: `_SAVE` schedules nothing for a subscription that another transaction is ending.
_LOAD: Final = """
WITH requested AS MATERIALIZED (
    SELECT n, a.secretariat::text FROM unnest($1::text[]) AS k (n)
    LEFT JOIN access.affiliations a
        ON a.employer = n AND a.valid_from <= $2 AND (a.valid_until IS NULL OR a.valid_until >= $2)),
enterprises AS MATERIALIZED (
    SELECT n FROM requested UNION SELECT secretariat FROM requested WHERE secretariat IS NOT NULL),
held AS MATERIALIZED (
    SELECT FROM subscriptions WHERE enterprise_number = ANY(ARRAY(SELECT n FROM enterprises))
        AND ended_at IS NULL ORDER BY subscription_id FOR SHARE)
SELECT e.n AS number, r.secretariat, o.name, o.language, o.provincial_or_local,
    (SELECT c.client_id FROM access.clients c WHERE c.queue AND c.organization = e.n
     ORDER BY c.registered_at, c.client_id LIMIT 1) AS queue
FROM enterprises e LEFT JOIN requested r USING (n)
LEFT JOIN access.organizations o ON o.enterprise_number = e.n
WHERE (SELECT count(*) FROM held) >= 0"""
#: A provisional notification after the final one is dropped (decision D2), and with it its message.
_SAVE: Final = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
        $8::text[], $9::text[], $10::text[], $11::uuid[], $12::text[], $13::date[]) WITH ORDINALITY
        AS k (id, enterprise, type, sender, language, subject, declaration, letter, data, words, event,
            result, deadline, place)),
notified AS (
    INSERT INTO notifications (notification_id, declaration_id, provisional, result, addressee, deadline,
        issued_at, available_at)
    SELECT id, declaration, deadline IS NULL, result, enterprise, deadline, $14, $14 FROM given
    WHERE result IS NOT NULL AND (deadline IS NOT NULL OR NOT EXISTS (
        SELECT FROM notifications n WHERE n.declaration_id = declaration AND NOT n.provisional))
    ON CONFLICT DO NOTHING RETURNING notification_id),
put AS (
    INSERT INTO messages (message_id, enterprise_number, message_type, sender, language, subject,
        declaration_id, deposited_at, expires_at, letter, data, words)
    SELECT id, enterprise, type, sender, language, subject::jsonb, declaration, $14, $15, letter, data,
        to_tsvector('simple', words)
    FROM given WHERE result IS NULL OR id IN (SELECT notification_id FROM notified)
    ON CONFLICT DO NOTHING RETURNING message_id, enterprise_number, letter),
planned AS (INSERT INTO announcements SELECT message_id, 'newDocument', $14 FROM put),
on_paper AS (
    INSERT INTO print_jobs (message_id, made_at, changed_at)
    SELECT p.message_id, $14, $14 FROM put p
    WHERE p.letter IS NOT NULL AND NOT EXISTS (
        SELECT FROM consents c WHERE c.enterprise_number = p.enterprise_number AND c.withdrawn_at IS NULL)),
scheduled AS (
    INSERT INTO dispatches (subscription_id, event_id, declaration_id, event, first_due, due_at, changed_at)
    SELECT s.subscription_id, g.event, g.declaration, g.data, $14, $14, $14
    FROM given g JOIN subscriptions s ON s.enterprise_number = g.enterprise AND s.ended_at IS NULL
    WHERE g.event IS NOT NULL AND g.id IN (SELECT message_id FROM put)
    ORDER BY g.place ON CONFLICT DO NOTHING)
SELECT message_id FROM put"""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise as the directory has it today, with its secretariat and its reply queue."""

    party: Party
    secretariat: str | None  #: approved secretariat to which it is affiliated today; None without affiliation
    client_id: str | None  #: technical client with the reply queue for its messages; None: no queue


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to put into the e-Box of its addressee, once, and on the other channels of the addressee."""

    id: UUID
    enterprise_number: str  #: the addressee
    message_type: MessageType
    language: str
    subject: Mapping[str, str]  #: by language: fr, nl, de and en; without names
    letter: str | None = None  #: JSON
    data: str | None = None  #: JSON
    words: str = ""  #: search words beside the subject, without a NISS
    declaration_id: int | None = None
    sender: str = AUTHORITY
    event_id: UUID | None = None  #: id of the event in `data`; None: no queue, webhook or file gets it
    result: str | None = None  #: of the declaration; None if the message is no notification of a declaration
    deadline: date | None = None  #: last day to contest; None unless the message is a final notification


async def load(tx: Transaction, numbers: Iterable[str]) -> dict[str, Enterprise]:
    """Return these enterprises and their approved secretariats, by enterprise number.

    An enterprise that the directory does not know is returned too, without a name and with the language
    English. The subscriptions of all these enterprises are locked until the commit.
    """
    rows = await tx.connection.fetch(_LOAD, sorted(set(numbers)), local_date(tx.now))
    return {row["number"]: _enterprise(row) for row in rows}


def _enterprise(row: Record) -> Enterprise:
    kind = EmployerKind.PROVINCIAL_OR_LOCAL if row["provincial_or_local"] else EmployerKind.PRIVATE
    party = Party(row["number"], row["name"], row["language"] or _UNKNOWN, kind)
    return Enterprise(party, row["secretariat"], row["queue"])


async def save(tx: Transaction, messages: Sequence[NewMessage]) -> set[UUID]:
    """Store messages in the e-Box, with their dispatches and events; return the ids of the new messages.

    A message that exists is not stored again. If the addressee has not consented to digital documents only,
    the letter also becomes a print job. A provisional notification after the final one is not stored.
    """
    rows = await tx.connection.fetch(
        _SAVE,
        [message.id for message in messages],
        [message.enterprise_number for message in messages],
        [message.message_type for message in messages],
        [message.sender for message in messages],
        [message.language for message in messages],
        [json.dumps(dict(message.subject), ensure_ascii=False) for message in messages],
        [message.declaration_id for message in messages],
        [message.letter for message in messages],
        [message.data for message in messages],
        [" ".join((*message.subject.values(), message.words)) for message in messages],
        [message.event_id for message in messages],
        [message.result for message in messages],
        [message.deadline for message in messages],
        tx.now,
        tx.now + RETENTION,
    )
    return {row["message_id"] for row in rows}
