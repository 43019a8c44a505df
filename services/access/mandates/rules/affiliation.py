"""Dates of affiliations to approved secretariats. An employer has one at a time. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from services.access.finding import Finding
from shared.domain.calendar import first_day


@dataclass(frozen=True, slots=True)
class Span:
    """The first and last day of an affiliation, both inclusive. A last day of None means no end."""

    valid_from: date
    valid_until: date | None = None


def begins(valid_from: date | None, begin_quarter: str | None, today: date) -> date | list[Finding]:
    """Return the first day of an affiliation, or a list with a finding.

    Exactly one of day and quarter must be given, and the first day cannot be past.
    """
    if (valid_from is None) == (begin_quarter is None):
        return [
            Finding(
                "exactly_one_of", ("validFrom",), "Give a first day (validFrom) or a quarter (beginQuarter)"
            )
        ]
    day = valid_from or first_day(begin_quarter or "")
    if day < today:
        field = "validFrom" if valid_from is not None else "beginQuarter"
        return [Finding("invalid_input", (field,), "An affiliation must begin today or later")]
    return day


def superseded(spans: Collection[Span], first: date) -> tuple[list[Span], list[Span]]:
    """Return the spans that a new affiliation from this day shortens, and those that it removes."""
    cut = [
        span
        for span in spans
        if span.valid_from < first and (span.valid_until is None or span.valid_until >= first)
    ]
    return cut, [span for span in spans if span.valid_from >= first]


def ends(span: Span, last: date, today: date) -> list[Finding]:
    """Return a finding if an affiliation cannot get this last day, otherwise an empty list.

    The day cannot lie before yesterday, so that the addressee of past notifications stays right. It cannot
    lie before the first day or after the present last day.
    """
    if last < today - timedelta(days=1):
        return [Finding("invalid_input", ("validUntil",), "The last day must be yesterday or later")]
    if last < span.valid_from:
        return [Finding("invalid_period", ("validUntil",), "The end lies before the beginning")]
    if span.valid_until is not None and last > span.valid_until:
        return [
            Finding("invalid_input", ("validUntil",), "An affiliation cannot be extended. Begin another one")
        ]
    return []
