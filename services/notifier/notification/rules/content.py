"""The content of a notification: the event `notifications.notify.issued`, its subject and search words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final
from uuid import UUID

from services.notifier.letters.rules.addressee import Party
from services.notifier.notification.rules.kinds import KIND_OF, NotificationKind
from shared.answer import answer, enriched
from shared.domain.anomalies import ANOMALIES
from shared.domain.calendar import local_date
from shared.domain.contacts import EmployerKind, Subject, contact, contacts
from shared.domain.declared import Kind
from shared.messages import (
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    to_json,
)
from shared.words import LANGUAGES, later, words

#: The messages that lead to a notification.
Notifiable = DeclarationProvisional | DeclarationSettled | DeclarationRefused


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts of a notification before it is stored: the declaration, the parties and the deadline."""

    id: UUID
    message: Notifiable
    addressee: Party
    employer: Party | None  #: None: the employer is unknown, or the sender has no right for it
    declarant: Party  #: organization of the sender of the declaration
    available_at: datetime
    deadline: date | None  #: last day to contest; None: provisional, cannot be contested (decision D30)

    @property
    def kind(self) -> NotificationKind:
        """Return the kind of the notification: positive, negative or provisional."""
        return KIND_OF[self.message.outcome.result]

    @property
    def employer_kind(self) -> EmployerKind:
        """Return the kind of the employer, or of the addressee if no employer is known."""
        return (self.employer or self.addressee).kind


def notification_data(notice: Notice) -> str:
    """Return the data of the event of a notification as JSON text.

    The property `declaration` has the body of GET /declarations/{id}. For speed the text is joined from JSON
    texts, and the parts that many notifications have are cached.
    """
    message = notice.message
    parts = [_head(notice)]
    if isinstance(message, DeclarationSettled) and message.impact:
        parts.append(f'"impact": [{", ".join(map(to_json, message.impact))}]')
    kind = notice.employer_kind
    if notice.deadline is not None:
        opened = local_date(notice.available_at)
        window = f'"openedOn": "{opened}", "deadline": "{notice.deadline}"'
        parts.append(f'"contestation": {{{window}, "contact": {_contestation_contact(kind)}}}')
    parts.append(f'"contacts": {_contacts(kind, notice.deadline is not None)}')
    worker = message.worker if isinstance(message, DeclarationSettled) else None
    body = answer(message.declaration, message.outcome, worker, notice.id, notice.deadline)
    return f'{{{", ".join(parts)}, "declaration": {body}}}'


def _head(notice: Notice) -> str:
    """Return the first properties of the event as JSON text, without braces and nulls."""
    addressee = {"enterpriseNumber": notice.addressee.enterprise_number}
    if notice.addressee.name is not None:
        addressee["name"] = notice.addressee.name
    head = {
        "notificationId": str(notice.id),
        "kind": notice.kind,
        "issuedAt": notice.available_at.isoformat(),
        "addressee": addressee,
        "language": notice.addressee.language,
    }
    return json.dumps(head, ensure_ascii=False)[1:-1]


@cache
def _contestation_contact(kind: EmployerKind) -> str:
    service = contact(Subject.CONTESTATION, kind)
    return json.dumps(service.to_json(Subject.CONTESTATION), ensure_ascii=False)


@cache
def _contacts(kind: EmployerKind, contestable: bool) -> str:
    return json.dumps(contacts(kind, contestable=contestable), ensure_ascii=False)


_DIGIT: Final = re.compile(r"[0-9]")

#: The subject in English for each kind of notification, by whether the declaration has anomalies.
_SUBJECTS: Final[Mapping[NotificationKind, Mapping[bool, str]]] = {
    NotificationKind.POSITIVE: {
        False: later("Dimona {kind} {number}: accepted"),
        True: later("Dimona {kind} {number}: accepted with remarks"),
    },
    NotificationKind.NEGATIVE: {
        False: later("Dimona {kind} {number}: refused"),
        True: later("Dimona {kind} {number}: refused"),
    },
    NotificationKind.PROVISIONAL: {
        False: later("Dimona {kind} {number}: not yet decided"),
        True: later("Dimona {kind} {number}: not yet decided"),
    },
}


def search_words(notice: Notice) -> str:
    """Return the words by which a search finds a notification, besides its subject: names and anomalies.

    A name with a digit is left out, so that no NISS is among the words.
    """
    message = notice.message
    worker = message.worker if isinstance(message, DeclarationSettled) else None
    known = worker or message.declaration.declared.worker
    parties = [party.name for party in (notice.addressee, notice.employer, notice.declarant) if party]
    names = [known.given_name, known.family_name] if known and enriched(message.outcome) else []
    anomalies = [
        text
        for anomaly in message.outcome.anomalies
        for text in (anomaly.code, ANOMALIES[anomaly.code].label[notice.addressee.language])
    ]
    return " ".join((*(name for name in (*parties, *names) if name and not _DIGIT.search(name)), *anomalies))


def subject_of(notice: Notice) -> dict[str, str]:
    """Return the subject of a notification by language: kind, number and result of its declaration."""
    declaration = notice.message.declaration
    text = _SUBJECTS[notice.kind][bool(notice.message.outcome.anomalies)]
    kind: Kind = declaration.declared.kind
    return {
        language: words("notifier", language)(text, kind=kind.upper(), number=declaration.number)
        for language in LANGUAGES
    }
