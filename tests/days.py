"""The day on which a test runs; the data of a deployment are of the day on which it was made."""

from __future__ import annotations

from datetime import UTC, date, datetime

from shared.domain.calendar import local_date


def today() -> date:
    """Return the day in Belgium."""
    return local_date(datetime.now(UTC))
