"""What settling takes over from intake, and what it asks no quota about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.personnel_file.rules import PeriodOpened, Relation, Taken, Takings, Usage, settle
from shared.domain.anomalies import anomaly
from tests.unit.builders import RECEIVED, a_change, an_in, received
from tests.unit.services.personnel_file.cases import STU, of, span


def test_only_the_anomaly_of_lateness_makes_a_period_late() -> None:
    for code, late in (("90373-460", True), ("90374-349", False), ("00014-022", False)):
        declaration = received(an_in(), anomalies=(anomaly(code, "dimonaIn"),))
        (event,) = settle(declaration, None, now=RECEIVED).events
        assert isinstance(event, PeriodOpened)
        assert event.late is late


@pytest.mark.parametrize(
    ("declared", "relation"), [(a_change("out"), of(span("02-21"), STU)), (an_in(), None)]
)
def test_what_no_quota_counts_is_never_beyond_one(declared: Any, relation: Relation | None) -> None:
    """R61: an OUT takes no hours, and OTH has no quota."""
    far_beyond = Takings.of([Taken("STU", "XXX", date(2026, 1, 5), date(2026, 1, 5), 700)])
    usage = Usage(far_beyond, Takings())
    settlement = settle(received(declared), relation, usage=usage, now=RECEIVED)
    assert settlement.outcome.anomalies == ()
