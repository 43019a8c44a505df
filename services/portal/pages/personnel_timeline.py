"""The time line of the periods of a worker: places of bars and marks in a picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

WIDTH: Final = 1000
_ROW: Final = 28
_HEAD: Final = 24
_MONTH: Final = timedelta(days=31)
#: Marks are months up to this time, and years beyond.
_MONTHS_UNTIL: Final = timedelta(days=800)


@dataclass(frozen=True, slots=True)
class Bar:
    """A period in the picture: its place, its text, and its state (OPEN, CLOSED, CANCELLED)."""

    x: int
    y: int
    width: int
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The first day of a year or month: its place and its text."""

    x: int
    text: str


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A picture with one row for each period, WIDTH units wide."""

    bars: Sequence[Bar]
    marks: Sequence[Mark]
    height: int


def time_line(periods: Sequence[Mapping[str, Any]], today: date) -> TimeLine:
    """Return the picture of periods, in their order; an open one reaches the right side."""
    days = [_days(period) for period in periods]
    first = min((start for start, _ in days), default=today)
    last = max([today, *(end or start for start, end in days)]) + _MONTH
    bars = [
        _bar(
            place,
            period,
            _x(start, first, last),
            WIDTH if end is None else _x(end + timedelta(1), first, last),
        )
        for place, (period, (start, end)) in enumerate(zip(periods, days, strict=True))
    ]
    marks = [Mark(_x(day, first, last), text) for day, text in _marks(first, last)]
    return TimeLine(bars, marks, _HEAD + _ROW * len(bars))


def _days(period: Mapping[str, Any]) -> tuple[date, date | None]:
    end = period.get("endDate")
    return date.fromisoformat(period["startDate"]), date.fromisoformat(end) if end else None


def _x(day: date, first: date, last: date) -> int:
    return round(WIDTH * (day - first) / (last - first))


def _bar(place: int, period: Mapping[str, Any], start: int, end: int) -> Bar:
    text = period["features"].get("workerType", "")
    return Bar(start, _HEAD + _ROW * place, max(3, end - start), text, period["status"])


def _marks(first: date, last: date) -> Iterator[tuple[date, str]]:
    """Yield the first days of years or months in the picture, with their texts: 2026, or 11/2026."""
    in_months = last - first <= _MONTHS_UNTIL
    step = (1 if last - first <= _MONTHS_UNTIL / 2 else 3) if in_months else 12
    year, month = first.year, 1
    while (day := date(year, month, 1)) <= last:
        if day >= first:
            yield day, f"{month}/{year}" if in_months else str(year)
        year, month = (year, month + step) if month + step <= 12 else (year + 1, month + step - 12)
