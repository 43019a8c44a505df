"""The change of a period as notifications report it: before and after."""

from __future__ import annotations

from services.personnel_file.relation.rules import Period
from shared.domain.wire_values import hour_of, text_of
from shared.messages import PeriodImpact, PeriodState


def impact(before: Period | None, after: Period) -> PeriodImpact:
    """Return the change of a period in the form of messages. `before` is None for a new period."""
    return PeriodImpact(period_id=after.id, before=_state(before) if before else None, after=_state(after))


def _state(period: Period) -> PeriodState:
    span = period.span
    return PeriodState(
        status=period.state,
        start_date=str(span.start),
        start_hour=hour_of(span.start_hour),
        end_date=text_of(span.end),
        end_hour=hour_of(span.end_hour),
        planned_hours_number=period.planned_hours,
        planned_days_number=period.planned_days,
    )
