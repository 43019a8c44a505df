"""Belgian days: holidays, quarters, and the two deadlines, on the days before and after each change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workalendar.europe import Belgium

from shared.domain.calendar import (
    BRUSSELS,
    SATURDAY_AND_SUNDAY,
    SUNDAY,
    contestation_deadline,
    first_day,
    identification_deadline,
    last_day,
    local_date,
    quarter,
    quarter_before,
    start_deadline,
    working_days_after,
    working_days_between,
)


class Oracle:
    """The five working days as another library counts them, by the holidays that it knows."""

    def __init__(self, weekend: frozenset[int]) -> None:
        self._calendar = Belgium()
        self._calendar.WEEKEND_DAYS = tuple(weekend)

    def deadline(self, notified: date) -> date:
        """Return the fifth working day after this one."""
        found: date = self._calendar.add_working_days(notified, 5)
        return found


def noon(day: date) -> datetime:
    """Return the middle of a day in Belgium."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=BRUSSELS)


FOUR_YEARS = [date(2024, 1, 1) + timedelta(days=n) for n in range(1461)]
DAYS = st.dates(date(2000, 1, 1), date(2050, 12, 31))


def test_the_last_day_to_contest_skips_the_first_of_may() -> None:
    """A notification of 30 April 2026 can be contested until 8 May (rule R6)."""
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


def test_zero_working_days_after_a_day_is_that_day() -> None:
    assert working_days_after(date(2026, 2, 22), 0) == date(2026, 2, 22)


def test_an_identification_ends_with_its_tenth_working_day() -> None:
    opened = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
    ends = identification_deadline(opened)
    assert ends == datetime(2026, 3, 31, 0, 0, tzinfo=BRUSSELS)
    assert ends.astimezone(UTC) == datetime(2026, 3, 30, 22, 0, tzinfo=UTC)  # summer time by then
    assert identification_deadline(opened, 1) == datetime(2026, 3, 18, 0, 0, tzinfo=BRUSSELS)


@pytest.mark.parametrize("weekend", [SATURDAY_AND_SUNDAY, SUNDAY], ids=["Mon-Fri", "Mon-Sat"])
def test_every_deadline_of_four_years_agrees_with_a_second_implementation(weekend: frozenset[int]) -> None:
    """Each day from 2024 to 2027, against the Belgian calendar of workalendar."""
    oracle = Oracle(weekend)
    told = {day: contestation_deadline(noon(day), weekend) for day in FOUR_YEARS}
    assert len(told) == 1461
    assert told == {day: oracle.deadline(day) for day in FOUR_YEARS}


def test_control_the_second_implementation_finds_another_weekend() -> None:
    oracle = Oracle(SATURDAY_AND_SUNDAY)
    wrong = [day for day in FOUR_YEARS if contestation_deadline(noon(day), SUNDAY) != oracle.deadline(day)]
    assert len(wrong) > 1000


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
    assert last_day(quarter_before(quarter(day))) == first - timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "hour", "until"),
    [
        (date(2026, 2, 20), None, datetime(2026, 2, 20, 22, 59, 59, 999_999, UTC)),
        (date(2026, 7, 20), None, datetime(2026, 7, 20, 21, 59, 59, 999_999, UTC)),
        (date(2026, 2, 20), time(17), datetime(2026, 2, 20, 16, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # shown twice
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # never shown
        (date(1, 1, 1), time(0), datetime(1900, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_start_may_be_declared_until_its_hour_or_the_end_of_its_day(
    start: date, hour: time | None, until: datetime
) -> None:
    assert start_deadline(start, hour) == until


@given(
    st.dates(date(1999, 1, 1), date(2036, 12, 31)),
    st.integers(0, 800),
    st.sampled_from([SATURDAY_AND_SUNDAY, SUNDAY]),
)
def test_working_days_between_are_those_that_a_deadline_counts(
    day: date, days: int, weekend: frozenset[int]
) -> None:
    until = day + timedelta(days)
    count = working_days_between(day, until, weekend)
    assert working_days_after(day, count, weekend) <= until < working_days_after(day, count + 1, weekend)


def test_saturdays_may_be_worked() -> None:
    """The instructions leave Saturdays open: 20 February 2026 is a Friday."""
    assert working_days_after(date(2026, 2, 20), 1, SUNDAY) == date(2026, 2, 21)
    assert working_days_after(date(2026, 2, 20), 2, SUNDAY) == date(2026, 2, 23)
