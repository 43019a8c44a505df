"""The change of a period in notifications."""

from __future__ import annotations

from dataclasses import replace

from services.personnel_file.relation.rules import Period
from services.personnel_file.settlement.rules.impact import impact
from shared.messages import PeriodState
from tests.unit.builders import PERIOD
from tests.unit.services.personnel_file.settlement.cases import STU, span

OPEN = Period(PERIOD, span("02-21"), STU)
EVENING = replace(OPEN, span=span("02-21", "02-22", "1700", "0130"), planned_hours=8, planned_days=2)


def test_a_new_period_has_no_state_before() -> None:
    told = impact(None, OPEN)
    assert (told.period_id, told.before) == (PERIOD, None)
    assert told.after == PeriodState(status="OPEN", start_date="2026-02-21")


def test_a_changed_period_has_a_state_before_and_after() -> None:
    told = impact(EVENING, replace(EVENING, canceled=True))
    closed = PeriodState(
        status="CLOSED",
        start_date="2026-02-21",
        start_hour="1700",
        end_date="2026-02-22",
        end_hour="0130",
        planned_hours_number=8,
        planned_days_number=2,
    )
    assert told.before == closed
    assert told.after == closed.model_copy(update={"status": "CANCELLED"})
