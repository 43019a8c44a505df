"""All messages between services. Read this module first.

Each message is an immutable value with its CloudEvents type. `shared/envelope.py` packs messages into
carriers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID
from zlib import crc32

from pydantic import BaseModel

from shared.consultation import PeriodsAsked, PeriodsFound
from shared.contestation import LetterPart, LetterWritten, NotificationDeposited
from shared.domain.anomalies import Anomaly
from shared.domain.declared import Declaration
from shared.impact import PeriodImpact, PeriodState
from shared.message_base import SERVICE, Message, derived_id
from shared.mutations import EmployerNumberReplaced, PeriodLockSet, SituationChanged, WorkerNumberReplaced
from shared.persons import (
    Career,
    EmployerNumbers,
    Enterprise,
    Person,
    RegisteredAddress,
    RegisterEntry,
    Value,
)
from shared.registers import CareerRegistered, EnterpriseRegistered, WorkerRegistered

SHARDS = 8


def notification_id(number: int, *, final: bool = True) -> UUID:
    """Return the id of the final or the provisional notification of a declaration (decision D3)."""
    return derived_id("notification" if final else "provisionalNotification", number)


def shard_of(order_key: str) -> int:
    """Return the shard (0 to 7) for the declarations of an order key; it never changes (decision D1)."""
    return crc32(order_key.encode()) % SHARDS


class Channel(StrEnum):
    """The channel through which a declaration came; SECURED_CHANNELS is the table of decision D33."""

    QUEUE = "queue"
    REST = "rest"
    SFTP = "sftp"
    WEB = "web"
    MQ = "mq"
    OPEN_WEB = "openWeb"
    SMS = "sms"
    VOICE = "voice"


#: Secured channels: answers contain the exact excess of a quota. Answers on other channels contain only the
#: warning (decision D33).
SECURED_CHANNELS: Final = frozenset({Channel.QUEUE, Channel.REST, Channel.SFTP, Channel.WEB, Channel.MQ})

#: Channels with a reply queue; on another channel the sender asks for the result (decision D3).
REPLIED_CHANNELS: Final = frozenset({Channel.QUEUE})


class Sender(Value):
    """The sender of a declaration: an authenticated client, its organization and the channel."""

    client_id: str
    organization: str  #: enterprise number, 10 digits
    channel: Channel
    message_id: str  #: the sender's own CloudEvents id
    message_source: str  #: the sender's own CloudEvents source


class Result(StrEnum):
    """The result of a declaration: A accepted, W accepted with warnings, B refused, S provisional."""

    ACCEPTED = "A"
    WARNING = "W"
    REFUSED = "B"
    PROVISIONAL = "S"


class ReceivedDeclaration(Value):
    """A declaration with the findings of intake. Each service sends the whole object to the next service."""

    number: int  #: Dimona number: 12 digits
    declared: Declaration
    sender: Sender
    received_at: datetime  #: the legal instant of reception, database time (decision D9); never rewritten
    late_after: datetime  #: instant for judging lateness: reception, or the start of an outage of this system
    employer: EmployerNumbers | None = None  #: None when refused before the employer was known
    #: for a daily registration: whether the employer chose to register days in Dimona, read at reception
    #: (decision D9); None for another declaration
    registers_days: bool | None = None
    order_key: str | None = None  #: keyed hash; None when intake refused the declaration
    previous: int | None = None  #: number of the previous declaration of the chain (decision D1)
    anomalies: tuple[Anomaly, ...] = ()  #: findings of intake; only warnings when admitted


class QuotaExcess(Value):
    """The hours or days of a period beyond a quota, with the official name of the quota (rule R59)."""

    quota_type: str
    exceeding_hours: int | None = None
    exceeding_days: int | None = None


class Outcome(Value):
    """The result of a declaration with its anomalies: final (A, W, B), or provisional (S)."""

    result: Result
    anomalies: tuple[Anomaly, ...] = ()
    quota: tuple[QuotaExcess, ...] = ()  #: only for secured channels (decision D33)
    period_id: int | None = None
    daily_registration_id: int | None = None  #: the number of the declaration that created it
    decided_at: datetime


def sharded(type_: str, declaration: ReceivedDeclaration) -> str:
    """Return the routing key of a message to a shard: its type, a dot, and the number of the shard."""
    assert declaration.order_key is not None, "only an admitted declaration is settled"
    return f"{type_}.{shard_of(declaration.order_key)}"


class OfDeclaration(Message):
    """A message about one declaration.

    `FACT` names the fact that the message reports. Each fact has at most one message for each declaration.
    """

    FACT: ClassVar[str]
    declaration: ReceivedDeclaration

    @property
    def event_id(self) -> UUID:
        return derived_id(self.FACT, self.declaration.number)


class Sharded(OfDeclaration):
    """A message to a shard of the personnel file: its routing key ends with the number of the shard."""

    @property
    def routing_key(self) -> str:
        return sharded(self.TYPE, self.declaration)


class DeclarationAdmitted(OfDeclaration):
    """intake → identification: a well-formed IN with an authorized sender."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.admitted"
    FACT: ClassVar[str] = "admitted"


class ChangeAdmitted(Sharded):
    """intake → personnel file: an OUT, UPDATE, CANCEL or daily registration of a period known to intake."""

    TYPE: ClassVar[str] = f"{SERVICE}.changes.notify.admitted"
    FACT: ClassVar[str] = "admitted"


class IdentificationEnded(Sharded):
    """identification → personnel file: an identification ended; if `worker` is None the IN gets 90017-151."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.identificationEnded"
    FACT: ClassVar[str] = "identificationEnded"
    worker: Person | None = None


class DeclarationProvisional(OfDeclaration):
    """identification → intake, notifier: the worker was not found at once (result S)."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.provisional"
    FACT: ClassVar[str] = "provisional"
    outcome: Outcome


class DeclarationSettled(OfDeclaration):
    """personnel file → intake, notifier: the final result of an admitted declaration."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.settled"
    FACT: ClassVar[str] = "final"
    outcome: Outcome
    worker: Person | None = None
    impact: tuple[PeriodImpact, ...] = ()  #: periods that it changed; empty when refused


class DeclarationRefused(OfDeclaration):
    """intake → notifier: the final result B of a declaration refused by intake."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.refused"
    FACT: ClassVar[str] = "final"
    outcome: Outcome


class FormSubmitted(Message):
    """files → intake: one form of a file of an expeditor."""

    TYPE: ClassVar[str] = f"{SERVICE}.forms.notify.submitted"
    client_id: str  #: the technical client for which the expeditor declares
    ticket: str  #: of the file
    form: int  #: the number of the form in its file, from 1
    declared: Declaration
    received_at: datetime  #: of the file: the form is not late because its file is long
    #: when it is sent again, because its first message or its answer may be lost; intake then answers again
    again_at: datetime | None = None

    @property
    def event_id(self) -> UUID:
        again = () if self.again_at is None else (self.again_at,)
        return derived_id("formSubmitted", self.ticket, self.form, *again)

    @property
    def message_id(self) -> str:
        """The id of the command that the form becomes; `form_of` reads it."""
        return f"{self.ticket}#{self.form}"


def form_of(message_id: str) -> tuple[str, int]:
    """Return the ticket and the number of a form, from the message id of its declaration."""
    ticket, _, form = message_id.partition("#")
    return ticket, int(form)


class FormAnswered(Message):
    """intake → files: the result of a form, or the problem of a form that became no declaration."""

    TYPE: ClassVar[str] = f"{SERVICE}.forms.notify.answered"
    ticket: str
    form: int
    declaration: ReceivedDeclaration | None = None  #: None with a problem
    outcome: Outcome | None = None  #: None with a problem
    worker: Person | None = None
    impact: tuple[PeriodImpact, ...] = ()  #: periods that it changed; empty when refused
    problem: str | None = None  #: the detail of a problem of `shared.problems`

    @property
    def is_final(self) -> bool:
        """Whether no other answer to the form follows."""
        return self.outcome is None or self.outcome.result is not Result.PROVISIONAL

    @property
    def event_id(self) -> UUID:
        return derived_id("formAnswered", self.ticket, self.form, self.is_final)


class CaseResolved(Message):
    """operator → identification: the worker of a declaration has this NISS; None: there is no such worker."""

    TYPE: ClassVar[str] = f"{SERVICE}.cases.resolve"
    BY: ClassVar[str | None] = "decided_by"
    number: int
    ssin: str | None = None
    #: distinguishes requests with equal content: an operator may repeat a request after the register got the
    #: worker
    request: UUID | None = None
    decided_by: str | None = None  #: the operator's account at the broker, which the receiver writes

    @property
    def event_id(self) -> UUID:
        return derived_id("caseResolved", self.number, self.request)


class DeclarationDiscarded(Sharded):
    """operator → personnel file: refuse with 90059-163 a declaration that cannot be settled (decision D6)."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.discard"
    FACT: ClassVar[str] = "discarded"
    BY: ClassVar[str | None] = "discarded_by"
    discarded_by: str | None = None  #: the operator's account at the broker, which the receiver writes
    discarded_at: datetime
    reason: str  #: the operator's explanation, without personal data


MESSAGES: dict[str, type[Message]] = {
    message.TYPE: message
    for message in (
        DeclarationAdmitted,
        ChangeAdmitted,
        IdentificationEnded,
        DeclarationProvisional,
        DeclarationSettled,
        DeclarationRefused,
        FormSubmitted,
        FormAnswered,
        PeriodsAsked,
        PeriodsFound,
        WorkerRegistered,
        CareerRegistered,
        CaseResolved,
        DeclarationDiscarded,
        WorkerNumberReplaced,
        EmployerNumberReplaced,
        EnterpriseRegistered,
        PeriodLockSet,
        SituationChanged,
        NotificationDeposited,
        LetterWritten,
    )
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A CloudEvent for one client or institution, sent on the recipient's own lane (decision D5)."""

    id: UUID
    recipient: str  #: `reply.<client id>` or `institution.<id>`: also the name of its queue
    type: str
    body: str  #: the whole CloudEvent, structured JSON


def to_json(value: BaseModel) -> str:
    """Return a value as JSON for messages: names in camelCase, no nulls (Belgif jsn-null)."""
    return value.model_dump_json(by_alias=True, exclude_none=True)
