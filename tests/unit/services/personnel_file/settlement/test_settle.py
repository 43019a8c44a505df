"""Settlement of each kind in each state of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.personnel_file.relation.rules import (
    Period,
    PeriodOpened,
    Relation,
)
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, settle
from shared.domain.anomalies import anomaly
from shared.messages import Result
from tests.unit.builders import (
    ENTERPRISE,
    OTHER_NISS,
    PERIOD,
    RECEIVED,
    a_change,
    an_in,
    received,
)
from tests.unit.services.personnel_file.settlement.cases import STUDENT_OF_2016, span
from tests.unit.services.personnel_file.settlement.rows_of_plans import OPEN_OF_2016
from tests.unit.services.personnel_file.settlement.rows_of_states import ACCEPTED, CLOSED, OPEN, OTH, REFUSED


def codes(settlement: Settlement) -> list[str]:
    return [found.code for found in settlement.outcome.anomalies]


def decide(relation: Relation | None, kind: str, **given: Any) -> Settlement:
    declared = an_in(**given) if kind == "in" else a_change(kind, **given)
    return settle(SettlementCase(received(declared), relation, now=RECEIVED))


@pytest.mark.parametrize(
    ("relation", "kind", "given", "found"),
    REFUSED,
    ids=[f"{'+'.join(row.codes)} {row.kind} {row.given}" for row in REFUSED],
)
def test_a_refused_declaration_has_no_effect(
    relation: Relation | None, kind: str, given: dict[str, Any], found: Sequence[str]
) -> None:
    settlement = decide(relation, kind, **given)
    assert codes(settlement) == found
    assert settlement.outcome.result is Result.REFUSED
    assert settlement.events == ()
    assert settlement.relation is relation


@pytest.mark.parametrize(
    ("relation", "kind", "given", "expected"),
    ACCEPTED,
    ids=[row.name for row in ACCEPTED],
)
def test_an_accepted_declaration_becomes_an_event(
    relation: Relation, kind: str, given: dict[str, Any], expected: Any
) -> None:
    settlement = decide(relation, kind, **given)
    assert codes(settlement) == []
    assert settlement.outcome.result is Result.ACCEPTED
    (event,) = settlement.events
    assert (event.span if isinstance(event, PeriodOpened) else event) == expected
    assert settlement.relation == relation.apply(event)
    assert settlement.outcome.period_id == event.period_id


def test_a_first_in_begins_a_relation_of_the_identified_worker() -> None:
    declaration = received(an_in(endDate="2026-03-31", plannedHoursNumber=7))
    settlement = settle(SettlementCase(declaration, None, ssin=OTHER_NISS, now=RECEIVED))
    relation = settlement.relation
    assert relation is not None
    assert (relation.employer, relation.ssin, relation.version) == (ENTERPRISE, OTHER_NISS, 1)
    assert (relation.start, relation.end) == (date(2026, 2, 21), date(2026, 3, 31))
    assert settlement.outcome.period_id == declaration.number
    assert relation.periods == {
        declaration.number: Period(declaration.number, span("02-21", "03-31"), OTH, planned_hours=7)
    }


def test_an_in_of_an_unidentified_worker_is_refused() -> None:
    """The final of an unresolved identification is 90017-151 (decision D31)."""
    declaration = received(an_in())
    settlement = settle(SettlementCase(declaration, None, identified=False, now=RECEIVED))
    assert codes(settlement) == ["90017-151"]
    assert settlement.outcome.result is Result.REFUSED
    assert settlement.relation is None


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
def test_a_change_of_a_refused_in_is_refused(kind: str) -> None:
    given = {"startDate": "2026-02-20"} if kind == "update" else {}
    settlement = settle(
        SettlementCase(received(a_change(kind, **given)), None, in_refused=True, now=RECEIVED)
    )
    assert codes(settlement) == ["00913-357"]
    assert settlement.outcome.period_id is None


def test_a_warning_of_intake_stays_and_marks_the_period_late() -> None:
    """Rule R1."""
    late = received(an_in(), anomalies=(anomaly("90373-460", "dimonaIn"),))
    settlement = settle(SettlementCase(late, None, now=RECEIVED))
    assert settlement.outcome.result is Result.WARNING
    assert codes(settlement) == ["90373-460"]
    assert settlement.relation is not None
    assert settlement.relation.periods[late.number].late


def test_a_warning_about_other_subjects_does_not_mark_the_period_late() -> None:
    warned = received(an_in(), anomalies=(anomaly("00014-022", "employer.enterpriseNumber"),))
    settlement = settle(SettlementCase(warned, None, now=RECEIVED))
    assert settlement.relation is not None
    assert not settlement.relation.periods[warned.number].late


def test_a_refusal_contains_the_warnings_too() -> None:
    late = received(an_in(), anomalies=(anomaly("90373-460", "dimonaIn"),))
    settlement = settle(SettlementCase(late, OPEN, now=RECEIVED))
    assert codes(settlement) == ["90373-460", "90373-333"]
    assert settlement.outcome.result is Result.REFUSED


def test_a_refused_change_of_a_known_period_names_it() -> None:
    assert decide(CLOSED, "out").outcome.period_id == PERIOD
    assert decide(None, "out").outcome.period_id is None


def test_all_anomalies_of_an_update_are_returned_at_once() -> None:
    assert codes(decide(OPEN, "update", endDate="2026-02-20")) == ["00913-359", "00911-014"]


def test_a_change_may_give_a_replaced_number() -> None:
    """The relation has the number in force; 00024-347 is for another worker (rule R31)."""
    change = received(a_change("out", worker={"ssin": OTHER_NISS}))
    assert codes(settle(SettlementCase(change, OPEN, former_ssins=(OTHER_NISS,), now=RECEIVED))) == []
    assert codes(settle(SettlementCase(change, OPEN, former_ssins=("29111114418",), now=RECEIVED))) == [
        "00024-347"
    ]


def test_a_student_period_moved_from_2016_to_2017_is_planned_in_hours() -> None:
    """Rule R23: three days fit the five planned ones no more, and no planned day stays."""
    days = {"startDate": "2017-01-02", "endDate": "2017-01-04"}
    refused = decide(STUDENT_OF_2016, "update", **days)
    assert "01135-001" in codes(refused)
    assert "90378-420" not in codes(refused)
    relation = decide(STUDENT_OF_2016, "update", **days, plannedHoursNumber=20).relation
    assert relation is not None
    moved = relation.periods[PERIOD]
    assert (moved.planned_hours, moved.planned_days) == (20, None)
    for known, given in (
        (STUDENT_OF_2016, {"endDate": "2016-12-12"}),
        (OPEN_OF_2016, {"startDate": "2016-12-06"}),
    ):
        within = decide(known, "update", **given).relation
        assert within is not None
        assert within.periods[PERIOD].planned_days == 5
