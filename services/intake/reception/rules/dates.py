"""Rows of the rule table about dates, hours, planned hours and lateness (rules R1, R8 to R23)."""

from __future__ import annotations

from datetime import date, time
from typing import Final

from services.intake.reception.rules.facts import INVALID, Facts
from services.intake.reception.rules.row import BLOCK, ENDED, IN, OUT, TIMED, Row
from shared.domain.calendar import start_deadline
from shared.domain.declaration import REOPENED
from shared.domain.declared import Kind
from shared.domain.features import (
    FLEXI,
    OCCASIONAL,
    WORKER_TYPES,
    has_planned_days,
    has_planned_hours,
    is_closed,
    is_flexi_day,
    requires_end_date,
)
from shared.domain.span_rules import (
    are_hours_reversed,
    crosses_quarter,
    fits_flexi_period,
    is_day_lump_sum,
    is_start_outside_type,
    lasts_too_long,
    must_end_on_start_day,
)

_EARLIEST_START: Final = date(1920, 1, 1)
_EARLIEST_END: Final = date(1999, 1, 1)
_YEARS_AHEAD: Final = 10


def _start_unfit(f: Facts) -> bool:
    """Return whether the start is not allowed, or is declared too early (rules R8 to R11)."""
    if not isinstance(f.start, date):
        return False
    if not _EARLIEST_START <= f.start < _too_late(f):
        return True
    return is_start_outside_type(f.worker_type, f.start, f.today)


def _end_unfit(f: Facts) -> bool:
    """Return whether the end is outside the range of dates (rule R12) or impossible for the worker type.

    The worker type counts by rules R16 and R17.
    """
    if not isinstance(f.end, date) or (f.kind is Kind.UPDATE and f.end == REOPENED):
        return False
    return not _EARLIEST_END <= f.end < _too_late(f) or _end_unlike_type(f, f.end)


def _end_unlike_type(f: Facts, end: date) -> bool:
    """Return whether the end breaks the limit of one day (rule R16) or of the quarter (rule R17)."""
    if not isinstance(f.start, date):
        return False
    if must_end_on_start_day(f.worker_type, lump_sum=_is_lump_sum(f)):
        return end != f.start
    by_period = f.worker_type == FLEXI and not _is_flexi_day(f)
    return by_period and not fits_flexi_period(f.start, end)


def _is_lump_sum(f: Facts) -> bool:
    """Return whether the declaration is a Horeca day at the flat rate, without end hour (rule R20)."""
    return is_day_lump_sum(f.worker_type, f.joint_commission, f.commission_of_user, f.end_hour)


def _is_flexi_day(f: Facts) -> bool:
    if f.worker_type != FLEXI or not isinstance(f.start, date) or not isinstance(f.end, date):
        return False
    has_hours = f.start_hour is not None or f.end_hour is not None
    return is_flexi_day(f.start, f.end, has_hours=has_hours)


def _takes_hours(f: Facts) -> bool:
    """Return whether the declaration needs hours: type EXT, or a flexi-job by day (rules R19, R20)."""
    return f.worker_type == OCCASIONAL or _is_flexi_day(f)


def _takes_no_hours(f: Facts) -> bool:
    """Return whether the declaration must not have hours.

    Return False if the worker type, or a date of a flexi-job, cannot be read.
    """
    if f.worker_type not in WORKER_TYPES or _takes_hours(f):
        return False
    readable = isinstance(f.start, date) and f.end is not INVALID
    return f.worker_type != FLEXI or readable


def _too_late(f: Facts) -> date:
    return date(f.today.year + _YEARS_AHEAD, 1, 1)


def _ends_before_it_starts(f: Facts) -> bool:
    """Return whether the end date lies before the start date (rule R13)."""
    return isinstance(f.start, date) and isinstance(f.end, date) and f.end < f.start


def _hours_reversed(f: Facts) -> bool:
    """Return whether the end hour lies before the start hour of one day (rule R21)."""
    return (
        isinstance(f.start_hour, time)
        and isinstance(f.end_hour, time)
        and isinstance(f.start, date)
        and isinstance(f.end, date)
        and are_hours_reversed(f.start, f.start_hour, f.end, f.end_hour)
    )


def _too_long(f: Facts) -> bool:
    """Return whether a period with hours exceeds 24 hours (rule R22)."""
    if not (isinstance(f.start_hour, time) and isinstance(f.end_hour, time) and _takes_hours(f)):
        return False
    if not isinstance(f.start, date) or not isinstance(f.end, date):
        return False
    return lasts_too_long(f.start, f.start_hour, f.end, f.end_hour)


def _two_quarters(f: Facts) -> bool:
    """Return whether start and end lie in two quarters, for types that must stay in one (rule R15)."""
    if not isinstance(f.start, date) or not isinstance(f.end, date):
        return False
    return crosses_quarter(f.worker_type, f.start, f.end)


def _no_end_date(f: Facts) -> bool:
    """Return whether a compulsory end date is missing (rule R14)."""
    return f.end is None and requires_end_date(f.joint_commission, f.worker_type)


def _has_planned_hours(f: Facts) -> bool:
    return has_planned_hours(f.worker_type, _last_day(f))


def _has_planned_days(f: Facts) -> bool:
    return has_planned_days(f.worker_type, _last_day(f))


def _last_day(f: Facts) -> date | None:
    """Return the end of the period, or its start if no end can be read; None if neither can be read."""
    last = f.end if isinstance(f.end, date) else f.start
    return last if isinstance(last, date) else None


def _more_days_than_period(f: Facts) -> bool:
    """Return whether more days are planned than the period has (rule R23)."""
    if f.planned_days is None or not isinstance(f.start, date) or not isinstance(f.end, date):
        return False
    return _has_planned_days(f) and f.start <= f.end and f.planned_days > (f.end - f.start).days + 1


def _closed(f: Facts) -> bool:
    """Return whether the authority does not accept the declaration because of a closure (rule R57).

    A closure applies to some worker types and joint commissions, and to periods that start on some days.
    """
    return isinstance(f.start, date) and is_closed(f.closures, f.worker_type, f.joint_commission, f.start)


def _late(f: Facts) -> bool:
    """Return whether the IN is late (rule R1, decision D9). An unreadable start hour counts as not given."""
    if not isinstance(f.start, date):
        return False
    return start_deadline(f.start, f.start_hour if isinstance(f.start_hour, time) else None) < f.late_after


ROWS: Final = (
    Row("00910-001", IN, ".startDate", lambda f: f.start is None),
    Row("00910-003", TIMED, ".startDate", lambda f: f.start is INVALID),
    Row("00910-008", TIMED, ".startDate", _start_unfit),
    Row("00911-001", OUT, ".endDate", lambda f: f.end is None),
    Row("00911-001", IN, ".endDate", _no_end_date),
    Row("00911-003", ENDED, ".endDate", lambda f: f.end is INVALID),
    Row("00911-008", ENDED, ".endDate", _end_unfit),
    Row("00911-014", IN, ".endDate", _ends_before_it_starts),
    Row("00777-001", IN, ".startHour", lambda f: f.start_hour is None and _takes_hours(f)),
    Row("00777-003", TIMED, ".startHour", lambda f: f.start_hour is INVALID),
    Row("00777-005", IN, ".startHour", lambda f: f.start_hour is not None and _takes_no_hours(f)),
    Row(
        "00778-001",
        IN,
        ".endHour",
        lambda f: f.end_hour is None and _takes_hours(f) and not _is_lump_sum(f),
    ),
    Row("00778-003", TIMED, ".endHour", lambda f: f.end_hour is INVALID),
    Row("00778-005", IN, ".endHour", lambda f: f.end_hour is not None and _takes_no_hours(f)),
    Row("00778-345", IN, ".endHour", _hours_reversed),
    Row("90373-341", IN, BLOCK, _too_long),
    Row("90373-421", IN, BLOCK, _two_quarters),
    Row(
        "01135-001",
        IN,
        ".plannedHoursNumber",
        lambda f: f.planned_hours is None and _has_planned_hours(f),
    ),
    Row(
        "01135-003",
        TIMED,
        ".plannedHoursNumber",
        lambda f: f.planned_hours is not None and not 1 <= f.planned_hours <= 999,
    ),
    Row(
        "01135-005",
        IN,
        ".plannedHoursNumber",
        lambda f: f.planned_hours is not None and f.worker_type in WORKER_TYPES and not _has_planned_hours(f),
    ),
    Row(
        "01017-001",
        IN,
        ".plannedDaysNumber",
        lambda f: f.planned_days is None and _has_planned_days(f),
    ),
    Row(
        "01017-003",
        TIMED,
        ".plannedDaysNumber",
        lambda f: f.planned_days is not None and not 1 <= f.planned_days <= 999,
    ),
    Row(
        "01017-005",
        IN,
        ".plannedDaysNumber",
        lambda f: f.planned_days is not None and f.worker_type in WORKER_TYPES and not _has_planned_days(f),
    ),
    Row("90373-420", IN, BLOCK, _more_days_than_period),
    Row("90373-450", IN, BLOCK, _closed),
    # Lateness (rule R1)
    Row("90373-460", IN, BLOCK, _late),
)
