"""Every message between services. Read this first.

Each message is an immutable value with the CloudEvents type under which it travels; how it is put
into an envelope and carried is told in `shared/envelope.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID
from zlib import crc32

from pydantic import BaseModel

from shared.contestation import LetterPart as LetterPart  # noqa: PLC0414
from shared.contestation import LetterWritten as LetterWritten  # noqa: PLC0414
from shared.contestation import NotificationDeposited as NotificationDeposited  # noqa: PLC0414
from shared.domain.anomalies import Anomaly
from shared.domain.declared import Declaration
from shared.impact import PeriodImpact as PeriodImpact  # noqa: PLC0414
from shared.impact import PeriodState as PeriodState  # noqa: PLC0414
from shared.message_base import SERVICE as SERVICE  # noqa: PLC0414 - part of the messages, told here
from shared.message_base import Message as Message  # noqa: PLC0414
from shared.message_base import derived_id as derived_id  # noqa: PLC0414
from shared.mutations import EmployerNumberReplaced as EmployerNumberReplaced  # noqa: PLC0414
from shared.mutations import PeriodLockSet as PeriodLockSet  # noqa: PLC0414
from shared.mutations import SituationChanged as SituationChanged  # noqa: PLC0414
from shared.mutations import WorkerNumberReplaced as WorkerNumberReplaced  # noqa: PLC0414
from shared.persons import Career as Career  # noqa: PLC0414
from shared.persons import Person as Person  # noqa: PLC0414
from shared.persons import RegisteredAddress as RegisteredAddress  # noqa: PLC0414
from shared.persons import RegisterEntry as RegisterEntry  # noqa: PLC0414
from shared.persons import Value as Value  # noqa: PLC0414

SHARDS = 8


def notification_id(number: int, *, final: bool = True) -> UUID:
    """The id of a declaration's notification: the one final, or the provisional one before it (D3)."""
    return derived_id("notification" if final else "provisionalNotification", number)


def shard_of(order_key: str) -> int:
    """The shard that settles an order key: 0 to 7, fixed (decision D1)."""
    return crc32(order_key.encode()) % SHARDS


class Channel(StrEnum):
    """How a declaration came in; secured or not is decided by a table (decision D33)."""

    QUEUE = "queue"
    REST = "rest"
    SFTP = "sftp"
    WEB = "web"
    MQ = "mq"
    OPEN_WEB = "openWeb"
    SMS = "sms"
    VOICE = "voice"


#: Where the exact excess of a quota is told; elsewhere only the warning (D33).
SECURED_CHANNELS: Final = frozenset({Channel.QUEUE, Channel.REST, Channel.SFTP, Channel.WEB, Channel.MQ})

#: Whose senders are replied in their queue; the others read what became of their declaration (D3).
REPLIED_CHANNELS: Final = frozenset({Channel.QUEUE})


class Sender(Value):
    """Who sent a declaration: the technical client the broker vouches for, and its organization."""

    client_id: str
    organization: str  #: enterprise number, 10 digits
    channel: Channel
    message_id: str  #: the sender's own CloudEvents id
    message_source: str  #: the sender's own CloudEvents source


class EmployerNumbers(Value):
    """An employer of the directory: enterprise number (10 digits) and NSSO or provisional number."""

    enterprise_number: str
    employer_id: int


class Result(StrEnum):
    """What a declaration ends with; S only says that the worker is still being identified."""

    ACCEPTED = "A"
    WARNING = "W"
    REFUSED = "B"
    PROVISIONAL = "S"


class ReceivedDeclaration(Value):
    """A declaration with all that intake knows of it; it travels whole, from stage to stage."""

    number: int  #: Dimona number: 12 digits
    declared: Declaration
    sender: Sender
    received_at: datetime  #: the legal instant of reception, database time (D9); never rewritten
    late_after: datetime  #: instant that lateness is judged by: reception, or the start of our own outage
    employer: EmployerNumbers | None = None  #: None when refused before the employer was known
    #: of a daily registration: he has chosen Dimona for them; like a mandate, judged at reception (D9)
    registers_days: bool | None = None
    order_key: str | None = None  #: keyed hash; None when intake itself refused it
    previous: int | None = None  #: number admitted just before under the same key (D1)
    anomalies: tuple[Anomaly, ...] = ()  #: what intake found: warnings when admitted


class QuotaExcess(Value):
    """What a period takes beyond a quota: hours or days, by the official name of the quota (R59)."""

    quota_type: str
    exceeding_hours: int | None = None
    exceeding_days: int | None = None


class Outcome(Value):
    """How a declaration ended (A, W, B), or that it waits for identification (S)."""

    result: Result
    anomalies: tuple[Anomaly, ...] = ()
    quota: tuple[QuotaExcess, ...] = ()  #: only for what came through a secured channel (D33)
    period_id: int | None = None
    daily_registration_id: int | None = None  #: the number of the declaration that created it
    decided_at: datetime


class DeclarationAdmitted(Message):
    """intake → identification: an IN that is well formed and may be said by its sender."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.admitted"
    declaration: ReceivedDeclaration

    @property
    def event_id(self) -> UUID:
        return derived_id("admitted", self.declaration.number)


class ChangeAdmitted(Message):
    """intake → personnel file: an OUT, UPDATE, CANCEL or day of a period whose IN intake has received."""

    TYPE: ClassVar[str] = f"{SERVICE}.changes.notify.admitted"
    declaration: ReceivedDeclaration

    @property
    def event_id(self) -> UUID:
        return derived_id("admitted", self.declaration.number)

    @property
    def routing_key(self) -> str:
        return sharded(self.TYPE, self.declaration)


class IdentificationEnded(Message):
    """identification → personnel file: every end of an identification; `worker` None means 90017-151."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.identificationEnded"
    declaration: ReceivedDeclaration
    worker: Person | None = None

    @property
    def event_id(self) -> UUID:
        return derived_id("identificationEnded", self.declaration.number)

    @property
    def routing_key(self) -> str:
        return sharded(self.TYPE, self.declaration)


class DeclarationProvisional(Message):
    """identification → intake, notifier: the worker was not found at once (result S)."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.provisional"
    declaration: ReceivedDeclaration
    outcome: Outcome

    @property
    def event_id(self) -> UUID:
        return derived_id("provisional", self.declaration.number)


class DeclarationSettled(Message):
    """personnel file → intake, notifier: the final result of an admitted declaration."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.settled"
    declaration: ReceivedDeclaration
    outcome: Outcome
    worker: Person | None = None
    impact: tuple[PeriodImpact, ...] = ()  #: what it changed; empty when it was refused

    @property
    def event_id(self) -> UUID:
        return derived_id("final", self.declaration.number)


class DeclarationRefused(Message):
    """intake → notifier: the final result B of a declaration that intake itself refused."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.notify.refused"
    declaration: ReceivedDeclaration
    outcome: Outcome

    @property
    def event_id(self) -> UUID:
        return derived_id("final", self.declaration.number)


class WorkerRegistered(Message):
    """person register → identification: somebody entered the register, or his data changed."""

    TYPE: ClassVar[str] = f"{SERVICE}.workers.notify.registered"
    worker: RegisterEntry
    #: the register's own number of this change; a repeat of the same number has no effect
    sequence: int

    @property
    def event_id(self) -> UUID:
        return derived_id("registered", self.sequence)


class CareerRegistered(Message):
    """register of careers → identification: what a quarter of somebody's career opens, or no longer opens."""

    TYPE: ClassVar[str] = f"{SERVICE}.careers.notify.registered"
    career: Career
    #: the register's own number of this change; a repeat of the same number has no effect
    sequence: int

    @property
    def event_id(self) -> UUID:
        return derived_id("careerRegistered", self.sequence)


class CaseResolved(Message):
    """operator → identification: this declaration's worker is the person with this NISS; None gives up."""

    TYPE: ClassVar[str] = f"{SERVICE}.cases.resolve"
    number: int
    ssin: str | None = None
    #: tells one word of an operator from the next: the same word may be needed again, once the register
    #: knows the worker
    request: UUID | None = None

    @property
    def event_id(self) -> UUID:
        return derived_id("caseResolved", self.number, self.request)


class DeclarationDiscarded(Message):
    """operator → personnel file: what cannot be handled ends, in its turn, with 90059-163 (D6)."""

    TYPE: ClassVar[str] = f"{SERVICE}.declarations.discard"
    declaration: ReceivedDeclaration
    discarded_by: str  #: the operator, by the name the machine knows him under
    discarded_at: datetime
    reason: str  #: the operator's words; never about a person

    @property
    def event_id(self) -> UUID:
        return derived_id("discarded", self.declaration.number)

    @property
    def routing_key(self) -> str:
        return sharded(self.TYPE, self.declaration)


def sharded(type_: str, declaration: ReceivedDeclaration) -> str:
    """Routing key of a type that is settled in shards: the type, then the shard's number."""
    assert declaration.order_key is not None, "only an admitted declaration is settled"
    return f"{type_}.{shard_of(declaration.order_key)}"


MESSAGES: dict[str, type[Message]] = {
    message.TYPE: message
    for message in (
        DeclarationAdmitted,
        ChangeAdmitted,
        IdentificationEnded,
        DeclarationProvisional,
        DeclarationSettled,
        DeclarationRefused,
        WorkerRegistered,
        CareerRegistered,
        CaseResolved,
        DeclarationDiscarded,
        WorkerNumberReplaced,
        EmployerNumberReplaced,
        PeriodLockSet,
        SituationChanged,
        NotificationDeposited,
        LetterWritten,
    )
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message for somebody outside: a CloudEvent that goes to one recipient's own lane (decision D5)."""

    id: UUID
    recipient: str  #: `reply.<client id>` or `institution.<id>`: also the name of the recipient's queue
    type: str
    body: str  #: the whole CloudEvent, structured JSON


def to_json(value: BaseModel) -> str:
    """A value as it is on the wire: camelCase, no nulls (Belgif rule jsn-null)."""
    return value.model_dump_json(by_alias=True, exclude_none=True)
