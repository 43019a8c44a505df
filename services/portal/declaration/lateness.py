"""The deadline that a declaration would miss if it were sent now (rules R1 to R5 and R7). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

from shared.domain.declaration import Features, Span
from shared.domain.declared import Kind
from shared.domain.lateness import find_lateness

#: The value of a last day that an UPDATE removes.
REOPENED: Final = "9999-12-31"
_HOURS: Final = {"startHour": "start_hour", "endHour": "end_hour"}


@dataclass(frozen=True, slots=True)
class Planned:
    """The time and the work of a period, before or after a change."""

    span: Span
    features: Features
    planned_hours: int | None = None


def missed(kind: Kind, period: Mapping[str, Any], typed: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the deadline that an OUT, UPDATE or CANCEL of a period misses now; None if it is in time.

    Args:
        kind: The kind of the declaration.
        period: The period, as the personnel file shows it.
        typed: The texts of a form without mistakes.
        now: The present instant.
    """
    before = _of_period(period)
    after = before if kind is Kind.CANCEL else replace(before, span=_span(before.span, typed))
    if "planned_hours" in typed:
        after = replace(after, planned_hours=int(typed["planned_hours"]))
    found = find_lateness(kind, before, after, now)
    return None if found is None else found.due


def times_of(typed: Mapping[str, str]) -> str:
    """Return all days and hours of a form as one text, for which a late declaration is confirmed."""
    names = ("start_date", "start_hour", "end_date", "end_hour", "planned_hours")
    return " ".join(text for name in names if (text := typed.get(name, "")))


def _of_period(period: Mapping[str, Any]) -> Planned:
    typed = {
        "start_date": period["startDate"],
        "end_date": period.get("endDate", ""),
        **{name: period.get(attribute, "") for attribute, name in _HOURS.items()},
    }
    span = _span(Span(date.fromisoformat(period["startDate"])), typed)
    return Planned(span, Features(period["features"]["workerType"]), period.get("plannedHoursNumber"))


def _span(span: Span, typed: Mapping[str, str]) -> Span:
    """Return the span after the given days and hours; an empty text leaves a value as it is."""
    end = _day(typed, "end_date") or span.end
    return Span(
        _day(typed, "start_date") or span.start,
        None if end == date.fromisoformat(REOPENED) else end,
        _hour(typed, "start_hour") or span.start_hour,
        _hour(typed, "end_hour") or span.end_hour,
    )


def _day(typed: Mapping[str, str], name: str) -> date | None:
    text = typed.get(name, "")
    return date.fromisoformat(text) if text else None


def _hour(typed: Mapping[str, str], name: str) -> time | None:
    """Return an hour, written 0930 or 09:30; None for an empty text."""
    text = typed.get(name, "")
    return time(int(text[:2]), int(text[-2:])) if text else None
