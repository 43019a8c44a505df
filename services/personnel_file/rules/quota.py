"""What a period takes of the quotas, and what it takes beyond them (R59 to R61, R64 to R67).

Hours are the planned ones and belong to the day on which the period starts. Days are days with work:
however many hours, past midnight or not, and once for an employer however many people worked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from services.personnel_file.rules.relation import Period, Relation
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import REOPENED, Features, In, Span, Update, features, typed
from shared.domain.declared import Declaration, DeclaredIn, DeclaredUpdate
from shared.domain.quotas import TOLD, Quota, Unit, Whose, account, is_counted, sector, windows
from shared.messages import SECURED_CHANNELS, Channel, QuotaExcess

_DAY: Final = timedelta(days=1)
_PATHS: Final = {Whose.WORKER: "worker", Whose.EMPLOYER: "employer"}
#: The most that an answer can tell: three digits (zones ExceedingHoursNbr, ExceedingDaysNbr).
_MOST: Final = 999


class Taken(NamedTuple):
    """What one period takes: what kind of work, on which days, how many hours."""

    worker_type: str
    sector: str | None
    first: date
    last: date
    hours: int


Takings = Counter[Taken]  #: by what they take: how many periods take just that


def days_taken(first: date, last: date, *, has_end_hour: bool) -> tuple[date, date]:
    """The first and last day that count: work that goes on past midnight is still one day (R67)."""
    return first, first if has_end_hour and last - first == _DAY else last


def taken(features: Features, span: Span, planned_hours: int | None) -> Taken | None:
    """What a period takes; None where nothing is counted."""
    if features.worker_type not in TOLD or not is_counted(features) or span.ends_before_it_starts:
        return None
    days = days_taken(span.start, span.end or span.start, has_end_hour=span.end_hour is not None)
    return Taken(features.worker_type, sector(features), *days, planned_hours or 0)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is taken before a declaration: by the worker everywhere, and by all workers of an employer."""

    of_worker: Takings
    of_employer: Takings


@dataclass(frozen=True, slots=True)
class Exceeded:
    """An anomaly, and by how much: what this period takes beyond the limit, never what others do."""

    anomaly: Anomaly
    quota_type: str
    unit: Unit
    amount: int


def exceeded(after: Taken, before: Taken | None, usage: Usage) -> tuple[Exceeded, ...]:
    """The quotas that a period goes beyond. `before`: what it takes already, when it changes.

    A change that takes no more than before is never refused for it, only warned.
    """
    return tuple(_exceeded(after, before, usage))


def _exceeded(after: Taken, before: Taken | None, usage: Usage) -> Iterator[Exceeded]:
    for row in TOLD.get(after.worker_type, ()):
        if row.sector not in (None, after.sector) or row.code is None:
            continue
        others = usage.of_worker if row.whose is Whose.WORKER else usage.of_employer
        found = anomaly(row.code, _PATHS[row.whose], after.worker_type)
        for window in windows(row.per, after.first, after.last):
            if not row.is_valid_in(window) or not _applies(row, window, others):
                continue
            used, own, owned = _count(row, window, after, before, others)
            amount = min(own, used + own - row.limit_in(window))
            if amount > 0 and (own > owned or not found.blocks):
                yield Exceeded(found, row.names[after.worker_type], row.unit, amount)


def _applies(row: Quota, window: tuple[date, date], others: Takings) -> bool:
    return row.beside is None or any(
        count > 0 and other.worker_type == row.beside and other.first <= window[1] and window[0] <= other.last
        for other, count in others.items()
    )


def _count(
    row: Quota, window: tuple[date, date], after: Taken, before: Taken | None, all_: Takings
) -> tuple[int, int, int]:
    """What the others take in this window, what the period takes beside them, and what it took before."""
    others = [
        (other, count)
        for other, count in all_.items()
        if other.worker_type in row.names
        and (row.sector is None or other.sector == row.sector)
        and other.first <= window[1]
        and window[0] <= other.last
    ]
    if row.unit is Unit.HOURS:
        owned = _hours(row, window, before)
        used = sum(count * _hours(row, window, other) for other, count in others) - owned
        return used, _hours(row, window, after), owned
    days = set[date]()
    for other, count in others:
        if count > (other == before):
            days.update(_days(row, window, other))
    own, owned = (sum(day not in days for day in _days(row, window, one)) for one in (after, before))
    return len(days), own, owned


def _hours(row: Quota, window: tuple[date, date], one: Taken | None) -> int:
    if one is None or not window[0] <= one.first <= window[1] or row.leaves_out(one.first):
        return 0
    return one.hours


def _days(row: Quota, window: tuple[date, date], one: Taken | None) -> Collection[date]:
    """The days of a period inside the window; most have one or two."""
    if one is None:
        return ()
    if one.first == one.last and row.not_counted is None:
        return (one.first,) if window[0] <= one.first <= window[1] else ()
    day, last = max(one.first, window[0]), min(one.last, window[1])
    days = []
    while day <= last:
        if not row.leaves_out(day):
            days.append(day)
        day += _DAY
    return days


def told(
    found: tuple[Exceeded, ...], channel: Channel
) -> tuple[tuple[Anomaly, ...], tuple[QuotaExcess, ...]]:
    """The anomalies, each once, and the exact excess of each quota: on secured channels only (D33)."""
    anomalies = tuple(dict.fromkeys(each.anomaly for each in found))
    if channel not in SECURED_CHANNELS:
        return anomalies, ()
    most: dict[tuple[str, Unit], int] = {}
    for each in found:
        key = each.quota_type, each.unit
        most[key] = min(max(each.amount, most.get(key, 0)), _MOST)
    return anomalies, tuple(
        QuotaExcess(
            quota_type=name,
            exceeding_hours=amount if unit is Unit.HOURS else None,
            exceeding_days=amount if unit is Unit.DAYS else None,
        )
        for (name, unit), amount in most.items()
    )


@dataclass(slots=True)
class Takes:
    """What workers (by NISS) and employers (by enterprise number) have taken, as a batch goes on."""

    workers: dict[str, Takings] = field(default_factory=dict)
    employers: dict[str, Takings] = field(default_factory=dict)

    def usage(self, employer: str, ssin: str, features: Features) -> Usage | None:
        """What counts for a period of this worker; None where nothing is counted."""
        if features.worker_type not in TOLD or not is_counted(features):
            return None
        spends = account(features, employer)
        of_employer = self.employers.get(spends, Takings()) if spends is not None else Takings()
        return Usage(self.workers.get(ssin, Takings()), of_employer)

    def changed(self, employer: str, ssin: str, before: Period | None, after: Period) -> None:
        """A period came, changed or was canceled, which frees what it took."""
        if after.features.worker_type not in TOLD or not is_counted(after.features):
            return
        spends = account(after.features, employer)
        holders = [self.workers.setdefault(ssin, Takings())]
        if spends is not None:
            holders.append(self.employers.setdefault(spends, Takings()))
        for period, step in ((before, -1), (after, 1)):
            if period is None or period.canceled:
                continue
            if (one := taken(period.features, period.span, period.planned_hours)) is not None:
                for holder in holders:
                    holder[one] += step


def spending(declared: Declaration, relation: Relation | None) -> Features | None:
    """The features of the period that an IN or UPDATE is about, if a quota counts it."""
    block = declared.block
    found: Features | None = None
    if isinstance(block, DeclaredIn):
        found = features(block.features) if block.features.worker_type in TOLD else None
    elif isinstance(block, DeclaredUpdate) and relation is not None:
        period = relation.periods.get(block.period_id or 0)
        found = period.features if period is not None else None
    return found if found is not None and is_counted(found) else None


def days_named(declared: Declaration, relation: Relation | None) -> list[date]:
    """The days by which the period of an IN or UPDATE would start and end, and those by which it does now."""
    said = typed(declared)
    days: list[date | None] = []
    if isinstance(said, In):
        days = [said.span.start, said.span.end]
    elif isinstance(said, Update):
        period = relation.periods.get(said.period_id) if relation is not None else None
        days = [said.start, said.end, *((period.span.start, period.span.end) if period is not None else ())]
    return [day for day in days if day is not None and day != REOPENED]
