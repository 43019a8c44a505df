"""The hours planned for a student with one employer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.portal.declaration.quota import Planned, planned_of_student

TODAY = date(2026, 11, 30)


def period(start: str, hours: int | None = 40, type_: str = "STU", status: str = "OPEN") -> dict[str, Any]:
    planned = {} if hours is None else {"plannedHoursNumber": hours}
    return {"startDate": start, "features": {"workerType": type_}, "status": status, **planned}


def test_hours_count_in_the_year_of_the_first_day() -> None:
    """Rule R65: withdrawn periods, other types and other years do not count."""
    periods = [
        period("2026-01-01"),
        period("2026-12-31", 120),
        period("2025-12-31"),
        period("2027-01-01"),
        period("2026-05-05", status="CANCELLED"),
        period("2026-05-05", type_="OTH"),
        period("2026-05-05", None),
    ]
    assert planned_of_student(periods, TODAY) == Planned(2026, 160, 650)


@pytest.mark.parametrize(("day", "limit"), [(date(2024, 5, 5), 600), (date(2022, 5, 5), 475)])
def test_the_limit_is_that_of_the_year(day: date, limit: int) -> None:
    assert planned_of_student([period(str(day))], day) == Planned(day.year, 40, limit)


@pytest.mark.parametrize(
    ("periods", "day"),
    [
        ([], TODAY),
        ([period("2026-01-01", type_="OTH")], TODAY),
        ([period("2010-05-05")], date(2010, 5, 5)),  # the quota was in days
    ],
)
def test_a_worker_without_planned_hours_of_a_student_has_none(periods: list[Any], day: date) -> None:
    assert planned_of_student(periods, day) is None
