"""The messages about what changes the personnel file without a declaration, and who is told of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.message_base import SERVICE, Message, derived_id
from shared.persons import Person


class WorkerNumberReplaced(Message):
    """identification → personnel file: the worker has this NISS; his former ones are nobody's any more."""

    TYPE: ClassVar[str] = f"{SERVICE}.workers.notify.numberReplaced"
    worker: Person  #: under the number in force, with all that it has replaced
    #: identification's own count: of two that contradict each other the higher one is true
    order: int
    effective_on: date

    @property
    def event_id(self) -> UUID:
        return derived_id("workerNumberReplaced", self.order)


class EmployerNumberReplaced(Message):
    """access → personnel file: the definitive NSSO number of an employer has come (R43)."""

    TYPE: ClassVar[str] = f"{SERVICE}.employers.notify.numberReplaced"
    enterprise_number: str
    provisional_id: int
    employer_id: int
    effective_on: date

    @property
    def event_id(self) -> UUID:
        return derived_id("employerNumberReplaced", self.provisional_id, self.employer_id)


class PeriodLockSet(Message):
    """agent → personnel file: from now on the employer can, or cannot, act on a period (IsLocked)."""

    TYPE: ClassVar[str] = f"{SERVICE}.periods.lock"
    period_id: int
    locked: bool
    set_by: str  #: the agent, by the name the machine knows him under
    set_at: datetime
    reason: str  #: the agent's words; never about a person
    request: UUID  #: tells one word of an agent from the next

    @property
    def event_id(self) -> UUID:
        return derived_id("periodLockSet", self.period_id, self.request)


class SituationChanged(Message):
    """personnel file → notifier: what was changed of an employer's relation, or of his number (I7)."""

    TYPE: ClassVar[str] = f"{SERVICE}.situations.notify.changed"
    subject: UUID  #: of what it is told, once: a change of one relation, or of one employer's number
    enterprise_number: str
    employer_id: int
    justification_code: int | None = None  #: Annex 40: 90 for a NISS; none is meant for a definitive number
    effective_on: date
    worker: Person | None = None  #: as he is now, where it is about a worker
    outdated_ssin: str | None = None

    @property
    def event_id(self) -> UUID:
        return derived_id("situationChanged", self.subject)
