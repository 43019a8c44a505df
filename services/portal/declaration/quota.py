"""The hours that an employer has planned for a student in a year. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.domain.features import STUDENT
from shared.domain.quotas import Per, Unit, counting, window


@dataclass(frozen=True, slots=True)
class Planned:
    """The hours planned in a year with one employer, and the limit for all employers together."""

    year: int
    hours: int
    limit: int


_CANCELLED: Final = "CANCELLED"


def planned_of_student(periods: Iterable[Mapping[str, Any]], today: date) -> Planned | None:
    """Return the planned hours of a student in the year of `today`; None for a worker without such work.

    `periods` are all periods at one employer, in the form of REST v2. A period counts in the year of its
    first day (rule R65), and not if it is withdrawn.
    """
    first, last = window(Per.YEAR, today)
    rows = [
        row for row in counting(STUDENT, None) if row.unit is Unit.HOURS and row.is_valid_in((first, last))
    ]
    hours = [
        each.get("plannedHoursNumber", 0)
        for each in periods
        if each["features"].get("workerType") == STUDENT
        and each["status"] != _CANCELLED
        and first <= date.fromisoformat(each["startDate"]) <= last
    ]
    if not rows or not hours:
        return None
    return Planned(first.year, sum(hours), rows[0].limit_in((first, last)))
