"""Quota use of periods: totals that change when a period is added or removed.

A quota counts hours or days. Hours are planned hours and belong to the day on which the period starts. Days
are days with work (rule R67). The number of hours, work past midnight and the number of workers of an
employer do not change the count of a day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, Self

from shared.domain.declaration import Features, Span
from shared.domain.features import HORECA, LAST_DAY_OF_PLANNED_DAYS, OCCASIONAL
from shared.domain.quotas import (
    DAY_AS_HOURS,
    QUOTAS,
    Quota,
    Unit,
    counted_in,
    is_counted,
    sector,
    windows,
)

_DAY: Final = timedelta(days=1)


class PeriodUse(NamedTuple):
    """The quota use of one period: kind of work, days and hours."""

    worker_type: str
    sector: str | None
    first: date
    last: date
    hours: int  #: planned hours; for a period that ends until 2016, planned days


def days_used(first: date, last: date, *, has_end_hour: bool) -> tuple[date, date]:
    """Return the first and last day that count: work past midnight is still one day (rule R67)."""
    return first, first if has_end_hour and last - first == _DAY else last


def period_use(
    features: Features, span: Span, planned_hours: int | None, planned_days: int | None = None
) -> PeriodUse | None:
    """Return the quota use of a period; None if no quota counts it, or if it ends before it starts.

    A period that ends in 2016 or earlier uses its planned days; without planned days it uses its length in
    days (rule R64). A day of worker type T17 uses 8 hours of the other quotas of article 17 (rule R66).
    """
    if not is_counted(features) or span.ends_before_it_starts:
        return None
    first, last = days_used(span.start, span.end or span.start, has_end_hour=span.end_hour is not None)
    planned = planned_hours or 0
    if last <= LAST_DAY_OF_PLANNED_DAYS:
        planned = (last - first).days + 1 if planned_days is None else planned_days
    elif features.worker_type in DAY_AS_HOURS:
        planned = DAY_AS_HOURS[features.worker_type] * ((last - first).days + 1)
    return PeriodUse(features.worker_type, sector(features), first, last, planned)


def hours_in(row: Quota, window: tuple[date, date], use: PeriodUse | None) -> int:
    """Return the hours of a quota that a period uses in `window`, a year or quarter.

    The result is all hours of the period if it starts in the window and the quota counts its start day, else
    0.
    """
    if use is None or not window[0] <= use.first <= window[1] or row.leaves_out(use.first):
        return 0
    return use.hours


def days_in(row: Quota, window: tuple[date, date], use: PeriodUse | None) -> Collection[date]:
    """Return the days of a period that a quota counts in `window`, a year or quarter."""
    if use is None:
        return ()
    if use.first == use.last:
        counts = window[0] <= use.first <= window[1] and not row.leaves_out(use.first)
        return (use.first,) if counts else ()
    day, last = max(use.first, window[0]), min(use.last, window[1])
    days = []
    while day <= last:
        if not row.leaves_out(day):
            days.append(day)
        day += _DAY
    return days


def days_of(use: PeriodUse) -> Iterator[date]:
    """Yield each day from the first to the last day of a use."""
    day = use.first
    while day <= use.last:
        yield day
        day += _DAY


def use_of_account(day: date) -> PeriodUse:
    """Return the quota use of one day of work by an occasional worker in Horeca.

    Only such days count for the quota of an enterprise, so its account needs no other kind of use.
    """
    return PeriodUse(OCCASIONAL, HORECA, day, day, 0)


Total = tuple[Quota, date]  #: a quota in a year or quarter, identified by its first day


class CountedIn(NamedTuple):
    """The totals in which a period counts. Each total is of one quota in one year or quarter."""

    hours: tuple[Total, ...]  #: totals that count all hours of the period
    days: tuple[tuple[Total, tuple[date, ...]], ...]  #: totals, and the days of the period that they count
    beside: tuple[Total, ...]  #: totals that count the period as one, without hours or days


@dataclass(slots=True)
class UsageTotals:
    """The quota use of some periods together: a total for each quota in each year or quarter."""

    hours: Counter[Total] = field(default_factory=Counter)
    days: defaultdict[Total, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))
    beside: Counter[Total] = field(default_factory=Counter)

    @classmethod
    def of(cls, uses: Iterable[PeriodUse]) -> Self:
        """Return the totals of these uses."""
        totals = cls()
        for use in uses:
            totals.add(use)
        return totals

    def add(self, use: PeriodUse, times: int = 1) -> None:
        """Add the use of a period `times` times. -1 removes it once."""
        counted = _counted_in(use.worker_type, use.sector, use.first, use.last)
        for total in counted.hours:
            self.hours[total] += times * use.hours
        for total, worked in counted.days:
            days = self.days[total]
            for day in worked:
                if count := days.get(day, 0) + times:
                    days[day] = count
                else:
                    del days[day]  # the number of days with work is the total
        for total in counted.beside:
            self.beside[total] += times


@lru_cache(maxsize=4096)  # days repeat with other workers
def _counted_in(worker_type: str, sector: str | None, first: date, last: date) -> CountedIn:
    use = PeriodUse(worker_type, sector, first, last, 1)
    valid = [
        (row, window)
        for row in counted_in(worker_type, sector)
        for window in windows(row.per, first, last)
        if row.is_valid_in(window)
    ]
    return CountedIn(
        tuple((row, w[0]) for row, w in valid if row.unit.is_planned and hours_in(row, w, use)),
        tuple(((row, w[0]), tuple(days_in(row, w, use))) for row, w in valid if row.unit is Unit.DAYS),
        tuple(
            (row, window[0])
            for row in QUOTAS
            if row.beside == worker_type
            for window in windows(row.per, first, last)
        ),
    )
