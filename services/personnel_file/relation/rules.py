"""Relations and periods of the personnel file, and the events that change them.

The state of a relation results from its events, applied in order. Every event adds one to its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span


class State(StrEnum):
    """The states of a period. The values are those of the official messages."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CANCELED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Period:
    """The current state of a period that an accepted IN created."""

    id: int  #: the Dimona number of the IN
    span: Span
    features: Features
    planned_hours: int | None = None
    canceled: bool = False
    locked: bool = False  #: by an agent of the NSSO, so that the employer cannot change the period
    late: bool = False
    #: overlaps a period with equal features, because two numbers of the worker became one; an agent decides
    overlapping: bool = False
    planned_days: int | None = None  #: of a student, for periods until 2016 (rule R23)

    @property
    def state(self) -> State:
        """The state of the period: open, closed or canceled."""
        if self.canceled:
            return State.CANCELED
        return State.OPEN if self.span.end is None else State.CLOSED


@dataclass(frozen=True, slots=True)
class PeriodOpened:
    """The event of an accepted IN, which creates a period. A period with an end date is closed at once."""

    period_id: int
    span: Span
    features: Features
    planned_hours: int | None = None
    locked: bool = False
    late: bool = False
    planned_days: int | None = None
    late_after: datetime | None = None  #: start of our outage, if the IN waited through one (ADR 7)
    type: Literal["periodOpened"] = "periodOpened"


@dataclass(frozen=True, slots=True)
class PeriodClosed:
    """The event of an accepted OUT, which gave an open period its end date."""

    period_id: int
    end: date
    type: Literal["periodClosed"] = "periodClosed"


@dataclass(frozen=True, slots=True)
class PeriodUpdated:
    """The event of an accepted UPDATE. Its span, planned hours and planned days replace all old values."""

    period_id: int
    span: Span
    planned_hours: int | None = None
    planned_days: int | None = None
    type: Literal["periodUpdated"] = "periodUpdated"


@dataclass(frozen=True, slots=True)
class PeriodReopened:
    """The event of an accepted UPDATE that removed the end date. It may have changed other values too."""

    period_id: int
    span: Span
    planned_hours: int | None = None
    planned_days: int | None = None
    type: Literal["periodReopened"] = "periodReopened"


@dataclass(frozen=True, slots=True)
class PeriodCanceled:
    """The event of a CANCEL, which ends a period permanently."""

    period_id: int
    type: Literal["periodCanceled"] = "periodCanceled"


@dataclass(frozen=True, slots=True)
class DayRegistered:
    """The event of an accepted daily registration."""

    registration_id: int
    period_id: int
    span: Span
    type: Literal["dayRegistered"] = "dayRegistered"


@dataclass(frozen=True, slots=True)
class DayUpdated:
    """The event of a change of a daily registration. `span` is the whole new time and replaces the old."""

    registration_id: int
    period_id: int
    span: Span
    type: Literal["dayUpdated"] = "dayUpdated"


@dataclass(frozen=True, slots=True)
class DayCanceled:
    """The event of the permanent cancellation of a daily registration."""

    registration_id: int
    period_id: int
    type: Literal["dayCanceled"] = "dayCanceled"


@dataclass(frozen=True, slots=True)
class PeriodLocked:
    """The event of a lock by an agent: the employer cannot change the period."""

    period_id: int
    type: Literal["periodLocked"] = "periodLocked"


@dataclass(frozen=True, slots=True)
class PeriodUnlocked:
    """The event of an unlock by an agent: the employer can change the period again."""

    period_id: int
    type: Literal["periodUnlocked"] = "periodUnlocked"


@dataclass(frozen=True, slots=True)
class PeriodJoined:
    """The event of a period that the relation got from the relation under a former NISS of the worker."""

    period: Period
    days: tuple[DailyRegistration, ...] = ()
    type: Literal["periodJoined"] = "periodJoined"

    @property
    def period_id(self) -> int:
        """The number of the period."""
        return self.period.id


@dataclass(frozen=True, slots=True)
class PeriodsLeft:
    """The event of a relation from which all periods moved to the relation under the NISS in force."""

    type: Literal["periodsLeft"] = "periodsLeft"


@dataclass(frozen=True, slots=True)
class SsinReplaced:
    """The event of a new NISS from the register: it replaces the NISS of the relation."""

    ssin: str
    type: Literal["ssinReplaced"] = "ssinReplaced"


@dataclass(frozen=True, slots=True)
class EmployerIdReplaced:
    """The event of an employer that got its definitive NSSO number.

    The enterprise number, which identifies the relation, is unchanged.
    """

    employer_id: int
    type: Literal["employerIdReplaced"] = "employerIdReplaced"


OfPeriod = (
    PeriodOpened | PeriodClosed | PeriodUpdated | PeriodReopened | PeriodCanceled
    | PeriodLocked | PeriodUnlocked | PeriodJoined
)  # fmt: skip
OfDay = DayRegistered | DayUpdated | DayCanceled
OfRelation = PeriodsLeft | SsinReplaced | EmployerIdReplaced
Event = OfPeriod | OfDay | OfRelation

#: Converts events to JSON for the history, and stored JSON to events.
EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def event_to_json(event: Event) -> str:
    """Return an event as the text that the history stores."""
    return EVENT.dump_json(event, exclude_none=True).decode()


@dataclass(frozen=True, slots=True)
class Relation:
    """One employer with one worker. Only the register changes the NISS.

    The employer and the start date never change (decision D32).
    """

    employer: str
    ssin: str
    start: date
    end: date | None
    version: int
    periods: Mapping[int, Period]
    #: daily registrations by number; settlement loads only the days of periods that its requests concern
    days: Mapping[int, DailyRegistration] = field(default_factory=dict)

    def apply(self, event: Event) -> Relation:
        """Return the relation after this event."""
        if isinstance(event, OfDay):
            day = day_after(self.days.get(event.registration_id), event)
            return replace(self, version=self.version + 1, days={**self.days, day.id: day})
        if isinstance(event, OfRelation):
            return self._apply_to_whole(event)
        before = self.periods.get(event.period_id)
        period = period_after(before, event)
        periods = {**self.periods, period.id: period}
        if self.periods and not self._may_end_with(before):
            end = self.end if period.canceled else _later(self.end, period.span.end)
        else:
            end = _end(self.start, periods)
        days = self.days
        if isinstance(event, PeriodJoined) and event.days:
            days = {**days, **{day.id: day for day in event.days}}
        return replace(self, end=end, version=self.version + 1, periods=periods, days=days)

    def _apply_to_whole(self, event: OfRelation) -> Relation:
        version = self.version + 1
        match event:
            case PeriodsLeft():
                return replace(self, end=_end(self.start, {}), version=version, periods={}, days={})
            case SsinReplaced():
                return replace(self, ssin=event.ssin, version=version)
            case EmployerIdReplaced():
                return replace(self, version=version)

    def _may_end_with(self, period: Period | None) -> bool:
        """Return whether a change of this period can make the end of the relation earlier.

        If so, `apply` computes the end from all periods. A new period (None) cannot make it earlier.
        """
        if period is None:
            return False
        return self.end is None or period.span.end is None or period.span.end >= self.end


def relation_of(employer: str, ssin: str, opened: PeriodOpened) -> Relation:
    """Return the relation that begins with this first period."""
    return Relation(employer, ssin, opened.span.start, None, 0, {}).apply(opened)


def day_after(day: DailyRegistration | None, event: OfDay) -> DailyRegistration:
    """Return a daily registration after an event. `day` is None before it was registered."""
    if isinstance(event, DayRegistered):
        return DailyRegistration(event.registration_id, event.period_id, event.span)
    assert day is not None, "only a day that was registered can change"
    if isinstance(event, DayUpdated):
        return replace(day, span=event.span)
    return replace(day, canceled=True)


def period_after(period: Period | None, event: OfPeriod) -> Period:
    """Return a period after an event. `period` is None before it was opened, or before it joined."""
    if isinstance(event, PeriodOpened):
        opened = Period(event.period_id, event.span, event.features, event.planned_hours)
        return replace(opened, locked=event.locked, late=event.late, planned_days=event.planned_days)
    if isinstance(event, PeriodJoined):
        return event.period
    assert period is not None, "only a period that was opened can change"
    match event:
        case PeriodClosed():
            return replace(period, span=replace(period.span, end=event.end))
        case PeriodUpdated() | PeriodReopened():
            # Accepted means that it overlaps no period now.
            hours, days = event.planned_hours, event.planned_days
            changed = replace(period, span=event.span, planned_hours=hours, planned_days=days)
            return replace(changed, overlapping=False)
        case PeriodCanceled():
            return replace(period, canceled=True, overlapping=False)
        case PeriodLocked() | PeriodUnlocked():
            return replace(period, locked=isinstance(event, PeriodLocked))


def _later(end: date | None, other: date | None) -> date | None:
    """Return the later of two end dates. None means no end, and is later than every date."""
    return None if end is None or other is None else max(end, other)


def _end(start: date, periods: Mapping[int, Period]) -> date | None:
    """Return the latest end of the periods, or None while a period is open (decision D32).

    Canceled periods do not count. Without other periods it is the start of the relation.
    """
    last = start
    for period in periods.values():
        if not period.canceled:
            end = period.span.end
            if end is None:
                return None
            if end > last:  # not `max`, which costs as much as the whole loop
                last = end
    return last
