"""Messages about changes of the personnel file that no declaration caused."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.message_base import SERVICE, Message, derived_id
from shared.persons import Person


class WorkerNumberReplaced(Message):
    """identification → personnel file: a new NISS replaces earlier numbers of the worker."""

    TYPE: ClassVar[str] = f"{SERVICE}.workers.notify.numberReplaced"
    worker: Person  #: under the number in force, with all replaced numbers
    #: a counter of identification: the message with the higher number prevails
    order: int
    effective_on: date

    @property
    def event_id(self) -> UUID:
        return derived_id("workerNumberReplaced", self.order)


class EmployerNumberReplaced(Message):
    """access → personnel file: an employer got its definitive NSSO number (rule R43)."""

    TYPE: ClassVar[str] = f"{SERVICE}.employers.notify.numberReplaced"
    enterprise_number: str
    provisional_id: int
    employer_id: int
    effective_on: date

    @property
    def event_id(self) -> UUID:
        return derived_id("employerNumberReplaced", self.provisional_id, self.employer_id)


class PeriodLockSet(Message):
    """agent → personnel file: lock a period against changes by the employer, or unlock it (IsLocked)."""

    TYPE: ClassVar[str] = f"{SERVICE}.periods.lock"
    BY: ClassVar[str | None] = "set_by"
    period_id: int
    locked: bool
    set_by: str | None = None  #: the agent's account at the broker, which the receiver writes
    set_at: datetime
    reason: str  #: the agent's explanation, without personal data
    request: UUID  #: distinguishes requests with equal content

    @property
    def event_id(self) -> UUID:
        return derived_id("periodLockSet", self.period_id, self.request)


class SituationChanged(Message):
    """personnel file → notifier: a relation, or a number of an employer, has changed."""

    TYPE: ClassVar[str] = f"{SERVICE}.situations.notify.changed"
    subject: UUID  #: the change of one relation or of one employer number; each is notified once
    enterprise_number: str
    employer_id: int
    justification_code: int | None = None  #: Annex 40: 90 for a NISS, none for a definitive number
    effective_on: date
    worker: Person | None = None  #: current data, for a change of a worker
    outdated_ssin: str | None = None

    @property
    def event_id(self) -> UUID:
        return derived_id("situationChanged", self.subject)
