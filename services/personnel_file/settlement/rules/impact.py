"""The change of a period as notifications report it: before and after."""

from __future__ import annotations

from datetime import time

from services.personnel_file.relation.rules import Period
from shared.messages import PeriodImpact, PeriodState


def impact(before: Period | None, after: Period) -> PeriodImpact:
    """Return the change of a period as messages carry it."""
    return PeriodImpact(period_id=after.id, before=_state(before) if before else None, after=_state(after))


def _state(period: Period) -> PeriodState:
    span = period.span
    return PeriodState(
        status=period.state,
        start_date=str(span.start),
        start_hour=_hour(span.start_hour),
        end_date=str(span.end) if span.end else None,
        end_hour=_hour(span.end_hour),
        planned_hours_number=period.planned_hours,
        planned_days_number=period.planned_days,
    )


def _hour(value: time | None) -> str | None:
    return f"{value:%H%M}" if value is not None else None
