"""The fields of the feed to institutions, of which each institution may see some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: The field of daily registrations; an institution without it gets no events about them.
DAILY_REGISTRATION: Final = "dailyRegistration"

#: All fields of the feed; the row of an institution in the directory names some of them.
FEED_FIELDS: Final = (
    "relation", "version", "employer", "worker", "periodId", "status", "startDate", "startHour", "endDate",
    "endHour", "plannedHoursNumber", "plannedDaysNumber", "jointCommissionNumber", "workerType",
    "subEntityNumber", "isLate", "isLocked", DAILY_REGISTRATION,
)  # fmt: skip


def check_feed_fields(names: Iterable[str]) -> tuple[str, ...]:
    """Check the fields of an institution and return them.

    Raise ValueError with the names of unknown fields.
    """
    fields = tuple(names)
    unknown = [name for name in fields if name not in FEED_FIELDS]
    if unknown:
        raise ValueError(
            f"unknown field of the feed: {', '.join(unknown)}; the fields are {', '.join(FEED_FIELDS)}"
        )
    return fields
