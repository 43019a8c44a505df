"""Settlement with anomalies of intake, and without quotas."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.personnel_file.relation.rules import PeriodOpened, Relation
from services.personnel_file.settlement.rules.quota import Usage, find_excesses, report_excesses
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals
from services.personnel_file.settlement.rules.settle import SettlementCase, settle
from shared.domain.anomalies import anomaly
from shared.messages import Channel, QuotaExcess
from tests.unit.builders import RECEIVED, a_change, an_in, received
from tests.unit.services.personnel_file.settlement.cases import STU, of, span


def test_only_the_anomaly_of_lateness_makes_a_period_late() -> None:
    for code, late in (("90373-460", True), ("90374-349", False), ("00014-022", False)):
        declaration = received(an_in(), anomalies=(anomaly(code, "dimonaIn"),))
        (event,) = settle(SettlementCase(declaration, None, now=RECEIVED)).events
        assert isinstance(event, PeriodOpened)
        assert event.late is late


@pytest.mark.parametrize(
    ("declared", "relation"), [(a_change("out"), of(span("02-21"), STU)), (an_in(), None)]
)
def test_a_declaration_without_quota_never_exceeds_one(declared: Any, relation: Relation | None) -> None:
    """Rule R61: an OUT uses no hours, and OTH has no quota."""
    far_beyond = UsageTotals.of([PeriodUse("STU", "XXX", date(2026, 1, 5), date(2026, 1, 5), 700)])
    usage = Usage(far_beyond, UsageTotals())
    settlement = settle(SettlementCase(received(declared), relation, usage=usage, now=RECEIVED))
    assert settlement.outcome.anomalies == ()


@pytest.mark.parametrize(("hours", "excess"), [(1648, 998), (1649, 999), (1650, 999), (3000, 999)])
def test_an_excess_has_at_most_three_digits(hours: int, excess: int) -> None:
    day = date(2026, 1, 5)
    found = find_excesses(PeriodUse("STU", "XXX", day, day, hours), None, Usage(UsageTotals(), UsageTotals()))
    assert report_excesses(found, Channel.QUEUE)[1] == (
        QuotaExcess(quota_type="STUDENT", exceeding_hours=excess),
    )


def test_a_year_without_the_quota_does_not_hide_a_later_one() -> None:
    """Rule R67 begins with 2020: of these two days it counts the second."""
    days = [date(2020, 6, 1) + n * timedelta(1) for n in range(50)]
    full = UsageTotals.of(PeriodUse("EXT", "302", day, day, 0) for day in days)
    across = PeriodUse("EXT", "302", date(2019, 12, 31), date(2020, 1, 1), 0)
    assert [each.amount for each in find_excesses(across, None, Usage(full, UsageTotals()))] == [1]
