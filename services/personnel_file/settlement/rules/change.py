"""Anomalies of the content of an OUT or UPDATE, which is checked against the stored period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.personnel_file.relation.rules import Period, State
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.calendar import local_date
from shared.domain.declaration import Span, Update
from shared.domain.declared import Kind
from shared.domain.features import (
    FLEXI,
    OCCASIONAL,
    STUDENT,
    STUDENT_START_STAYS_AFTER,
    Closure,
    has_planned_days,
    has_planned_hours,
    is_closed,
    requires_end_date,
)
from shared.domain.lateness import warns_of_lateness
from shared.domain.span_rules import (
    crosses_quarter,
    fits_flexi_period,
    is_day_lump_sum,
    is_flexi_period,
    is_start_outside_type,
    lasts_too_long,
    must_end_on_start_day,
)


@dataclass(frozen=True, slots=True)
class UpdateCase:
    """An UPDATE, the stored period, and the span and planned hours that would result."""

    update: Update
    period: Period
    span: Span
    planned_hours: int | None
    planned_days: int | None
    received_at: datetime  #: the reception, which decides whether a new start is too early (rules R8, R9)
    late_after: datetime  #: the instant by which lateness is judged (decision D9)
    closures: Sequence[Closure]

    @property
    def is_unclear(self) -> bool:
        """Whether the UPDATE gives no date, hour, planned hours or planned days that the period can have."""
        return _misses_date(self) or _misses_date_and_hour(self)

    @property
    def worker_type(self) -> str:
        """The type of the period, which no UPDATE changes."""
        return self.period.features.worker_type


def by_period(period: Period) -> bool:
    """Return whether the period is a flexi-job by period (rules R17, R18)."""
    return is_flexi_period(period.features.worker_type, period.span)


def _takes_hours(period: Period) -> bool:
    """Return whether the period may have hours: worker type EXT, or flexi-job by day (rules R19, R20)."""
    type_ = period.features.worker_type
    return type_ == OCCASIONAL or (type_ == FLEXI and period.span.has_hours)


def _is_lump_sum(period: Period) -> bool:
    """Return whether the work is occasional Horeca work without an end hour, paid by the day (rule R20)."""
    features = period.features
    user = features.using_employer.joint_commission if features.using_employer is not None else None
    return is_day_lump_sum(features.worker_type, features.joint_commission, user, period.span.end_hour)


def _misses_date(case: UpdateCase) -> bool:
    """Return whether an UPDATE of a period without hours gives no date (rule R26).

    Planned hours or days are enough without a date, if the worker type has them.
    """
    is_enough = case.update.gives_date or _changes_plan(case)
    return not case.period.span.has_hours and not is_enough


def _misses_date_and_hour(case: UpdateCase) -> bool:
    """Return whether an UPDATE of a period with hours gives neither a date nor an hour (rule R26)."""
    return case.period.span.has_hours and not case.update.gives_date and not case.update.gives_hour


def _changes_nothing(case: UpdateCase) -> bool:
    """Return whether the UPDATE gives only values that the period has already (rule R26, client Q32)."""
    planned = case.planned_hours, case.planned_days
    same = case.span == case.period.span and planned == (case.period.planned_hours, case.period.planned_days)
    return same and not case.is_unclear


def _closes(case: UpdateCase) -> bool:
    """Return whether the UPDATE would close an open period (rule R27)."""
    open_ = case.period.state is State.OPEN
    return open_ and case.update.end is not None and not case.update.reopens


def _removes_end(case: UpdateCase) -> bool:
    """Return whether the UPDATE removes an end date that the worker type requires (rule R28).

    The authority has not published the difference between 00913-368 and 90378-368, so both are raised.
    """
    features = case.period.features
    return case.update.reopens and requires_end_date(features.joint_commission, features.worker_type)


def _moves_start(case: UpdateCase) -> bool:
    return case.update.start is not None and case.update.start != case.period.span.start


def _moves_start_of_student(case: UpdateCase) -> bool:
    """Return whether the UPDATE moves the start of a student's period that begins after 2016 (rule R25).

    An UPDATE may repeat the registered start.
    """
    is_new_scheme = case.period.span.start > STUDENT_START_STAYS_AFTER
    return case.worker_type == STUDENT and is_new_scheme and _moves_start(case)


def _start_unfit(case: UpdateCase) -> bool:
    """Return whether a new start is too early or too late for the type (rules R8, R9, R10)."""
    start = case.update.start
    if start is None or not _moves_start(case):
        return False
    return is_start_outside_type(case.worker_type, start, local_date(case.received_at))


def _puts_off_start(case: UpdateCase) -> bool:
    """Return whether the start of a flexi-job by period moves to a later day (rule R17).

    The authority has not published the other worker types that can have this anomaly.
    """
    start = case.update.start
    return by_period(case.period) and start is not None and start > case.period.span.start


def _puts_off_end(case: UpdateCase) -> bool:
    """Return whether the end of a flexi-job, by day or by period, moves to a later day (rule R17)."""
    end, known = case.update.end, case.period.span.end
    return case.worker_type == FLEXI and end is not None and known is not None and end > known


def _end_unfit(case: UpdateCase) -> bool:
    """Return whether the end does not fit the worker type (rules R16, R17)."""
    end = case.span.end
    if end is None:
        return False
    if must_end_on_start_day(case.worker_type, lump_sum=_is_lump_sum(case.period)):
        return end != case.span.start
    return by_period(case.period) and not fits_flexi_period(case.span.start, end)


def _dates_reversed(case: UpdateCase) -> bool:
    """Return whether the end date lies before the start date (rule R13)."""
    return case.span.end is not None and case.span.end < case.span.start


def _hours_reversed(case: UpdateCase) -> bool:
    """Return whether the end hour lies before the start hour (rule R21).

    For a field that the UPDATE omits, the registered value counts.
    """
    return case.span.ends_before_it_starts and not _dates_reversed(case)


def _start_hour_out_of_place(case: UpdateCase) -> bool:
    """Return whether a start hour is given that the period may not have (rule R19)."""
    return case.update.start_hour is not None and not _takes_hours(case.period)


def _end_hour_out_of_place(case: UpdateCase) -> bool:
    """Return whether an end hour is given that the period may not have (rule R20)."""
    takes_end_hour = _takes_hours(case.period) and not _is_lump_sum(case.period)
    return case.update.end_hour is not None and not takes_end_hour


def _planned_hours_missing(case: UpdateCase) -> bool:
    """Return whether the changed period must have planned hours and has none (rule R23).

    For example, a student's period without planned hours moves from 2016, when it had planned days, to 2017.
    """
    return case.planned_hours is None and has_planned_hours(case.worker_type, _last_day(case))


def _planned_hours_out_of_place(case: UpdateCase) -> bool:
    """Return whether planned hours are given that the changed period may not have (rule R23)."""
    return case.update.planned_hours is not None and not has_planned_hours(case.worker_type, _last_day(case))


def _planned_days_out_of_place(case: UpdateCase) -> bool:
    """Return whether planned days are given that the changed period may not have (rule R23).

    Only a student's period that ends in 2016 or earlier may have them.
    """
    return case.update.planned_days is not None and not has_planned_days(case.worker_type, _last_day(case))


def _more_days_than_period(case: UpdateCase) -> bool:
    """Return whether more days are planned than the changed period has (rule R23)."""
    end = case.span.end
    if case.planned_days is None or end is None or end < case.span.start:
        return False
    return case.planned_days > (end - case.span.start).days + 1


def _changes_plan(case: UpdateCase) -> bool:
    """Return whether the UPDATE gives planned hours or days that the type has (rule R23)."""
    hours = case.update.planned_hours is not None and has_planned_hours(case.worker_type, _last_day(case))
    days = case.update.planned_days is not None and has_planned_days(case.worker_type, _last_day(case))
    return hours or days


def _last_day(case: UpdateCase) -> date:
    return case.span.end or case.span.start


def _too_long(case: UpdateCase) -> bool:
    """Return whether a period with hours exceeds 24 hours (rule R22)."""
    span = case.span
    if span.end is None or span.start_hour is None or span.end_hour is None or not _takes_hours(case.period):
        return False
    return lasts_too_long(span.start, span.start_hour, span.end, span.end_hour)


def _two_quarters(case: UpdateCase) -> bool:
    """Return whether the period lies in two quarters, but its worker type allows only one (rule R15)."""
    end = case.span.end
    return end is not None and crosses_quarter(case.worker_type, case.span.start, end)


def _closed(case: UpdateCase) -> bool:
    """Return whether the authority has closed this kind of work on the start day of the period (rule R57)."""
    return is_closed(case.closures, case.worker_type, case.period.features.joint_commission, case.span.start)


def _late(case: UpdateCase) -> bool:
    """Return whether the UPDATE missed a deadline that has an anomaly (rule R3)."""
    after = replace(case.period, span=case.span, planned_hours=case.planned_hours)
    return warns_of_lateness(Kind.UPDATE, case.period, after, case.late_after)


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """A rule for UPDATE: anomaly code, path of the field at fault, and condition for the anomaly."""

    code: str
    path: str
    holds: Callable[[UpdateCase], bool]


UPDATE_ROWS: Final = (
    UpdateRow("00913-359", "dimonaUpdate.periodId", _closes),
    UpdateRow("00913-368", "dimonaUpdate.periodId", _removes_end),
    UpdateRow("90378-368", "dimonaUpdate", _removes_end),
    UpdateRow("90378-360", "dimonaUpdate", _misses_date),
    UpdateRow("90378-361", "dimonaUpdate", _misses_date_and_hour),
    UpdateRow("90378-444", "dimonaUpdate", _changes_nothing),
    UpdateRow("00910-005", "dimonaUpdate.startDate", _moves_start_of_student),
    UpdateRow("00910-008", "dimonaUpdate.startDate", _start_unfit),
    UpdateRow("00910-344", "dimonaUpdate.startDate", _puts_off_start),
    UpdateRow("00911-008", "dimonaUpdate.endDate", _end_unfit),
    UpdateRow("00911-014", "dimonaUpdate.endDate", _dates_reversed),
    UpdateRow("00911-344", "dimonaUpdate.endDate", _puts_off_end),
    UpdateRow("00777-005", "dimonaUpdate.startHour", _start_hour_out_of_place),
    UpdateRow("00778-005", "dimonaUpdate.endHour", _end_hour_out_of_place),
    UpdateRow("00778-345", "dimonaUpdate.endHour", _hours_reversed),
    UpdateRow("01135-001", "dimonaUpdate.plannedHoursNumber", _planned_hours_missing),
    UpdateRow("01135-005", "dimonaUpdate.plannedHoursNumber", _planned_hours_out_of_place),
    UpdateRow("01017-005", "dimonaUpdate.plannedDaysNumber", _planned_days_out_of_place),
    UpdateRow("90378-420", "dimonaUpdate", _more_days_than_period),
    UpdateRow("90378-341", "dimonaUpdate", _too_long),
    UpdateRow("90378-421", "dimonaUpdate", _two_quarters),
    UpdateRow("90378-450", "dimonaUpdate", _closed),
    UpdateRow("90378-460", "dimonaUpdate", _late),
)


def update_anomalies(case: UpdateCase) -> tuple[Anomaly, ...]:
    """Return all anomalies of the content of an UPDATE."""
    return tuple(anomaly(row.code, row.path) for row in UPDATE_ROWS if row.holds(case))


def out_anomalies(end: date, period: Period) -> tuple[Anomaly, ...]:
    """Return the first anomaly of an OUT, or an empty tuple (rules R13, R17, R18, R21).

    A flexi-job with hours can be open, for example after an UPDATE that reopened it. It must end on its start
    day or the next day. An OUT has no hour, and no reason 341 for more than 24 hours.
    """
    span = replace(period.span, end=end)
    if span.ends_before_it_starts:
        return (anomaly("00911-014", "dimonaOut.endDate"),)
    if by_period(period) and not fits_flexi_period(span.start, end):
        return (anomaly("00911-008", "dimonaOut.endDate"),)
    if period.features.worker_type == FLEXI and span.has_hours and (end - span.start).days > 1:
        return (anomaly("00911-008", "dimonaOut.endDate"),)
    return ()
