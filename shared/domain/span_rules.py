"""Rules about the dates and hours of a period, which apply to IN, UPDATE and OUT alike."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from shared.domain.declaration import Span
from shared.domain.features import (
    DATE_IS_WRONG,
    FLEXI,
    OCCASIONAL,
    WORKER_TYPES,
    is_declared_too_early,
    is_horeca,
    same_quarter,
    starts_out_of_time,
)

_LONGEST: Final = timedelta(hours=24)


def is_start_outside_type(worker_type: str | None, start: date, today: date) -> bool:
    """Return whether the start date is too early or too late for the worker type (rules R8, R9, R10).

    A start outside the validity of the type gives True only for the types in DATE_IS_WRONG. For all other
    types it is a wrong type, not a wrong date. Return False for an unknown type.
    """
    row = WORKER_TYPES.get(worker_type or "")
    if row is None:
        return False
    out_of_time = row.code in DATE_IS_WRONG and starts_out_of_time(row, start)
    return out_of_time or is_declared_too_early(row, start, today)


def is_day_lump_sum(
    worker_type: str | None,
    joint_commission: str | None,
    commission_of_user: str | None,
    end_hour: object | None,
) -> bool:
    """Return whether the work is occasional Horeca work without end hour, paid by the day (rule R20)."""
    return worker_type == OCCASIONAL and end_hour is None and is_horeca(joint_commission, commission_of_user)


def must_end_on_start_day(worker_type: str | None, *, lump_sum: bool) -> bool:
    """Return whether a period must end on the day on which it starts (rule R16).

    `lump_sum` is the result of `is_day_lump_sum`.
    """
    row = WORKER_TYPES.get(worker_type or "")
    return lump_sum or (row is not None and row.one_day)


def fits_flexi_period(start: date, end: date) -> bool:
    """Return whether a flexi-job by period ends after the day of its start, in one quarter (rule R17).

    Return True for reversed dates, because they have an anomaly of their own, 00911-014.
    """
    return end < start or (start < end and same_quarter(start, end))


def is_flexi_period(worker_type: str, span: Span) -> bool:
    """Return whether a registered period is a flexi-job by period, that is without hours (rules R17, R18)."""
    return worker_type == FLEXI and not span.has_hours


def crosses_quarter(worker_type: str | None, start: date, end: date) -> bool:
    """Return whether a period ends in another quarter, though its type must stay within one (rule R15)."""
    row = WORKER_TYPES.get(worker_type or "")
    return row is not None and row.one_quarter and not same_quarter(start, end)


def lasts_too_long(start: date, start_hour: time, end: date, end_hour: time) -> bool:
    """Return whether a period with hours lasts longer than 24 hours (rule R22)."""
    return datetime.combine(end, end_hour) - datetime.combine(start, start_hour) > _LONGEST


def are_hours_reversed(start: date, start_hour: time, end: date, end_hour: time) -> bool:
    """Return whether a period of one day has its end hour before its start hour (rule R21)."""
    return start == end and end_hour < start_hour
