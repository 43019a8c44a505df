"""Check whether a period exceeds the limits of quotas (rules R59, R60, R61, R64, R65, R66, R67)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from services.personnel_file.relation.rules import Period, Relation
from services.personnel_file.settlement.rules.quota_usage import (
    PeriodUse,
    UsageTotals,
    days_in,
    days_of,
    hours_in,
    period_use,
)
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import REOPENED, Features, In, Update, features, typed
from shared.domain.declared import Declaration, DeclaredIn, DeclaredUpdate
from shared.domain.quotas import TOLD, Quota, Unit, Whose, account, counting, is_counted, windows
from shared.messages import SECURED_CHANNELS, Channel, QuotaExcess

_PATHS: Final = {Whose.WORKER: "worker", Whose.EMPLOYER: "employer"}
#: The largest number that an answer can hold: three digits (zones ExceedingHoursNbr, ExceedingDaysNbr).
_MOST: Final = 999
_NO_DAYS: Final[Mapping[date, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Usage:
    """The quota use before a declaration: of the worker in all jobs, and of the enterprise for all workers.

    The enterprise is the employer or the user undertaking.
    """

    of_worker: UsageTotals
    of_account: UsageTotals


@dataclass(frozen=True, slots=True)
class Excess:
    """An exceeded quota: the anomaly, and the amount by which this period exceeds the limit.

    The amount is at most the use of this period, even if other periods exceed the limit already.
    """

    anomaly: Anomaly
    quota_type: str
    unit: Unit
    amount: int


def find_excesses(use: PeriodUse, use_before: PeriodUse | None, usage: Usage) -> tuple[Excess, ...]:
    """Return the excess of each quota that a period exceeds, in each year or quarter.

    An excess that refuses is left out if the period uses no more of the quota than before the change. An
    excess that only warns is always returned.

    Args:
        use: The use of the period as declared.
        use_before: The use of the period before the change; None for a new period.
        usage: The use of all periods before the declaration.
    """
    return tuple(_excesses(use, use_before, usage))


def _excesses(use: PeriodUse, use_before: PeriodUse | None, usage: Usage) -> Iterator[Excess]:
    for row in counting(use.worker_type, use.sector):
        assert row.code is not None, "these are reported"
        totals = usage.of_worker if row.whose is Whose.WORKER else usage.of_account
        found = anomaly(row.code, _PATHS[row.whose], use.worker_type)
        for window in windows(row.per, use.first, use.last):
            beside = row.beside is None or totals.beside[row, window[0]]
            if not beside or not row.is_valid_in(window):
                continue
            others, own, own_before = _count(row, window, use, use_before, totals)
            amount = min(own, others + own - row.limit_in(window))
            if amount > 0 and (own > own_before or not found.blocks):
                yield Excess(found, row.names[use.worker_type], row.unit, amount)


def _count(
    row: Quota, window: tuple[date, date], use: PeriodUse, use_before: PeriodUse | None, totals: UsageTotals
) -> tuple[int, int, int]:
    """Return the quota used by other periods, by this period, and by this period before the change."""
    total = row, window[0]
    if row.unit.is_planned:
        own_before = hours_in(row, window, use_before)
        return totals.hours[total] - own_before, hours_in(row, window, use), own_before
    days = totals.days.get(total, _NO_DAYS)
    alone = {day for day in days_in(row, window, use_before) if days.get(day, 0) <= 1}
    own = sum(day in alone or day not in days for day in days_in(row, window, use))
    return len(days) - sum(day in days for day in alone), own, len(alone)


def report_excesses(
    excesses: tuple[Excess, ...], channel: Channel
) -> tuple[tuple[Anomaly, ...], tuple[QuotaExcess, ...]]:
    """Return each anomaly once, and the largest excess of each quota.

    Excesses are returned only for secured channels (decision D33).
    """
    anomalies = tuple(dict.fromkeys(excess.anomaly for excess in excesses))
    if channel not in SECURED_CHANNELS:
        return anomalies, ()
    amounts: Counter[tuple[str, Unit]] = Counter()
    for excess in excesses:
        key = excess.quota_type, excess.unit
        amounts[key] = min(max(excess.amount, amounts[key]), _MOST)
    return anomalies, tuple(
        QuotaExcess(
            quota_type=name,
            exceeding_hours=amount if unit is Unit.HOURS else None,
            exceeding_days=None if unit is Unit.HOURS else amount,
        )
        for (name, unit), amount in amounts.items()
    )


@dataclass(slots=True)
class UsageBook:
    """The quota use of workers (by NISS) and of accounts (by enterprise number) during a batch."""

    workers: dict[str, UsageTotals] = field(default_factory=dict)
    accounts: dict[str, UsageTotals] = field(default_factory=dict)
    #: by account and day: the number of periods that the batch added, minus the number that it removed
    account_days: Counter[tuple[str, date]] = field(default_factory=Counter)

    def usage_for(self, employer: str, ssin: str, features: Features) -> Usage | None:
        """Return the quota use of this worker and its enterprise; None if no quota counts the features."""
        if not is_counted(features):
            return None
        spends = account(features, employer)
        of_account = self.accounts.get(spends, UsageTotals()) if spends is not None else UsageTotals()
        return Usage(self.workers.get(ssin, UsageTotals()), of_account)

    def add_change(self, employer: str, ssin: str, before: Period | None, after: Period) -> None:
        """Subtract the use of the period before a change, and add its use after it.

        A new period has no use before, and a canceled period has none.
        """
        if not is_counted(after.features):
            return
        spends = account(after.features, employer)
        totals = [self.workers.setdefault(ssin, UsageTotals())]
        if spends is not None:
            totals.append(self.accounts.setdefault(spends, UsageTotals()))
        for period, times in ((before, -1), (after, 1)):
            if period is None or period.canceled:
                continue
            if (use := use_of_period(period)) is not None:
                for total in totals:
                    total.add(use, times)
                if spends is not None:
                    for day in days_of(use):
                        self.account_days[spends, day] += times


def use_of_period(period: Period) -> PeriodUse | None:
    """Return the quota use of a period; None where no quota counts it."""
    return period_use(period.features, period.span, period.planned_hours, period.planned_days)


def counted_features(declared: Declaration, relation: Relation | None) -> Features | None:
    """Return the features of the period of an IN or UPDATE; None if no quota counts it.

    None also for other declarations, and for an UPDATE of a period that `relation` does not have.
    """
    block = declared.block
    found: Features | None = None
    if isinstance(block, DeclaredIn):
        found = features(block.features) if block.features.worker_type in TOLD else None
    elif isinstance(block, DeclaredUpdate) and relation is not None and block.period_id is not None:
        period = relation.periods.get(block.period_id)
        found = period.features if period is not None else None
    return found if found is not None and is_counted(found) else None


def declared_days(declared: Declaration, relation: Relation | None) -> list[date]:
    """Return the first and last day that an IN or UPDATE declares, and those stored in `relation`.

    Other declarations have none.
    """
    if not isinstance(declared.block, DeclaredIn | DeclaredUpdate):
        return []
    change = typed(declared)
    days: list[date | None] = []
    if isinstance(change, In):
        days = [change.span.start, change.span.end]
    elif isinstance(change, Update):
        period = relation.periods.get(change.period_id) if relation is not None else None
        days = [change.start, change.end]
        days += [period.span.start, period.span.end] if period is not None else []
    return [day for day in days if day is not None and day != REOPENED]
