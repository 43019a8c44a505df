"""What a declaration changed: the periods it touched, before and after, in the messages that tell of it."""

from __future__ import annotations

from shared.persons import Value


class PeriodState(Value):
    """A period at one moment, as far as a declaration can change it; named and written as in the feed."""

    status: str  #: OPEN, CLOSED or CANCELLED
    start_date: str
    start_hour: str | None = None  #: HHMM
    end_date: str | None = None
    end_hour: str | None = None
    planned_hours_number: int | None = None


class PeriodImpact(Value):
    """What became of one period; one that was opened was not there before."""

    period_id: int
    before: PeriodState | None = None
    after: PeriodState
