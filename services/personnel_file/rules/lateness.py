"""When each kind of declaration is due, and by how much one came too late (R1 to R5, R7).

A table: a law that changes is another row. Most rows go with no anomaly: the list of what was late
(`dimona late list`) is all that knows of them. Nothing is refused, and nothing is fined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.personnel_file.rules.relation import Period
from shared.domain.calendar import (
    end_of_day,
    first_day,
    local_date,
    quarter,
    quarter_before,
    start_deadline,
    working_days_after,
    working_days_between,
)
from shared.domain.declared import Kind
from shared.domain.features import STUDENT

_SOLIDARITY: Final = "solidarityContribution"
_ARTICLE_181: Final = "article181"
_STUDENT_REGIME: Final = "studentRegime"  #: R69: the contributions of students are lost


@dataclass(frozen=True, slots=True)
class Deadline:
    """A row: until when a declaration of this kind, which makes `after` of the period `before`, is due."""

    rule: str
    kind: Kind
    due: Callable[[Period, Period], datetime | None]  #: None where the rule says nothing about it
    in_working_days: bool = False  #: whether that is the unit of the rule
    warns: bool = False  #: whether there is an anomaly for it (-460)
    bears_on: tuple[str, ...] = ()  #: what an inspector may look at because of it


@dataclass(frozen=True, slots=True)
class Lateness:
    """A deadline that was missed: the earliest, where a declaration has missed several."""

    rule: str
    due: datetime
    late_after: datetime  #: judged by: the reception, or the start of our own outage (D9)
    seconds: int  #: whole ones, and one at least
    working_days: int | None
    bears_on: tuple[str, ...]


def _start(_: Period, after: Period) -> datetime:
    return start_deadline(after.span.start, after.span.start_hour)


def _earlier_start(before: Period, after: Period) -> datetime | None:
    return _start(before, after) if after.span.interval[0] < before.span.interval[0] else None


def _working_day_after(day: date) -> datetime:
    return end_of_day(working_days_after(day, 1))


def _end(_: Period, after: Period) -> datetime | None:
    return None if after.span.end is None else _working_day_after(after.span.end)


def _other_end(before: Period, after: Period) -> datetime | None:
    """By the working day after the first of the two ends; to take the end away is to put it off."""
    known, new = before.span.end, after.span.end
    if known is None or new == known:
        return None
    return _working_day_after(min(known, new or known))


def _shorter_day(before: Period, after: Period) -> datetime | None:
    """By the end of that calendar day."""
    return end_of_day(after.span.end) if after.span.end and _hours_moved(before, after) < 0 else None


def _longer_day(before: Period, after: Period) -> datetime | None:
    """A later end, as R3 has it."""
    return _working_day_after(after.span.end) if after.span.end and _hours_moved(before, after) > 0 else None


def _hours_moved(before: Period, after: Period) -> int:
    """1 when the end hour of the same day is later than it was, -1 when it is earlier, else 0."""
    known, new = before.span.end_hour, after.span.end_hour
    if before.span.end != after.span.end or known is None or new is None:
        return 0
    return (new > known) - (new < known)


def _planned_hours(before: Period, after: Period) -> datetime | None:
    """By the end of the month after the quarter."""
    if before.features.worker_type != STUDENT or after.planned_hours == before.planned_hours:
        return None
    next_ = first_day(quarter_before(quarter(before.span.start), -1))
    return end_of_day(date(next_.year, next_.month + 1, 1) - timedelta(1))


def _start_day(before: Period, _: Period) -> datetime:
    return end_of_day(before.span.start)


DEADLINES: Final = (
    Deadline("R1", Kind.IN, _start, warns=True, bears_on=(_SOLIDARITY, _ARTICLE_181)),
    Deadline("R2", Kind.OUT, _end, in_working_days=True, bears_on=(_ARTICLE_181,)),
    Deadline("R3", Kind.UPDATE, _earlier_start, warns=True),
    Deadline("R3", Kind.UPDATE, _other_end, in_working_days=True, warns=True),
    Deadline("R4", Kind.CANCEL, _start_day, bears_on=(_ARTICLE_181,)),
    Deadline("R5", Kind.UPDATE, _shorter_day, bears_on=(_ARTICLE_181,)),
    Deadline("R5", Kind.UPDATE, _longer_day, in_working_days=True, bears_on=(_ARTICLE_181,)),
    Deadline("R7", Kind.UPDATE, _planned_hours),
)


def lateness(kind: Kind, before: Period | None, after: Period, late_after: datetime) -> Lateness | None:
    """What an accepted declaration missed; None when it came in time. An IN has nothing before it."""
    missed = min(_missed(kind, before or after, after, late_after), key=lambda each: each[1], default=None)
    if missed is None:
        return None
    row, due = missed
    days = working_days_between(local_date(due), local_date(late_after)) if row.in_working_days else None
    lost = (_STUDENT_REGIME,) if kind is Kind.IN and after.features.worker_type == STUDENT else ()
    seconds = max(1, int((late_after - due).total_seconds()))
    return Lateness(row.rule, due, late_after, seconds, days, (*row.bears_on, *lost))


def warns_of_lateness(kind: Kind, before: Period, after: Period, late_after: datetime) -> bool:
    """Whether it missed a deadline that there is an anomaly for (90378-460)."""
    return any(row.warns for row, _ in _missed(kind, before, after, late_after))


def _missed(
    kind: Kind, before: Period, after: Period, late_after: datetime
) -> Iterator[tuple[Deadline, datetime]]:
    for row in DEADLINES:
        if row.kind is kind and (due := row.due(before, after)) is not None and due < late_after:
            yield row, due
