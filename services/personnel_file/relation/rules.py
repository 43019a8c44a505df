"""The state of the personnel file: relations, their periods, and the events that make them.

A relation is the fold of its events; every event adds one to its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span


class State(StrEnum):
    """The state of a period; the values are those of the wire."""

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
    locked: bool = False  #: by an NSSO official: the employer cannot change it
    late: bool = False
    #: overlaps one of equal features since two numbers of the worker became one; an agent decides
    overlapping: bool = False
    planned_days: int | None = None  #: of a student, for periods until 2016 (rule R23)

    @property
    def state(self) -> State:
        """Open, closed or canceled."""
        if self.canceled:
            return State.CANCELED
        return State.OPEN if self.span.end is None else State.CLOSED


@dataclass(frozen=True, slots=True)
class PeriodOpened:
    """An IN was accepted; with an end date the period is closed from the start."""

    period_id: int
    span: Span
    features: Features
    planned_hours: int | None = None
    locked: bool = False
    late: bool = False
    planned_days: int | None = None
    type: Literal["periodOpened"] = "periodOpened"


@dataclass(frozen=True, slots=True)
class PeriodClosed:
    """An OUT gave the period its end date."""

    period_id: int
    end: date
    type: Literal["periodClosed"] = "periodClosed"


@dataclass(frozen=True, slots=True)
class PeriodUpdated:
    """An UPDATE changed the period to this whole span and these planned hours."""

    period_id: int
    span: Span
    planned_hours: int | None = None
    planned_days: int | None = None
    type: Literal["periodUpdated"] = "periodUpdated"


@dataclass(frozen=True, slots=True)
class PeriodReopened:
    """An UPDATE removed the end date, and possibly changed more."""

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
    """A daily registration was changed: `span` is its whole new time, and takes the place of the old one."""

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
    """An agent locked the period: the employer cannot change it."""

    period_id: int
    type: Literal["periodLocked"] = "periodLocked"


@dataclass(frozen=True, slots=True)
class PeriodUnlocked:
    """The event of an agent who unlocked a period."""

    period_id: int
    type: Literal["periodUnlocked"] = "periodUnlocked"


@dataclass(frozen=True, slots=True)
class PeriodJoined:
    """A period was moved here, unchanged, from the relation of the worker under a former NISS."""

    period: Period
    days: tuple[DailyRegistration, ...] = ()
    type: Literal["periodJoined"] = "periodJoined"

    @property
    def period_id(self) -> int:
        """The number of the period."""
        return self.period.id


@dataclass(frozen=True, slots=True)
class PeriodsLeft:
    """All periods were moved to the relation under the NISS in force: this relation is empty."""

    type: Literal["periodsLeft"] = "periodsLeft"


@dataclass(frozen=True, slots=True)
class SsinReplaced:
    """The register gave the worker another NISS, which becomes that of the relation."""

    ssin: str
    type: Literal["ssinReplaced"] = "ssinReplaced"


@dataclass(frozen=True, slots=True)
class EmployerIdReplaced:
    """The employer got its definitive number; the enterprise number still identifies the relation."""

    employer_id: int
    type: Literal["employerIdReplaced"] = "employerIdReplaced"


OfPeriod = (
    PeriodOpened | PeriodClosed | PeriodUpdated | PeriodReopened | PeriodCanceled
    | PeriodLocked | PeriodUnlocked | PeriodJoined
)  # fmt: skip
OfDay = DayRegistered | DayUpdated | DayCanceled
OfRelation = PeriodsLeft | SsinReplaced | EmployerIdReplaced
Event = OfPeriod | OfDay | OfRelation

#: Writes events, and reads the stored ones.
EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def event_to_json(event: Event) -> str:
    """Return an event as the text that the history stores."""
    return EVENT.dump_json(event, exclude_none=True).decode()


@dataclass(frozen=True, slots=True)
class Relation:
    """One employer and worker. Only the register changes the NISS; employer and start stay (decision D32)."""

    employer: str
    ssin: str
    start: date
    end: date | None
    version: int
    periods: Mapping[int, Period]
    #: daily registrations; a loaded relation has only those of periods that a request concerns
    days: Mapping[int, DailyRegistration] = field(default_factory=dict)

    def apply(self, event: Event) -> Relation:
        """Return the relation after this event."""
        if isinstance(event, OfDay):
            day = _day_after(self.days.get(event.registration_id), event)
            return replace(self, version=self.version + 1, days={**self.days, day.id: day})
        if isinstance(event, OfRelation):
            return self._apply_to_whole(event)
        before = self.periods.get(event.period_id)
        period = _after(before, event)
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
        """Return whether this period can change the end of the relation. If not, no other is read."""
        if period is None:
            return False
        return self.end is None or period.span.end is None or period.span.end >= self.end


def relation_of(employer: str, ssin: str, opened: PeriodOpened) -> Relation:
    """Return the relation that begins with this first period."""
    return Relation(employer, ssin, opened.span.start, None, 0, {}).apply(opened)


def _day_after(day: DailyRegistration | None, event: OfDay) -> DailyRegistration:
    if isinstance(event, DayRegistered):
        return DailyRegistration(event.registration_id, event.period_id, event.span)
    assert day is not None, "only a day that was registered can change"
    if isinstance(event, DayUpdated):
        return replace(day, span=event.span)
    return replace(day, canceled=True)


def _after(period: Period | None, event: OfPeriod) -> Period:
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
    """Return the later of two ends, where None is the latest."""
    return None if end is None or other is None else max(end, other)


def _end(start: date, periods: Mapping[int, Period]) -> date | None:
    """Return the last end of the periods, or None while one is open (decision D32)."""
    last = start
    for period in periods.values():
        if not period.canceled:
            end = period.span.end
            if end is None:
                return None
            if end > last:  # not `max`, which costs as much as the whole loop
                last = end
    return last
