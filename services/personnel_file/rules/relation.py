"""The personnel file's state: relations, their periods, and the events that make them.

A relation is nothing but its events, folded; every event adds one to its version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span


class State(StrEnum):
    """Where a period stands (dimona.md §2); the values are those of the wire."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CANCELED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Period:
    """A period: what an accepted IN created, as it is now."""

    id: int  #: the Dimona number of the IN
    span: Span
    features: Features
    planned_hours: int | None = None
    canceled: bool = False
    locked: bool = False  #: entered by an NSSO official: the employer cannot act on it
    late: bool = False
    #: came to overlap one of equal features when two numbers of the worker became one; an agent's case
    overlapping: bool = False

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
    type: Literal["periodOpened"] = "periodOpened"


@dataclass(frozen=True, slots=True)
class PeriodClosed:
    """An OUT gave the period its end date."""

    period_id: int
    end: date
    type: Literal["periodClosed"] = "periodClosed"


@dataclass(frozen=True, slots=True)
class PeriodUpdated:
    """An UPDATE changed the period: this is all of its span and its planned hours now."""

    period_id: int
    span: Span
    planned_hours: int | None = None
    type: Literal["periodUpdated"] = "periodUpdated"


@dataclass(frozen=True, slots=True)
class PeriodReopened:
    """An UPDATE took the end date away, and perhaps changed more."""

    period_id: int
    span: Span
    planned_hours: int | None = None
    type: Literal["periodReopened"] = "periodReopened"


@dataclass(frozen=True, slots=True)
class PeriodCanceled:
    """A CANCEL ended the period for good."""

    period_id: int
    type: Literal["periodCanceled"] = "periodCanceled"


@dataclass(frozen=True, slots=True)
class DayRegistered:
    """A daily registration was accepted."""

    registration_id: int
    period_id: int
    span: Span
    type: Literal["dayRegistered"] = "dayRegistered"


@dataclass(frozen=True, slots=True)
class DayUpdated:
    """A daily registration changed: this is all of its span now."""

    registration_id: int
    period_id: int
    span: Span
    type: Literal["dayUpdated"] = "dayUpdated"


@dataclass(frozen=True, slots=True)
class DayCanceled:
    """A daily registration was canceled for good."""

    registration_id: int
    period_id: int
    type: Literal["dayCanceled"] = "dayCanceled"


@dataclass(frozen=True, slots=True)
class PeriodLocked:
    """An agent took the period out of the employer's hands."""

    period_id: int
    type: Literal["periodLocked"] = "periodLocked"


@dataclass(frozen=True, slots=True)
class PeriodUnlocked:
    """An agent gave it back."""

    period_id: int
    type: Literal["periodUnlocked"] = "periodUnlocked"


@dataclass(frozen=True, slots=True)
class PeriodJoined:
    """It came, as it was, from the relation that the worker had under a former NISS."""

    period: Period
    days: tuple[DailyRegistration, ...] = ()
    type: Literal["periodJoined"] = "periodJoined"

    @property
    def period_id(self) -> int:
        """The period that came."""
        return self.period.id


@dataclass(frozen=True, slots=True)
class PeriodsLeft:
    """All its periods joined the relation under the NISS in force: nothing is in this one any more."""

    type: Literal["periodsLeft"] = "periodsLeft"


@dataclass(frozen=True, slots=True)
class SsinReplaced:
    """The register gave the worker another NISS, which is the relation's from now on."""

    ssin: str
    type: Literal["ssinReplaced"] = "ssinReplaced"


@dataclass(frozen=True, slots=True)
class EmployerIdReplaced:
    """The employer got his definitive number; the relation is known by the enterprise number, as before."""

    employer_id: int
    type: Literal["employerIdReplaced"] = "employerIdReplaced"


OfPeriod = (
    PeriodOpened | PeriodClosed | PeriodUpdated | PeriodReopened | PeriodCanceled
    | PeriodLocked | PeriodUnlocked | PeriodJoined
)  # fmt: skip
OfDay = DayRegistered | DayUpdated | DayCanceled
OfRelation = PeriodsLeft | SsinReplaced | EmployerIdReplaced
Event = OfPeriod | OfDay | OfRelation

_EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def event_to_json(event: Event) -> str:
    """An event as it is kept in the history."""
    return _EVENT.dump_json(event, exclude_none=True).decode()


def event_from_json(text: str | bytes) -> Event:
    """The event that was kept. Raises ValueError when it is none."""
    return _EVENT.validate_json(text)


@dataclass(frozen=True, slots=True)
class Relation:
    """One employer × worker. Employer and start stay; the NISS too, unless the register replaces it (D32)."""

    employer: str
    ssin: str
    start: date
    end: date | None
    version: int
    periods: Mapping[int, Period]
    #: daily registrations; where a relation is loaded, only those of periods that one is about
    days: Mapping[int, DailyRegistration] = field(default_factory=dict)

    def apply(self, event: Event) -> Relation:
        """The relation after this event."""
        if isinstance(event, OfDay):
            day = _day_after(self.days.get(event.registration_id), event)
            return replace(self, version=self.version + 1, days={**self.days, day.id: day})
        if isinstance(event, OfRelation):
            return self._changed_as_a_whole(event)
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

    def _changed_as_a_whole(self, event: OfRelation) -> Relation:
        version = self.version + 1
        match event:
            case PeriodsLeft():
                return replace(self, end=_end(self.start, {}), version=version, periods={}, days={})
            case SsinReplaced():
                return replace(self, ssin=event.ssin, version=version)
            case EmployerIdReplaced():
                return replace(self, version=version)

    def _may_end_with(self, period: Period | None) -> bool:
        """Whether the end is as it is because of this period; of most it is not, and then nobody is asked."""
        if period is None:
            return False
        return self.end is None or period.span.end is None or period.span.end >= self.end


def relation_of(employer: str, ssin: str, opened: PeriodOpened) -> Relation:
    """A relation begins with the event of its first period."""
    return Relation(employer, ssin, opened.span.start, None, 0, {}).apply(opened)


def fold(employer: str, ssin: str, events: Iterable[Event]) -> Relation | None:
    """The relation that a history tells; None when nothing has happened yet."""
    relation: Relation | None = None
    for event in events:
        if relation is None:
            assert isinstance(event, PeriodOpened), "a history begins with a period"
            relation = relation_of(employer, ssin, event)
        else:
            relation = relation.apply(event)
    return relation


def _day_after(day: DailyRegistration | None, event: OfDay) -> DailyRegistration:
    if isinstance(event, DayRegistered):
        return DailyRegistration(event.registration_id, event.period_id, event.span)
    assert day is not None, "only a day that was registered can change"
    if isinstance(event, DayUpdated):
        return replace(day, span=event.span)
    return replace(day, canceled=True)


def _after(period: Period | None, event: OfPeriod) -> Period:
    if isinstance(event, PeriodOpened):
        return Period(
            event.period_id,
            event.span,
            event.features,
            event.planned_hours,
            locked=event.locked,
            late=event.late,
        )
    if isinstance(event, PeriodJoined):
        return event.period
    assert period is not None, "only a period that was opened can change"
    match event:
        case PeriodClosed():
            return replace(period, span=replace(period.span, end=event.end))
        case PeriodUpdated() | PeriodReopened():
            # Accepted means that it overlaps nobody, whatever it did before.
            return replace(period, span=event.span, planned_hours=event.planned_hours, overlapping=False)
        case PeriodCanceled():
            return replace(period, canceled=True, overlapping=False)
        case PeriodLocked() | PeriodUnlocked():
            return replace(period, locked=isinstance(event, PeriodLocked))


def _later(end: date | None, other: date | None) -> date | None:
    """The later of two ends, where none at all is the latest."""
    return None if end is None or other is None else max(end, other)


def _end(start: date, periods: Mapping[int, Period]) -> date | None:
    """Set when no period is open, withdrawn when one is (D32); never before the start of the relation."""
    last = start
    for period in periods.values():
        if not period.canceled:
            end = period.span.end
            if end is None:
                return None
            if end > last:  # not `max`, which costs as much as all the rest
                last = end
    return last
