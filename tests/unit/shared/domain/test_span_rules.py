"""Rules about dates and hours that IN, UPDATE and OUT share."""

from __future__ import annotations

from datetime import date, time

import pytest

from shared.domain.declaration import Span
from shared.domain.span_rules import (
    are_hours_reversed,
    crosses_quarter,
    fits_flexi_period,
    is_day_lump_sum,
    is_flexi_period,
    is_start_outside_type,
    lasts_too_long,
    must_end_on_start_day,
)

MONDAY, TUESDAY = date(2026, 6, 29), date(2026, 6, 30)
JULY = date(2026, 7, 1)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [(MONDAY, TUESDAY, True), (MONDAY, MONDAY, False), (MONDAY, JULY, False), (TUESDAY, MONDAY, True)],
    ids=["same_quarter", "one_day", "next_quarter", "reversed_dates_are_another_anomaly"],
)
def test_a_flexi_job_by_period_stays_in_its_quarter(start: date, end: date, fits: bool) -> None:
    assert fits_flexi_period(start, end) is fits


@pytest.mark.parametrize(
    ("end_hour", "too_long"),
    [(time(7, 59), False), (time(8), False), (time(8, 1), True)],
    ids=["one_minute_less", "24_hours", "one_minute_more"],
)
def test_a_period_with_hours_lasts_at_most_24_hours(end_hour: time, too_long: bool) -> None:
    assert lasts_too_long(MONDAY, time(8), TUESDAY, end_hour) is too_long


def test_hours_are_reversed_on_one_day_only() -> None:
    assert are_hours_reversed(MONDAY, time(9), MONDAY, time(8))
    assert not are_hours_reversed(MONDAY, time(9), MONDAY, time(9))
    assert not are_hours_reversed(MONDAY, time(8), MONDAY, time(9))
    assert not are_hours_reversed(MONDAY, time(9), TUESDAY, time(8))
    assert not are_hours_reversed(TUESDAY, time(9), MONDAY, time(8)), "reversed dates are another anomaly"


def test_only_types_of_one_quarter_may_not_cross_it() -> None:
    assert crosses_quarter("STU", TUESDAY, JULY)
    assert not crosses_quarter("STU", MONDAY, TUESDAY)
    assert not crosses_quarter("OTH", TUESDAY, JULY)
    assert not crosses_quarter(None, TUESDAY, JULY)


def test_the_start_fits_the_validity_of_the_type() -> None:
    assert is_start_outside_type("A17", date(2022, 1, 1), MONDAY)
    assert not is_start_outside_type("A17", date(2021, 12, 31), MONDAY)
    assert not is_start_outside_type("XYZ", date(1900, 1, 1), MONDAY)
    assert not is_start_outside_type(None, date(1900, 1, 1), MONDAY)


def test_only_horeca_work_without_end_hour_is_a_day_lump_sum() -> None:
    assert is_day_lump_sum("EXT", "302", None, None)
    assert is_day_lump_sum("EXT", "322", "302", None)
    assert not is_day_lump_sum("EXT", "302", None, time(9))
    assert not is_day_lump_sum("EXT", "145", None, None)
    assert not is_day_lump_sum("OTH", "302", None, None)
    assert not is_day_lump_sum("BCW", "302", None, None)


def test_some_types_end_on_their_first_day() -> None:
    assert must_end_on_start_day("T17", lump_sum=False)
    assert must_end_on_start_day("EXT", lump_sum=True)
    assert not must_end_on_start_day("EXT", lump_sum=False)
    assert not must_end_on_start_day(None, lump_sum=False)


def test_a_flexi_job_without_hours_is_by_period() -> None:
    assert is_flexi_period("FLX", Span(MONDAY))
    assert not is_flexi_period("FLX", Span(MONDAY, MONDAY, time(8), time(9)))
    assert not is_flexi_period("OTH", Span(MONDAY))
    assert not is_flexi_period("EXT", Span(MONDAY))
