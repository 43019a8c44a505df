"""What a notification says, as data: the event `notifications.notify.issued`, and its subject."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from services.notifier.rules.contacts import EmployerKind, Subject, contact, contacts
from services.notifier.rules.routing import KIND_OF, NotificationKind
from services.notifier.rules.words import LANGUAGES, later, words
from shared.answer import answer, enriched
from shared.domain.anomalies import ANOMALIES
from shared.domain.calendar import local_date
from shared.domain.declared import Kind
from shared.messages import (
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    to_json,
)

Ended = DeclarationProvisional | DeclarationSettled | DeclarationRefused


@dataclass(frozen=True, slots=True)
class Party:
    """What the directory tells of an enterprise that a notification is about or goes to."""

    enterprise_number: str
    name: str | None  #: None: the directory does not know it
    language: str
    kind: EmployerKind


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification on its way: whose it is, when it is available, and until when it can be contested."""

    id: UUID
    ended: Ended
    addressee: Party
    employer: Party | None  #: None where the sender may know nothing of him
    declarant: Party  #: who sent the declaration
    available_at: datetime
    deadline: date | None  #: None on a provisional one: it opens no window (D30)

    @property
    def kind(self) -> NotificationKind:
        """Positive, negative or provisional."""
        return KIND_OF[self.ended.outcome.result]


def content(notice: Notice) -> str:
    """The data of the event as JSON text; `declaration` is the body of GET /declarations/{id}."""
    ended = notice.ended
    worker = ended.worker if isinstance(ended, DeclarationSettled) else None
    body = answer(ended.declaration, ended.outcome, worker, notice.id, notice.deadline)
    return f'{json.dumps(_head(notice), ensure_ascii=False)[:-1]}, "declaration": {body}}}'


def _head(notice: Notice) -> dict[str, Any]:
    """All but the declaration; no nulls."""
    kind = (notice.employer or notice.addressee).kind
    addressee = {"enterpriseNumber": notice.addressee.enterprise_number}
    if notice.addressee.name is not None:
        addressee["name"] = notice.addressee.name
    head: dict[str, Any] = {
        "notificationId": str(notice.id),
        "kind": notice.kind,
        "issuedAt": notice.available_at.isoformat(),
        "addressee": addressee,
        "language": notice.addressee.language,
    }
    if isinstance(notice.ended, DeclarationSettled) and notice.ended.impact:
        head["impact"] = [json.loads(to_json(each)) for each in notice.ended.impact]
    if notice.deadline is not None:
        head["contestation"] = {
            "openedOn": str(local_date(notice.available_at)),
            "deadline": str(notice.deadline),
            "contact": contact(Subject.CONTESTATION, kind).to_json(Subject.CONTESTATION),
        }
    head["contacts"] = contacts(kind, contestable=notice.deadline is not None)
    return head


_DIGIT: Final = re.compile(r"[0-9]")

#: The subject of each, in English; the catalogues have it in the other languages.
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


def searched(notice: Notice) -> str:
    """What a free text search finds a notification by, beside its subject: names, and what was found.

    Never a NISS: a name with a digit in it is none.
    """
    ended = notice.ended
    worker = ended.worker if isinstance(ended, DeclarationSettled) else None
    known = worker or ended.declaration.declared.worker
    parties = [party.name for party in (notice.addressee, notice.employer, notice.declarant) if party]
    names = [known.given_name, known.family_name] if known and enriched(ended.outcome) else []
    found = [
        said
        for each in ended.outcome.anomalies
        for said in (each.code, ANOMALIES[each.code].label[notice.addressee.language])
    ]
    return " ".join((*(name for name in (*parties, *names) if name and not _DIGIT.search(name)), *found))


def subject_of(notice: Notice) -> dict[str, str]:
    """The subject in every language: the declaration by its kind and number, and never anybody's name."""
    declaration = notice.ended.declaration
    text = _SUBJECTS[notice.kind][bool(notice.ended.outcome.anomalies)]
    kind: Kind = declaration.declared.kind
    return {
        language: words(language)(text, kind=kind.upper(), number=declaration.number)
        for language in LANGUAGES
    }
