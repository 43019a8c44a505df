"""Settling: each kind on each state, each anomaly with a neighbour that does not have it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from services.personnel_file.relation.rules import (
    Period,
    PeriodCanceled,
    PeriodClosed,
    PeriodOpened,
    PeriodReopened,
    PeriodUpdated,
    Relation,
    fold,
)
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, settle
from shared.domain.anomalies import anomaly
from shared.domain.declaration import Features, Span, parse_hour
from shared.messages import Result
from tests.unit.builders import (
    ENTERPRISE,
    NISS,
    OTHER_NISS,
    PERIOD,
    RECEIVED,
    a_change,
    an_in,
    received,
)

OTH, STU, FLX, EXT = (Features(worker_type, "XXX") for worker_type in ("OTH", "STU", "FLX", "EXT"))
CANCEL = PeriodCanceled(PERIOD)
END_OF_MARCH = PeriodClosed(PERIOD, date(2026, 3, 31))


def span(start: str, end: str | None = None, start_hour: str = "", end_hour: str = "") -> Span:
    """Days of 2026 written MM-DD, hours HHMM."""
    days = (date.fromisoformat(f"2026-{day}") if day else None for day in (start, end))
    first, last = days
    assert first is not None
    return Span(first, last, parse_hour(start_hour), parse_hour(end_hour))


def of(span_: Span, features: Features = OTH, *others: Any, planned_hours: int | None = None) -> Relation:
    """A relation whose first period is the known one; `others` are further events."""
    first = PeriodOpened(PERIOD, span_, features, planned_hours)
    relation = fold(ENTERPRISE, NISS, [first, *others])
    assert relation is not None
    return relation


def locked(span_: Span) -> Relation:
    relation = fold(ENTERPRISE, NISS, [PeriodOpened(PERIOD, span_, OTH, locked=True)])
    assert relation is not None
    return relation


OPEN = of(span("02-21"))
CLOSED = of(span("02-21", "03-31"))
CANCELED = of(span("02-21"), OTH, CANCEL)
LOCKED = locked(span("02-21"))
LOCKED_CLOSED = locked(span("02-21", "03-31"))
STUDENT = of(span("02-21", "02-28"), STU, planned_hours=8)
EVENING = of(span("02-21", "02-21", "1700", "2130"), FLX)


def codes(settlement: Settlement) -> list[str]:
    return [found.code for found in settlement.outcome.anomalies]


def decide(relation: Relation | None, kind: str, **given: Any) -> Settlement:
    declared = an_in(**given) if kind == "in" else a_change(kind, **given)
    return settle(SettlementCase(received(declared), relation, now=RECEIVED))


def features(worker_type: str) -> dict[str, Any]:
    return {"workerType": worker_type}


#: (relation, kind, what is given, the anomalies it ends with)
REFUSED: list[tuple[Relation | None, str, dict[str, Any], Sequence[str]]] = [
    (OPEN, "in", {}, ["90373-333"]),
    (CLOSED, "in", {"endDate": "2026-03-31"}, ["90373-333"]),
    (OPEN, "in", {"endDate": "2026-02-25"}, ["90373-334"]),
    (CLOSED, "in", {"startDate": "2026-03-31"}, ["90373-334"]),
    (
        EVENING,
        "in",
        {"features": features("FLX"), "startHour": "2129", "endHour": "2200", "endDate": "2026-02-21"},
        ["90373-334"],
    ),
    (None, "out", {}, ["00913-354"]),
    (OPEN, "out", {"periodId": 660353824281}, ["00913-354"]),
    (None, "update", {"startDate": "2026-02-20"}, ["00913-354"]),
    (None, "cancel", {}, ["00913-354"]),
    (CANCELED, "out", {}, ["00913-355"]),
    (CANCELED, "update", {"startDate": "2026-02-20"}, ["00913-355"]),
    (CANCELED, "cancel", {}, ["00913-355"]),
    (CLOSED, "out", {}, ["00913-356"]),
    (LOCKED, "out", {}, ["00913-362"]),
    (LOCKED, "update", {"startDate": "2026-02-20"}, ["00913-362"]),
    (LOCKED, "cancel", {}, ["00913-362"]),
    (LOCKED_CLOSED, "out", {}, ["00913-362"]),
    (OPEN, "out", {"endDate": "2026-02-20"}, ["00911-014"]),
    (of(span("02-21", None, "1700", "0900")), "out", {"endDate": "2026-02-21"}, ["00911-014"]),
    (OPEN, "out", {"worker": {"ssin": OTHER_NISS}}, ["00024-347"]),
    (OPEN, "update", {"endDate": "2026-03-31"}, ["00913-359"]),
    (OPEN, "update", {}, ["90378-360"]),
    (CLOSED, "update", {"plannedHoursNumber": 8}, ["90378-360", "01135-005"]),
    (CLOSED, "update", {"endHour": "1200"}, ["90378-360", "00778-005"]),
    (EVENING, "update", {}, ["90378-361"]),
    (EVENING, "update", {"plannedHoursNumber": 8}, ["90378-361", "01135-005"]),
    (of(span("02-21", "02-21", "1700"), EXT), "update", {}, ["90378-361"]),  # Horeca day flat rate
    (OPEN, "update", {"startDate": "2026-02-21"}, ["90378-444"]),
    (OPEN, "update", {"endDate": "9999-12-31"}, ["90378-444"]),
    (STUDENT, "update", {"plannedHoursNumber": 8}, ["90378-444"]),
    (EVENING, "update", {"startHour": "1700", "endDate": "2026-02-21"}, ["90378-444"]),
    (CLOSED, "update", {"endDate": "2026-02-20"}, ["00911-014"]),
    (CLOSED, "update", {"startDate": "2026-04-01"}, ["00911-014"]),
    (EVENING, "update", {"endHour": "1659"}, ["00778-345"]),
    (EVENING, "update", {"startHour": "2131"}, ["00778-345"]),
    (STUDENT, "update", {"endDate": "9999-12-31"}, ["00913-368", "90378-368"]),
    (
        of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH)),
        "update",
        {"startDate": "2026-03-01", "endDate": "2026-03-31"},
        ["90378-333"],
    ),
    (
        of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH)),
        "update",
        {"endDate": "2026-03-01"},
        ["90378-334"],
    ),
    (
        of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH)),
        "update",
        {"endDate": "9999-12-31"},
        ["90378-334"],
    ),
    (
        of(span("02-21"), OTH, PeriodOpened(2, span("02-01", "02-20"), OTH)),
        "update",
        {"startDate": "2026-02-20"},
        ["90378-334"],
    ),
]


@pytest.mark.parametrize(
    ("relation", "kind", "given", "found"),
    REFUSED,
    ids=[f"{'+'.join(found)} {kind} {nth}" for nth, (_, kind, _, found) in enumerate(REFUSED)],
)
def test_it_is_refused_and_changes_nothing(
    relation: Relation | None, kind: str, given: dict[str, Any], found: Sequence[str]
) -> None:
    settlement = decide(relation, kind, **given)
    assert codes(settlement) == found
    assert settlement.outcome.result is Result.REFUSED
    assert settlement.events == ()
    assert settlement.relation is relation


#: (relation, kind, what is given, the event that follows)
ACCEPTED: list[tuple[Relation | None, str, dict[str, Any], Any]] = [
    (OPEN, "in", {"features": features("DWD")}, span("02-21")),
    (CANCELED, "in", {}, span("02-21")),
    (CLOSED, "in", {"startDate": "2026-04-01"}, span("04-01")),
    (OPEN, "in", {"startDate": "2026-02-01", "endDate": "2026-02-20"}, span("02-01", "02-20")),
    (
        EVENING,
        "in",
        {"features": features("FLX"), "startHour": "2130", "endHour": "2300", "endDate": "2026-02-21"},
        span("02-21", "02-21", "2130", "2300"),
    ),
    (OPEN, "out", {}, END_OF_MARCH),
    (OPEN, "out", {"endDate": "2026-02-21"}, PeriodClosed(PERIOD, date(2026, 2, 21))),
    (OPEN, "out", {"worker": {"ssin": NISS}}, END_OF_MARCH),
    (OPEN, "cancel", {}, CANCEL),
    (CLOSED, "cancel", {}, CANCEL),
    (OPEN, "update", {"startDate": "2026-02-20"}, PeriodUpdated(PERIOD, span("02-20"))),
    (
        OPEN,
        "update",
        {"startDate": "2026-02-20", "endDate": "9999-12-31"},
        PeriodUpdated(PERIOD, span("02-20")),
    ),
    (CLOSED, "update", {"endDate": "2026-02-21"}, PeriodUpdated(PERIOD, span("02-21", "02-21"))),
    (CLOSED, "update", {"endDate": "9999-12-31"}, PeriodReopened(PERIOD, span("02-21"))),
    (
        CLOSED,
        "update",
        {"startDate": "2026-02-20", "endDate": "9999-12-31"},
        PeriodReopened(PERIOD, span("02-20")),
    ),
    (STUDENT, "update", {"plannedHoursNumber": 9}, PeriodUpdated(PERIOD, span("02-21", "02-28"), 9)),
    (STUDENT, "update", {"endDate": "2026-02-27"}, PeriodUpdated(PERIOD, span("02-21", "02-27"), 8)),
    (
        EVENING,
        "update",
        {"startDate": "2026-02-21", "startHour": "1700", "endDate": "2026-02-21", "endHour": "2230"},
        PeriodUpdated(PERIOD, span("02-21", "02-21", "1700", "2230")),
    ),
    (
        EVENING,
        "update",
        {"endDate": "2026-02-22", "endHour": "0100"},
        PeriodUpdated(PERIOD, span("02-21", "02-22", "1700", "0100")),
    ),
    (
        of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01"), STU)),
        "update",
        {"endDate": "2026-03-31"},
        PeriodUpdated(PERIOD, span("02-21", "03-31")),
    ),
    (
        of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01"), OTH), PeriodCanceled(2)),
        "update",
        {"endDate": "2026-03-31"},
        PeriodUpdated(PERIOD, span("02-21", "03-31")),
    ),
]


@pytest.mark.parametrize(
    ("relation", "kind", "given", "expected"),
    ACCEPTED,
    ids=[f"{kind} {nth}" for nth, (_, kind, _, _) in enumerate(ACCEPTED)],
)
def test_it_is_accepted_and_becomes_an_event(
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


def test_a_worker_who_was_not_identified_ends_the_declaration() -> None:
    """I4."""
    declaration = received(an_in())
    settlement = settle(SettlementCase(declaration, None, identified=False, now=RECEIVED))
    assert codes(settlement) == ["90017-151"]
    assert settlement.outcome.result is Result.REFUSED
    assert settlement.relation is None


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
def test_a_change_of_an_in_that_was_refused_says_so(kind: str) -> None:
    given = {"startDate": "2026-02-20"} if kind == "update" else {}
    settlement = settle(
        SettlementCase(received(a_change(kind, **given)), None, in_refused=True, now=RECEIVED)
    )
    assert codes(settlement) == ["00913-357"]
    assert settlement.outcome.period_id is None


def test_what_intake_warned_of_stays_and_marks_the_period_late() -> None:
    """R1."""
    late = received(an_in(), anomalies=(anomaly("90373-460", "dimonaIn"),))
    settlement = settle(SettlementCase(late, None, now=RECEIVED))
    assert settlement.outcome.result is Result.WARNING
    assert codes(settlement) == ["90373-460"]
    assert settlement.relation is not None
    assert settlement.relation.periods[late.number].late


def test_a_warning_that_is_not_about_time_marks_nothing_late() -> None:
    warned = received(an_in(), anomalies=(anomaly("00014-022", "employer.enterpriseNumber"),))
    settlement = settle(SettlementCase(warned, None, now=RECEIVED))
    assert settlement.relation is not None
    assert not settlement.relation.periods[warned.number].late


def test_a_refusal_tells_the_warnings_too() -> None:
    late = received(an_in(), anomalies=(anomaly("90373-460", "dimonaIn"),))
    settlement = settle(SettlementCase(late, OPEN, now=RECEIVED))
    assert codes(settlement) == ["90373-460", "90373-333"]
    assert settlement.outcome.result is Result.REFUSED


def test_the_period_is_named_when_a_known_one_refuses_a_change() -> None:
    assert decide(CLOSED, "out").outcome.period_id == PERIOD
    assert decide(None, "out").outcome.period_id is None


def test_all_that_is_wrong_with_an_update_is_told_at_once() -> None:
    assert codes(decide(OPEN, "update", endDate="2026-02-20")) == ["00913-359", "00911-014"]


def test_a_change_may_give_a_number_that_was_replaced() -> None:
    """R31: the relation has the number in force; 00024-347 is for the number of somebody else."""
    change = received(a_change("out", worker={"ssin": OTHER_NISS}))
    assert codes(settle(SettlementCase(change, OPEN, former_ssins=(OTHER_NISS,), now=RECEIVED))) == []
    assert codes(settle(SettlementCase(change, OPEN, former_ssins=("29111114418",), now=RECEIVED))) == [
        "00024-347"
    ]
