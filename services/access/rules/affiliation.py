"""From when on an employer is affiliated to an approved secretariat: one at a time (seed 003). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from services.access.rules.finding import Finding
from shared.domain.calendar import first_day


@dataclass(frozen=True, slots=True)
class Span:
    """The days of an affiliation, both inclusive; without an end when None."""

    valid_from: date
    valid_until: date | None = None


def begins(valid_from: date | None, begin_quarter: str | None, today: date) -> date | list[Finding]:
    """The first day, from a day or a quarter; or what is wrong with it."""
    if (valid_from is None) == (begin_quarter is None):
        return [
            Finding(
                "exactly_one_of", ("validFrom",), "Give a first day (validFrom) or a quarter (beginQuarter)"
            )
        ]
    day = valid_from or first_day(begin_quarter or "")
    if day < today:
        field = "validFrom" if valid_from is not None else "beginQuarter"
        return [Finding("invalid_input", (field,), "An affiliation begins today or later")]
    return day


def superseded(spans: Collection[Span], first: date) -> tuple[list[Span], list[Span]]:
    """What a new affiliation from this day leaves of the others: those it cuts off, those it undoes."""
    cut = [
        span
        for span in spans
        if span.valid_from < first and (span.valid_until is None or span.valid_until >= first)
    ]
    return cut, [span for span in spans if span.valid_from >= first]


def ends(span: Span, last: date, today: date) -> list[Finding]:
    """What is wrong with a last day: what was notified under an affiliation stays as it was."""
    if last < today - timedelta(days=1):
        return [Finding("invalid_input", ("validUntil",), "The last day is yesterday or later")]
    if last < span.valid_from:
        return [Finding("invalid_period", ("validUntil",), "The end lies before the beginning")]
    if span.valid_until is not None and last > span.valid_until:
        return [Finding("invalid_input", ("validUntil",), "An affiliation is not made longer; begin another")]
    return []
