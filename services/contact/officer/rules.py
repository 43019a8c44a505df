"""Looks with their reader, and unusual numbers by day, for the data protection officer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from services.contact.person.rules.looks import Look, Organization, line

MOST_DAYS: Final = 31  #: days of one request for unusual numbers


@dataclass(frozen=True, slots=True)
class Period:
    """Belgian days, the first and the last."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class BusyReader:
    """A reader of the personnel file that saw many workers on one day."""

    reader: str
    day: date
    workers: int  #: different workers in its searches or their results
    looks: int


@dataclass(frozen=True, slots=True)
class BusyOrganization:
    """The declarations of an organization on one day that a search of the person register would look like."""

    enterprise_number: str
    day: date
    new_workers: int
    quick_cancels: int  #: CANCELs within a day after their IN
    contradictions: int  #: declared data that differ from the register (a code that ends with -348)


def first_fault(period: Period) -> str | None:
    """Return the reason why a period cannot be asked for; None if it can."""
    days = (period.last - period.first).days + 1
    if days < 1:
        return "the last day is not before the first"
    return f"at most {MOST_DAYS} days" if days > MOST_DAYS else None


def officer_line(look: Look, organizations: Sequence[Organization]) -> dict[str, Any]:
    """Return a look as JSON with its reader, which only the officer sees."""
    return {"reader": look.reader, **line(look, organizations)}


def reader_line(found: BusyReader, organizations: Iterable[Organization]) -> dict[str, Any]:
    """Return a busy reader as JSON, with the organizations for which it acts."""
    return {
        **asdict(found),
        "day": str(found.day),
        "organizations": [
            {"enterpriseNumber": each.enterprise_number, "name": each.name} for each in organizations
        ],
    }


def organization_line(found: BusyOrganization) -> dict[str, Any]:
    """Return a busy organization as JSON."""
    return {
        "enterpriseNumber": found.enterprise_number,
        "day": str(found.day),
        "newWorkers": found.new_workers,
        "quickCancels": found.quick_cancels,
        "contradictions": found.contradictions,
    }
