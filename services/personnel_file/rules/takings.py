"""What periods take of the quotas, added up as they come and go, so that no declaration walks them all.

Hours are the planned ones and belong to the day on which the period starts. Days are days with work:
however many hours, past midnight or not, and once for an employer however many people worked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, Self

from shared.domain.declaration import Features, Span
from shared.domain.quotas import QUOTAS, Quota, Unit, counting, is_counted, sector, windows

_DAY: Final = timedelta(days=1)


class Taken(NamedTuple):
    """What one period takes: what kind of work, on which days, how many hours."""

    worker_type: str
    sector: str | None
    first: date
    last: date
    hours: int


def days_taken(first: date, last: date, *, has_end_hour: bool) -> tuple[date, date]:
    """The first and last day that count: work that goes on past midnight is still one day (R67)."""
    return first, first if has_end_hour and last - first == _DAY else last


def taken(features: Features, span: Span, planned_hours: int | None) -> Taken | None:
    """What a period takes; None where nothing is counted."""
    if not is_counted(features) or span.ends_before_it_starts:
        return None
    days = days_taken(span.start, span.end or span.start, has_end_hour=span.end_hour is not None)
    return Taken(features.worker_type, sector(features), *days, planned_hours or 0)


def hours_in(row: Quota, within: tuple[date, date], one: Taken | None) -> int:
    """The hours that a period takes in this year or quarter."""
    if one is None or not within[0] <= one.first <= within[1] or row.leaves_out(one.first):
        return 0
    return one.hours


def days_in(row: Quota, within: tuple[date, date], one: Taken | None) -> Collection[date]:
    """The days of a period inside this year or quarter; most have one or two."""
    if one is None:
        return ()
    if one.first == one.last and row.not_counted is None:
        return (one.first,) if within[0] <= one.first <= within[1] else ()
    day, last = max(one.first, within[0]), min(one.last, within[1])
    days = []
    while day <= last:
        if not row.leaves_out(day):
            days.append(day)
        day += _DAY
    return days


Book = tuple[Quota, date]  #: a quota in a year or quarter, which is told by its first day


class Booked(NamedTuple):
    """Where a period is written down."""

    hours: tuple[Book, ...]  #: in these, all its hours
    days: tuple[tuple[Book, tuple[date, ...]], ...]  #: in these, some of its days
    beside: tuple[Book, ...]  #: in these, that it is there at all


@dataclass(slots=True)
class Takings:
    """What some periods take together: a book for each quota that counts them, in each year or quarter."""

    hours: Counter[Book] = field(default_factory=Counter)
    days: defaultdict[Book, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))
    beside: Counter[Book] = field(default_factory=Counter)

    @classmethod
    def of(cls, periods: Iterable[Taken]) -> Self:
        """What these take."""
        takings = cls()
        for one in periods:
            takings.add(one)
        return takings

    def add(self, one: Taken, times: int = 1) -> None:
        """So many periods more (or less) that take this."""
        booked = _booked(one.worker_type, one.sector, one.first, one.last)
        for book in booked.hours:
            self.hours[book] += times * one.hours
        for book, worked in booked.days:
            days = self.days[book]
            for day in worked:
                if count := days.get(day, 0) + times:
                    days[day] = count
                else:
                    del days[day]  # the number of days with work is what counts
        for book in booked.beside:
            self.beside[book] += times


@lru_cache(maxsize=4096)  # the same days come back, with other workers
def _booked(worker_type: str, sector: str | None, first: date, last: date) -> Booked:
    one = Taken(worker_type, sector, first, last, 1)
    valid = [
        (row, within)
        for row in counting(worker_type, sector)
        for within in windows(row.per, first, last)
        if row.is_valid_in(within)
    ]
    return Booked(
        tuple((row, w[0]) for row, w in valid if row.unit is Unit.HOURS and hours_in(row, w, one)),
        tuple(((row, w[0]), tuple(days_in(row, w, one))) for row, w in valid if row.unit is Unit.DAYS),
        tuple(
            (row, within[0])
            for row in QUOTAS
            if row.beside == worker_type
            for within in windows(row.per, first, last)
        ),
    )
