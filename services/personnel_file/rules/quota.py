"""What a period takes beyond the quotas, and what is told of it (R59 to R61, R64 to R67)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from services.personnel_file.rules.relation import Period, Relation
from services.personnel_file.rules.takings import Taken, Takings, days_in, hours_in, taken
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import REOPENED, Features, In, Update, features, typed
from shared.domain.declared import Declaration, DeclaredIn, DeclaredUpdate
from shared.domain.quotas import TOLD, Quota, Unit, Whose, account, counting, is_counted, windows
from shared.messages import SECURED_CHANNELS, Channel, QuotaExcess

_PATHS: Final = {Whose.WORKER: "worker", Whose.EMPLOYER: "employer"}
#: The most that an answer can tell: three digits (zones ExceedingHoursNbr, ExceedingDaysNbr).
_MOST: Final = 999
_NO_DAYS: Final[Mapping[date, int]] = MappingProxyType({})


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
    for row in counting(after.worker_type, after.sector):
        assert row.code is not None, "these are told"
        takings = usage.of_worker if row.whose is Whose.WORKER else usage.of_employer
        found = anomaly(row.code, _PATHS[row.whose], after.worker_type)
        for window in windows(row.per, after.first, after.last):
            beside = row.beside is None or takings.beside[row, window[0]] > 0
            if not beside or not row.is_valid_in(window):
                continue
            used, own, owned = _count(row, window, after, before, takings)
            amount = min(own, used + own - row.limit_in(window))
            if amount > 0 and (own > owned or not found.blocks):
                yield Exceeded(found, row.names[after.worker_type], row.unit, amount)


def _count(
    row: Quota, window: tuple[date, date], after: Taken, before: Taken | None, takings: Takings
) -> tuple[int, int, int]:
    """What the others take in this window, what the period takes beside them, and what it took before."""
    book = row, window[0]
    if row.unit is Unit.HOURS:
        owned = hours_in(row, window, before)
        return takings.hours[book] - owned, hours_in(row, window, after), owned
    days = takings.days.get(book, _NO_DAYS)
    alone = {day for day in days_in(row, window, before) if days.get(day, 0) <= 1}
    own = sum(day in alone or day not in days for day in days_in(row, window, after))
    return len(days) - sum(day in days for day in alone), own, len(alone)


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
        if not is_counted(features):
            return None
        spends = account(features, employer)
        of_employer = self.employers.get(spends, Takings()) if spends is not None else Takings()
        return Usage(self.workers.get(ssin, Takings()), of_employer)

    def changed(self, employer: str, ssin: str, before: Period | None, after: Period) -> None:
        """A period came, changed or was canceled, which frees what it took."""
        if not is_counted(after.features):
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
                    holder.add(one, step)


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
    if not isinstance(declared.block, DeclaredIn | DeclaredUpdate):
        return []
    said = typed(declared)
    days: list[date | None] = []
    if isinstance(said, In):
        days = [said.span.start, said.span.end]
    elif isinstance(said, Update):
        period = relation.periods.get(said.period_id) if relation is not None else None
        days = [said.start, said.end, *((period.span.start, period.span.end) if period is not None else ())]
    return [day for day in days if day is not None and day != REOPENED]
