"""The effect of a declaration on periods, as a part of the messages with results."""

from __future__ import annotations

from shared.persons import Value


class PeriodState(Value):
    """The part of a period that a declaration can change, with the names and formats of the feed."""

    status: str  #: OPEN, CLOSED or CANCELLED
    start_date: str
    start_hour: str | None = None  #: HHMM
    end_date: str | None = None
    end_hour: str | None = None
    planned_hours_number: int | None = None
    planned_days_number: int | None = None  #: of a student, for periods until 2016 (rule R23)


class PeriodImpact(Value):
    """The state of one period before and after a declaration; `before` is None for a new period."""

    period_id: int
    before: PeriodState | None = None
    after: PeriodState
