"""Messages about queries in files of expeditors, which the personnel file answers page by page (ADR 28)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.domain.declared import DeclaredFeatures, DeclaredWorker
from shared.message_base import SERVICE, Message, derived_id
from shared.persons import EmployerNumbers, Value


class PeriodsAsked(Message):
    """files → personnel file: a request for one page of the periods of an employer."""

    TYPE: ClassVar[str] = f"{SERVICE}.periods.notify.asked"
    client_id: str  #: the technical client of the expeditor; its rights count
    ticket: str  #: of the file with the query
    page: int  #: from 1
    employer_id: int | None = None  #: prevails over the enterprise number
    enterprise_number: str | None = None  #: 10 digits
    start_date: date | None = None  #: periods that are active on this day or later
    end_date: date | None = None  #: periods that are active on this day or earlier
    after: int = 0  #: number of the period after which the page begins
    asked_at: datetime  #: a page that does not come is asked for again, with another id

    @property
    def event_id(self) -> UUID:
        return derived_id("periodsAsked", self.ticket, self.page, self.asked_at)


class FoundPeriod(Value):
    """A period as it is now, with the names of REST v2; dates as YYYY-MM-DD and hours as HHMM."""

    period_id: int
    locked: bool
    canceled: bool
    late: bool
    start_date: str
    start_hour: str | None = None
    end_date: str | None = None
    end_hour: str | None = None
    planned_hours_number: int | None = None
    planned_days_number: int | None = None
    updated_at: datetime  #: of the last change
    worker: DeclaredWorker  #: only the NISS, if all periods of the worker at the employer are canceled
    features: DeclaredFeatures


class Unanswered(StrEnum):
    """The reasons for which a query gets no page."""

    UNKNOWN_EMPLOYER = "unknownEmployer"
    NO_MANDATE = "noMandate"
    TOO_LONG = "tooLong"  #: the search took more time than a search may take


class PeriodsFound(Message):
    """personnel file → files: one page of periods, or the reason for none."""

    TYPE: ClassVar[str] = f"{SERVICE}.periods.notify.found"
    ticket: str
    page: int
    employer: EmployerNumbers | None = None  #: None if it is unknown, or without a mandate
    periods: tuple[FoundPeriod, ...] = ()
    after: int | None = None  #: number after which the next page begins; None on the last page
    unanswered: Unanswered | None = None

    @property
    def event_id(self) -> UUID:
        return derived_id("periodsFound", self.ticket, self.page)
