"""Totals that are updated with each period equal the totals over all periods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.personnel_file.settlement.rules import quota_usage
from services.personnel_file.settlement.rules.quota import Excess, Usage, find_excesses
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals, use_of_account
from shared.domain.anomalies import anomaly
from shared.domain.quotas import TOLD, Quota, Whose, windows

DAY = timedelta(days=1)
FIRSTS = st.sampled_from([date(2015, 12, 20), date(2020, 3, 25), date(2021, 12, 25), date(2026, 6, 20)])
#: Types that one quota counts, or that are asked about together.
TYPES = st.sampled_from([["STU", "STX"], ["S17", "O17", "STU", "T17"], ["T17"], ["EXT"]])


@dataclass(frozen=True)
class Case:
    """Valid periods, earlier ones that were removed, and a declared one."""

    periods: list[PeriodUse]
    gone: list[PeriodUse]
    after: PeriodUse
    changes: bool  #: whether it is the first of the periods that changes


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw periods around the borders of years, quarters and excluded times."""
    types, begin = draw(TYPES), draw(FIRSTS)

    def period() -> PeriodUse:
        type_, first = draw(st.sampled_from(types)), begin + draw(st.integers(0, 40)) * DAY
        hours = draw(st.integers(0, 200)) if type_ in ("STU", "S17", "O17", "T17") else 0
        last = first + draw(st.integers(0, 30)) * DAY
        return PeriodUse(type_, "302" if type_ == "EXT" else "XXX", first, last, hours)

    periods = [period() for _ in range(draw(st.integers(0, 8)))]
    return Case(periods, [period() for _ in range(draw(st.integers(0, 3)))], period(), draw(st.booleans()))


def days_of(one: PeriodUse) -> list[date]:
    return [one.first + n * DAY for n in range((one.last - one.first).days + 1)]


def walked(after: PeriodUse, before: PeriodUse | None, periods: Sequence[PeriodUse]) -> list[Excess]:
    """Return the excesses computed without totals."""
    others = list(periods)
    if before is not None:
        others.remove(before)
    found = []
    for row in TOLD[after.worker_type]:
        for window in windows(row.per, after.first, after.last):
            if row.is_valid_in(window) and _is_asked(row, window, periods):
                assert row.code is not None
                path = "worker" if row.whose is Whose.WORKER else "employer"
                beyond = anomaly(row.code, path, after.worker_type)
                used, own, owned = _measured(row, window, after, before, others)
                amount = min(own, used + own - row.limit_in(window))
                if amount > 0 and (own > owned or not beyond.blocks):
                    found.append(Excess(beyond, row.names[after.worker_type], row.unit, amount))
    return found


def _is_asked(row: Quota, window: tuple[date, date], periods: Sequence[PeriodUse]) -> bool:
    first, last = window
    return row.beside is None or any(
        one.worker_type == row.beside and one.first <= last and first <= one.last for one in periods
    )


def _measured(
    row: Quota,
    window: tuple[date, date],
    after: PeriodUse,
    before: PeriodUse | None,
    others: Sequence[PeriodUse],
) -> tuple[int, int, int]:
    first, last = window
    counted = [one for one in others if one.worker_type in {*row.names, *row.also_counted}]
    own = [[after], [before] if before is not None else []]
    if row.unit.is_planned:
        used, mine, owned = (
            sum(one.hours for one in some if first <= one.first <= last and not row.leaves_out(one.first))
            for some in (counted, *own)
        )
        return used, mine, owned
    theirs, after_, before_ = (
        {day for one in some for day in days_of(one) if first <= day <= last and not row.leaves_out(day)}
        for some in (counted, *own)
    )
    return len(theirs), len(after_ - theirs), len(before_ - theirs)


def check(case: Case) -> None:
    books = UsageTotals.of([*case.periods, *case.gone])
    for one in case.gone:
        books.add(one, -1)
    before = case.periods[0] if case.changes and case.periods else None
    if before is not None and before.worker_type != case.after.worker_type:
        before = None
    found = list(find_excesses(case.after, before, Usage(books, books)))
    assert found == walked(case.after, before, case.periods)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_totals_equal_a_full_computation(case: Case) -> None:
    check(case)


def test_a_removed_period_leaves_no_use() -> None:
    """Days without work would still be counted as days."""
    day = date(2026, 1, 1)
    for one in (PeriodUse("EXT", "302", day, day + DAY, 0), PeriodUse("STU", "XXX", day, day, 8)):
        books = UsageTotals.of([one, one])
        books.add(one, -2)
        assert not any(books.hours.values())
        assert not any(books.days.values())
        assert not any(books.beside.values())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FIRSTS, st.integers(0, 40), st.integers(0, 2)), max_size=12))
def test_days_of_an_account_are_enough_for_its_quotas(drawn: list[tuple[date, int, int]]) -> None:
    """The stored days of an account give the totals that all its periods give."""
    spans = [(begin + n * DAY, begin + (n + more) * DAY) for begin, n, more in drawn]
    periods = [PeriodUse("EXT", "302", first, last, 0) for first, last in spans]
    totals = UsageTotals()
    for day, times in Counter(day for one in periods for day in quota_usage.days_of(one)).items():
        totals.add(use_of_account(day), times)
    assert totals.days == UsageTotals.of(periods).days


@settings(max_examples=1000, deadline=None, database=None, phases=[Phase.generate])
@given(cases())
def searched(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("fault", ["nothing is forgotten", "a period uses a day too many"])
def test_control_wrong_totals_are_found(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Planted faults."""
    right = UsageTotals.add

    def wrong(books: UsageTotals, one: PeriodUse, times: int = 1) -> None:
        if fault == "nothing is forgotten" and times < 0:
            return
        if fault == "a period uses a day too many" and one.worker_type in ("EXT", "T17"):
            one = one._replace(last=one.last + DAY)
        right(books, one, times)

    monkeypatch.setattr(UsageTotals, "add", wrong)
    with pytest.raises(AssertionError):
        searched()
