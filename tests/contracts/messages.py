"""Messages of our own code for the tests of contracts, and the check that one fits."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

from services.personnel_file.relation.rules import PeriodOpened
from shared.domain.declaration import Features, Span
from shared.messages import Delivery
from tests.contracts.contract import complaints, strictly
from tests.unit.builders import PERIOD

OPENED = PeriodOpened(
    PERIOD,
    Span(date(2026, 2, 21), date(2026, 2, 21), time(10), time(20)),
    Features("EXT", "302", "7"),
    planned_hours=8,
    late=True,
)


def fits(sent: Delivery) -> Any:
    """Return the event of a delivery, after the check that it has all of the contract and no more."""
    event = json.loads(sent.body)
    assert event["type"] == sent.type
    assert event["id"] == str(sent.id)
    assert complaints(strictly(sent.type), event) == []
    return event
