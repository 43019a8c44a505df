"""Belgian days: holidays, quarters, and the two deadlines, on the days where they turn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import (
    SUNDAY,
    contestation_deadline,
    first_day,
    identification_deadline,
    local_date,
    local_time,
    quarter,
    quarter_before,
    working_days_after,
)

DAYS = st.dates(date(2000, 1, 1), date(2050, 12, 31))


def test_the_last_day_to_contest_skips_the_first_of_may() -> None:
    """The worked example of dimona.md §3."""
    notified = datetime(2026, 4, 30, 12, 0, tzinfo=UTC)
    assert contestation_deadline(notified) == date(2026, 5, 8)
    assert contestation_deadline(notified, SUNDAY) == date(2026, 5, 7)


def test_the_day_of_notification_is_the_belgian_one() -> None:
    assert contestation_deadline(datetime(2026, 6, 1, 21, 59, tzinfo=UTC)) == date(2026, 6, 8)
    assert contestation_deadline(datetime(2026, 6, 1, 22, 0, tzinfo=UTC)) == date(2026, 6, 9)


@pytest.mark.parametrize(
    "holiday",
    [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 21),
        date(2026, 8, 15),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ],
)
def test_a_public_holiday_is_no_working_day(holiday: date) -> None:
    eve = date.fromordinal(holiday.toordinal() - 1)
    assert working_days_after(eve, 1, frozenset()) == date.fromordinal(holiday.toordinal() + 1)


@given(DAYS, st.integers(1, 30))
def test_working_days_add_up(day: date, count: int) -> None:
    last = working_days_after(day, count)
    assert last.weekday() < 5
    assert last > day
    assert last == working_days_after(working_days_after(day, count - 1), 1)


def test_no_working_day_after_a_day_is_that_day() -> None:
    assert working_days_after(date(2026, 2, 22), 0) == date(2026, 2, 22)


def test_an_identification_ends_with_its_tenth_working_day() -> None:
    opened = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
    ends = identification_deadline(opened)
    assert local_time(ends) == datetime(2026, 3, 31, 0, 0)  # noqa: DTZ001
    assert ends.astimezone(UTC) == datetime(2026, 3, 30, 22, 0, tzinfo=UTC)  # summer time by then
    assert local_time(identification_deadline(opened, 1)) == datetime(2026, 3, 18, 0, 0)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 1, 1, 22, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 23, 0, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_the_day_changes_at_midnight_in_brussels(instant: datetime, day: date) -> None:
    assert local_date(instant) == day


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "2026Q1"),
        (date(2026, 3, 31), "2026Q1"),
        (date(2026, 4, 1), "2026Q2"),
        (date(2026, 9, 30), "2026Q3"),
        (date(2026, 12, 31), "2026Q4"),
    ],
)
def test_a_quarter_has_three_months(day: date, name: str) -> None:
    assert quarter(day) == name


@given(DAYS)
def test_a_quarter_begins_where_the_one_before_it_ends(day: date) -> None:
    first = first_day(quarter(day))
    assert quarter(first) == quarter(day)
    assert first <= day
    assert quarter(first - timedelta(days=1)) == quarter_before(quarter(day)) < quarter(day)
