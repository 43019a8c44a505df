"""Days, quarters and deadlines, all in Belgian time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

BRUSSELS: Final = ZoneInfo("Europe/Brussels")

#: Days of the week that are not working days, by `date.weekday()`; a setting decides about Saturday.
SATURDAY_AND_SUNDAY: Final = frozenset({5, 6})
SUNDAY: Final = frozenset({6})

_DAY: Final = timedelta(days=1)
_CONTESTATION_DAYS: Final = 5
#: Earlier days count as this day: no declared date is earlier, and the first hour of the year 1 has no UTC.
_FIRST_DAY: Final = date(1900, 1, 1)


def local_date(instant: datetime) -> date:
    """Return the day in Belgium at this instant."""
    return instant.astimezone(BRUSSELS).date()


def end_of_day(day: date) -> datetime:
    """Return the last instant of a day in Belgium."""
    return _instant(day, time.max)


def start_deadline(start: date, hour: time | None = None) -> datetime:
    """Return the deadline for declaring a start (rule R1, decision D9).

    It is the hour of the start, or the end of its day if there is no hour.
    """
    return end_of_day(start) if hour is None else _instant(start, hour)


@lru_cache(maxsize=4096)  # most declarations of a day have one of few starts
def _instant(day: date, hour: time) -> datetime:
    """Convert Belgian local time to UTC. For an ambiguous or skipped time return the later instant."""
    local = datetime.combine(max(day, _FIRST_DAY), hour, BRUSSELS)
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def quarter(day: date) -> str:
    """Return the calendar quarter of a day, written 2026Q1."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def first_day(quarter_: str) -> date:
    """Return the first day of a quarter, written 2026Q1."""
    return date(int(quarter_[:4]), 3 * int(quarter_[-1]) - 2, 1)


def last_day(quarter_: str) -> date:
    """Return the last day of a quarter."""
    nth = int(quarter_[-1])
    return date(int(quarter_[:4]), 3 * nth, 31 if nth in (1, 4) else 30)


def quarter_before(quarter_: str, count: int = 1) -> str:
    """Return the quarter `count` quarters earlier: 2025Q4 for 2026Q1 and 1, 2025Q2 for 2026Q1 and 3."""
    year, nth = divmod(int(quarter_[:4]) * 4 + int(quarter_[-1]) - 1 - count, 4)
    return f"{year}Q{nth + 1}"


@lru_cache(maxsize=1024)
def working_days_after(day: date, count: int, weekend: frozenset[int] = SATURDAY_AND_SUNDAY) -> date:
    """Return the last of `count` working days after a day; the day itself does not count.

    Days of the `weekend` and public holidays are not working days.
    """
    last = day
    while count:
        last += _DAY
        if last.weekday() not in weekend and last not in _public_holidays(last.year):
            count -= 1
    return last


def working_days_between(day: date, until: date, weekend: frozenset[int] = SATURDAY_AND_SUNDAY) -> int:
    """Return the number of working days after `day`, up to and including `until`."""
    weeks, rest = divmod((until - day).days, 7)
    weekdays = weeks * (7 - len(weekend)) + sum(
        (day + _DAY * nth).weekday() not in weekend for nth in range(1, rest + 1)
    )
    free = (holiday for year in range(day.year, until.year + 1) for holiday in _public_holidays(year))
    return weekdays - sum(day < holiday <= until and holiday.weekday() not in weekend for holiday in free)


def contestation_deadline(notified: datetime, weekend: frozenset[int] = SATURDAY_AND_SUNDAY) -> date:
    """Return the last day to contest a notification: the fifth working day after its day (rule R6)."""
    return working_days_after(local_date(notified), _CONTESTATION_DAYS, weekend)


def identification_deadline(opened: datetime, working_days: int = 10) -> datetime:
    """Return the deadline of an identification (decision D31): the end of its last working day.

    `working_days` is the number of working days, of which the first is after the day of `opened`.
    """
    last = working_days_after(local_date(opened), working_days)
    return datetime.combine(last + _DAY, time.min, BRUSSELS)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("BE", years=year))
