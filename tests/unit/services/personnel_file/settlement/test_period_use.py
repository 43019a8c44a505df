"""The quota use of one period at the borders of years and quarters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.personnel_file.settlement.rules.quota_usage import (
    PeriodUse,
    days_in,
    days_used,
    hours_in,
    period_use,
)
from shared.domain.quotas import QUOTAS
from tests.unit.services.personnel_file.settlement.cases import HORECA, OTH, STU, T17, span

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
YEAR = FIRST, LAST
HOURS = next(row for row in QUOTAS if row.limit == 650)
DAYS = next(row for row in QUOTAS if row.limit == 200)


@pytest.mark.parametrize(
    ("length", "has_end_hour", "last"),
    [(0, True, 0), (1, True, 0), (1, False, 1), (2, True, 2), (2, False, 2)],
)
def test_work_past_one_midnight_is_one_day(length: int, has_end_hour: bool, last: int) -> None:
    """Rule R67."""
    assert days_used(FIRST, FIRST + length * DAY, has_end_hour=has_end_hour) == (FIRST, FIRST + last * DAY)


def test_quota_use_of_a_period() -> None:
    assert period_use(STU, span("02-21", "02-28"), 8) == PeriodUse(
        "STU", "XXX", date(2026, 2, 21), date(2026, 2, 28), 8
    )
    open_ = period_use(HORECA, span("02-21"), None)
    assert open_ == PeriodUse("EXT", "302", date(2026, 2, 21), date(2026, 2, 21), 0)
    assert period_use(OTH, span("02-21", "02-28"), 8) is None
    assert period_use(STU, span("02-21", "02-20"), 8) is None
    past_midnight = period_use(HORECA, span("02-21", "02-22", "1700", "0130"), None)
    assert past_midnight == open_
    two_days = period_use(HORECA, span("02-21", "02-22"), None)
    assert two_days == PeriodUse("EXT", "302", date(2026, 2, 21), date(2026, 2, 22), 0)


def test_the_last_day_of_planned_days_and_days_of_public_television() -> None:
    """Rules R64, R66."""
    last_of_2016 = period_use(STU, span("2016-12-30", "2016-12-31"), None)
    assert last_of_2016 == PeriodUse("STU", "XXX", date(2016, 12, 30), date(2016, 12, 31), 2)
    television = period_use(T17, span("02-21", "02-22"), None)
    assert television == PeriodUse("T17", "XXX", date(2026, 2, 21), date(2026, 2, 22), 16)


@pytest.mark.parametrize(
    ("first", "counted"), [(FIRST - DAY, False), (FIRST, True), (LAST, True), (LAST + DAY, False)]
)
def test_a_day_at_a_border_counts_in_its_own_year(first: date, counted: bool) -> None:
    one = PeriodUse("STU", "302", first, first, 8)
    assert hours_in(HOURS, YEAR, one) == (8 if counted else 0)
    assert list(days_in(DAYS, YEAR, one)) == ([first] if counted else [])


def test_of_several_days_those_inside_the_year_count() -> None:
    around = PeriodUse("EXT", "302", LAST, LAST + DAY, 0)
    assert list(days_in(DAYS, YEAR, around)) == [LAST]
    assert list(days_in(DAYS, YEAR, around._replace(first=FIRST - DAY, last=FIRST + DAY))) == [
        FIRST,
        FIRST + DAY,
    ]
    assert hours_in(HOURS, YEAR, None) == 0
    assert list(days_in(DAYS, YEAR, None)) == []
