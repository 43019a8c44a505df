"""The deadlines of declarations, and the delay of a late declaration (rules R1, R2, R3, R4, R5, R7).

The deadlines are rows of a table. Most rows have no anomaly, and only fill the list of late declarations
(`dimona late list`). No declaration is refused or fined because it is late. The portal warns of a missed
deadline before it sends a declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

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
from shared.domain.declaration import Features, Span
from shared.domain.declared import Kind
from shared.domain.features import STUDENT

_SOLIDARITY: Final = "solidarityContribution"
_ARTICLE_181: Final = "article181"
_STUDENT_REGIME: Final = "studentRegime"  #: rule R69: the student contributions are lost


class Work(Protocol):
    """The part of a period on which deadlines depend."""

    @property
    def span(self) -> Span:
        """The days and hours."""

    @property
    def features(self) -> Features:
        """The features; the worker type is read."""

    @property
    def planned_hours(self) -> int | None:
        """The planned hours of a student; None without them."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The deadline for declaring one kind of change, for example a later end of a period.

    It is a row of the table `DEADLINES`. `due` gets the period before and after the declaration, and returns
    the deadline.
    """

    rule: str
    kind: Kind
    due: Callable[[Work, Work], datetime | None]  #: None where the rule does not apply
    in_working_days: bool = False  #: whether the rule counts in working days
    warns: bool = False  #: whether a missed deadline has an anomaly (-460)
    bears_on: tuple[str, ...] = ()  #: consequences that an inspector may examine


@dataclass(frozen=True, slots=True)
class Lateness:
    """The deadline that a declaration missed, and the delay. If it missed several, the earliest of them."""

    rule: str
    due: datetime
    late_after: datetime  #: the reception, or the start of our own outage before it (decision D9)
    seconds: int  #: whole seconds, at least 1
    working_days: int | None
    bears_on: tuple[str, ...]


def _start(_: Work, after: Work) -> datetime:
    return start_deadline(after.span.start, after.span.start_hour)


def _earlier_start(before: Work, after: Work) -> datetime | None:
    return _start(before, after) if after.span.interval[0] < before.span.interval[0] else None


def _working_day_after(day: date) -> datetime:
    return end_of_day(working_days_after(day, 1))


def _end(_: Work, after: Work) -> datetime | None:
    return None if after.span.end is None else _working_day_after(after.span.end)


def _other_end(before: Work, after: Work) -> datetime | None:
    """Return the deadline for changing or removing an end date.

    It is the end of the first working day after the old or the new end date: the earlier of the two counts.
    Return None if the period had no end date, or if the end date is unchanged.
    """
    known, new = before.span.end, after.span.end
    if known is None or new == known:
        return None
    return _working_day_after(min(known, new or known))


def _shorter_day(before: Work, after: Work) -> datetime | None:
    """Return the deadline for an earlier end hour (rule R5).

    It is the end of the last day of the period. None if the end hour did not become earlier.
    """
    return end_of_day(after.span.end) if after.span.end and _hours_moved(before, after) < 0 else None


def _longer_day(before: Work, after: Work) -> datetime | None:
    """Return the deadline for a later end hour (rules R3, R5).

    It is the end of the first working day after the period. None if the end hour did not become later.
    """
    return _working_day_after(after.span.end) if after.span.end and _hours_moved(before, after) > 0 else None


def _hours_moved(before: Work, after: Work) -> int:
    """Return 1 if the end hour became later, -1 if it became earlier. Return 0 if the end date changed too.

    Return 0 also if the end hour is unchanged, or absent before or after the change.
    """
    known, new = before.span.end_hour, after.span.end_hour
    if before.span.end != after.span.end or known is None or new is None:
        return 0
    return (new > known) - (new < known)


def _planned_hours(before: Work, after: Work) -> datetime | None:
    """Return the deadline for changed planned hours of a student, else None (rule R7).

    It is the end of the first month after the quarter in which the period started.
    """
    if before.features.worker_type != STUDENT or after.planned_hours == before.planned_hours:
        return None
    next_ = first_day(quarter_before(quarter(before.span.start), -1))
    return end_of_day(date(next_.year, next_.month + 1, 1) - timedelta(1))


def _start_day(before: Work, _: Work) -> datetime:
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


def find_lateness(kind: Kind, before: Work | None, after: Work, late_after: datetime) -> Lateness | None:
    """Return the deadline that an accepted declaration missed; None when it was in time.

    Args:
        kind: The kind of the declaration.
        before: The period before it; None for an IN.
        after: The period after it.
        late_after: The instant by which lateness is judged (decision D9).
    """
    missed = min(
        _missed(kind, before or after, after, late_after),
        key=lambda row_and_due: row_and_due[1],
        default=None,
    )
    if missed is None:
        return None
    row, due = missed
    days = working_days_between(local_date(due), local_date(late_after)) if row.in_working_days else None
    lost = (_STUDENT_REGIME,) if kind is Kind.IN and after.features.worker_type == STUDENT else ()
    seconds = max(1, int((late_after - due).total_seconds()))
    return Lateness(row.rule, due, late_after, seconds, days, (*row.bears_on, *lost))


def warns_of_lateness(kind: Kind, before: Work, after: Work, late_after: datetime) -> bool:
    """Return whether the declaration missed a deadline that has an anomaly (90378-460)."""
    return any(row.warns for row, _ in _missed(kind, before, after, late_after))


def _missed(
    kind: Kind, before: Work, after: Work, late_after: datetime
) -> Iterator[tuple[Deadline, datetime]]:
    for row in DEADLINES:
        if row.kind is kind and (due := row.due(before, after)) is not None and due < late_after:
            yield row, due
