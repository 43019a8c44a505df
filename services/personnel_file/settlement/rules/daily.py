"""Checks of a daily registration against its period and the other days of the period (rule R36)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from services.personnel_file.relation.rules import DayCanceled, DayRegistered, DayUpdated, OfDay, Period
from services.personnel_file.settlement.rules.change import by_period
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.daily import CancelDaily, CreateDaily, Daily, DailyRegistration, ModifyDaily
from shared.domain.declaration import Span
from shared.domain.declared import Kind

_BLOCK: Final = Kind.DAILY.block
#: The longest registration; the maximum of the authority is not published.
LONGEST: Final = timedelta(hours=24)
#: The anomaly of an overlap that the rows below find, or the database (decision D8).
OVERLAP: Final = anomaly("90480-334", _BLOCK)


@dataclass(frozen=True, slots=True)
class DailySettlement:
    """The decision on a daily registration: the anomalies that refuse it, or else the state that results."""

    anomalies: tuple[Anomaly, ...]
    registration: DailyRegistration | None

    def event(self, daily: Daily) -> OfDay | None:
        """Return the event that records this registration, change or cancellation of a day in the relation.

        It is None when the declaration is refused.
        """
        day = self.registration
        if day is None:
            return None
        match daily:
            case CreateDaily():
                return DayRegistered(day.id, day.period_id, day.span)
            case ModifyDaily():
                return DayUpdated(day.id, day.period_id, day.span)
            case CancelDaily():
                return DayCanceled(day.id, day.period_id)


@dataclass(frozen=True, slots=True)
class DailyCase:
    """A daily registration to check, with its period and the other registrations of the period."""

    span: Span
    period: Period
    before: Span | None  #: the span before a change; None for a new registration
    others: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class DailyRow:
    """A rule for daily registrations: anomaly code, field at fault, and condition for the anomaly."""

    code: str
    field: str
    holds: Callable[[DailyCase], bool]


def _starts_outside(case: DailyCase) -> bool:
    period = case.period.span
    return case.span.start < period.start or (period.end is not None and period.end < case.span.start)


def _ends_outside(case: DailyCase) -> bool:
    period, end = case.period.span, case.span.end
    return end is not None and (end < period.start or (period.end is not None and period.end < end))


def _dates_reversed(case: DailyCase) -> bool:
    return case.span.end is not None and case.span.end < case.span.start


def _hours_reversed(case: DailyCase) -> bool:
    return case.span.ends_before_it_starts and not _dates_reversed(case)


def _too_long(case: DailyCase) -> bool:
    start, end = case.span.interval
    return end is not None and end - start > LONGEST


def _overlaps(case: DailyCase) -> bool:
    return not case.span.ends_before_it_starts and any(case.span.overlaps(other) for other in case.others)


DAILY_ROWS: Final = (
    DailyRow("90480-444", "", lambda case: case.span == case.before),
    DailyRow("00910-462", "startDate", _starts_outside),
    DailyRow("00911-014", "endDate", _dates_reversed),
    DailyRow("00911-462", "endDate", _ends_outside),
    DailyRow("00778-345", "endHour", _hours_reversed),
    DailyRow("90480-260", "", _too_long),
    DailyRow(OVERLAP.code, "", _overlaps),
)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A rule for the period of a daily registration: anomaly codes, and the condition for the anomaly.

    Only the first rule with a true condition gives an anomaly. `code` is for a new daily registration, and
    `code_of_change` for a change or cancellation (rule R36).
    """

    code: str
    holds: Callable[[Period, bool], bool]
    code_of_change: str


PERIOD_ROWS: Final = (
    PeriodRow("00913-355", lambda period, _: period.canceled, "01085-181"),
    PeriodRow("00913-362", lambda period, _: period.locked, "01085-181"),
    PeriodRow("00913-461", lambda _, chosen: not chosen, "00913-461"),
    PeriodRow("00913-462", lambda period, _: not by_period(period), "00913-462"),
)


def register(
    daily: Daily,
    number: int,
    period: Period | None,
    registrations: Mapping[int, DailyRegistration],
    *,
    chosen: bool,
    in_refused: bool = False,
) -> DailySettlement:
    """Return the decision on a daily registration, or on its change or cancellation.

    Args:
        daily: The registration, change or cancellation that is declared.
        number: The Dimona number of the declaration.
        period: The period that the declaration names, directly or by a registration; None if unknown.
        registrations: The daily registrations of the period, by number.
        chosen: Whether the employer registers days through Dimona.
        in_refused: Whether the IN of the period was refused.
    """
    known = None if isinstance(daily, CreateDaily) else registrations.get(daily.registration_id)
    found = tuple(_check_reference(daily, known, period, chosen, in_refused))
    if found:
        return DailySettlement(found, None)
    assert period is not None
    match daily:
        case CreateDaily():
            after = DailyRegistration(number, period.id, daily.span)
        case ModifyDaily():
            assert known is not None
            after = replace(known, span=daily.applied_to(known.span))
        case CancelDaily():
            assert known is not None
            return DailySettlement((), replace(known, canceled=True))
    before = known.span if known is not None else None
    case_ = DailyCase(after.span, period, before, tuple(_standing(registrations.values(), after.id)))
    found = tuple(
        anomaly(row.code, f"{_BLOCK}.{row.field}" if row.field else _BLOCK)
        for row in DAILY_ROWS
        if row.holds(case_)
    )
    return DailySettlement(found, None if found else after)


def _check_reference(
    daily: Daily, known: DailyRegistration | None, period: Period | None, chosen: bool, in_refused: bool
) -> Iterator[Anomaly]:
    """Yield at most one anomaly: the named period or registration is unknown or accepts no change."""
    creates = isinstance(daily, CreateDaily)
    path = f"{_BLOCK}.{'periodId' if creates else 'dailyRegistrationId'}"
    if not creates:
        if known is None or known.canceled:
            yield anomaly("01085-354" if known is None else "01085-355", path)
            return
    elif period is None:
        yield anomaly("00913-357" if in_refused else "00913-354", path)
        return
    assert period is not None, "a registration has a period"
    for row in PERIOD_ROWS:
        if row.holds(period, chosen):
            yield anomaly(row.code if creates else row.code_of_change, path)
            return


def _standing(registrations: Iterable[DailyRegistration], itself: int) -> Iterator[Span]:
    return (day.span for day in registrations if not day.canceled and day.id != itself)
