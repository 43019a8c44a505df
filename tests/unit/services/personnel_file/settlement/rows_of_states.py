"""Declarations that a state of a relation refuses or accepts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from services.personnel_file.relation.rules import (
    PeriodCanceled,
    PeriodClosed,
    PeriodOpened,
    PeriodReopened,
    PeriodUpdated,
    Relation,
)
from shared.domain.declaration import Features
from tests.histories import fold
from tests.unit.builders import (
    ENTERPRISE,
    NISS,
    OTHER_NISS,
    PERIOD,
)
from tests.unit.services.personnel_file.settlement.cases import of, span

OTH, STU, FLX, EXT = (Features(worker_type, "XXX") for worker_type in ("OTH", "STU", "FLX", "EXT"))
CANCEL = PeriodCanceled(PERIOD)
END_OF_MARCH = PeriodClosed(PERIOD, date(2026, 3, 31))


def locked(span_: Any) -> Relation:
    relation = fold(ENTERPRISE, NISS, [PeriodOpened(PERIOD, span_, OTH, locked=True)])
    assert relation is not None
    return relation


OPEN = of(span("02-21"))
CLOSED = of(span("02-21", "03-31"))
CANCELED = of(span("02-21"), OTH, CANCEL)
LOCKED = locked(span("02-21"))
LOCKED_CLOSED = locked(span("02-21", "03-31"))
STUDENT = of(span("02-21", "02-28"), STU)
EVENING = of(span("02-21", "02-21", "1700", "2130"), FLX)


def features(worker_type: str) -> dict[str, Any]:
    return {"workerType": worker_type}


class Refusal(NamedTuple):
    """A declaration about a relation, and the codes that refuse it."""

    relation: Relation | None
    kind: str
    given: dict[str, Any]
    codes: Sequence[str]


REFUSED = [
    Refusal(relation=OPEN, kind="in", given={}, codes=["90373-333"]),
    Refusal(relation=CLOSED, kind="in", given={"endDate": "2026-03-31"}, codes=["90373-333"]),
    Refusal(relation=OPEN, kind="in", given={"endDate": "2026-02-25"}, codes=["90373-334"]),
    Refusal(relation=CLOSED, kind="in", given={"startDate": "2026-03-31"}, codes=["90373-334"]),
    Refusal(
        relation=EVENING,
        kind="in",
        given={"features": features("FLX"), "startHour": "2129", "endHour": "2200", "endDate": "2026-02-21"},
        codes=["90373-334"],
    ),
    Refusal(relation=None, kind="out", given={}, codes=["00913-354"]),
    Refusal(relation=OPEN, kind="out", given={"periodId": 660353824281}, codes=["00913-354"]),
    Refusal(relation=None, kind="update", given={"startDate": "2026-02-20"}, codes=["00913-354"]),
    Refusal(relation=None, kind="cancel", given={}, codes=["00913-354"]),
    Refusal(relation=CANCELED, kind="out", given={}, codes=["00913-355"]),
    Refusal(relation=CANCELED, kind="update", given={"startDate": "2026-02-20"}, codes=["00913-355"]),
    Refusal(relation=CANCELED, kind="cancel", given={}, codes=["00913-355"]),
    Refusal(relation=CLOSED, kind="out", given={}, codes=["00913-356"]),
    Refusal(relation=LOCKED, kind="out", given={}, codes=["00913-362"]),
    Refusal(relation=LOCKED, kind="update", given={"startDate": "2026-02-20"}, codes=["00913-362"]),
    Refusal(relation=LOCKED, kind="cancel", given={}, codes=["00913-362"]),
    Refusal(relation=LOCKED_CLOSED, kind="out", given={}, codes=["00913-362"]),
    Refusal(relation=OPEN, kind="out", given={"endDate": "2026-02-20"}, codes=["00911-014"]),
    Refusal(
        relation=of(span("02-21", None, "1700", "0900")),
        kind="out",
        given={"endDate": "2026-02-21"},
        codes=["00911-014"],
    ),
    Refusal(relation=OPEN, kind="out", given={"worker": {"ssin": OTHER_NISS}}, codes=["00024-347"]),
    Refusal(relation=OPEN, kind="update", given={"endDate": "2026-03-31"}, codes=["00913-359"]),
    Refusal(relation=OPEN, kind="update", given={}, codes=["90378-360"]),
    Refusal(
        relation=CLOSED, kind="update", given={"plannedHoursNumber": 8}, codes=["90378-360", "01135-005"]
    ),
    Refusal(relation=CLOSED, kind="update", given={"endHour": "1200"}, codes=["90378-360", "00778-005"]),
    Refusal(relation=EVENING, kind="update", given={}, codes=["90378-361"]),
    Refusal(
        relation=EVENING, kind="update", given={"plannedHoursNumber": 8}, codes=["90378-361", "01135-005"]
    ),
    Refusal(
        relation=of(span("02-21", "02-21", "1700"), EXT), kind="update", given={}, codes=["90378-361"]
    ),  # Horeca day flat rate
    Refusal(relation=OPEN, kind="update", given={"startDate": "2026-02-21"}, codes=["90378-444"]),
    Refusal(relation=OPEN, kind="update", given={"endDate": "9999-12-31"}, codes=["90378-444"]),
    Refusal(relation=STUDENT, kind="update", given={"plannedHoursNumber": 8}, codes=["90378-444"]),
    Refusal(
        relation=EVENING,
        kind="update",
        given={"startHour": "1700", "endDate": "2026-02-21"},
        codes=["90378-444"],
    ),
    Refusal(relation=CLOSED, kind="update", given={"endDate": "2026-02-20"}, codes=["00911-014"]),
    Refusal(relation=CLOSED, kind="update", given={"startDate": "2026-04-01"}, codes=["00911-014"]),
    Refusal(relation=EVENING, kind="update", given={"endHour": "1659"}, codes=["00778-345"]),
    Refusal(relation=EVENING, kind="update", given={"startHour": "2131"}, codes=["00778-345"]),
    Refusal(
        relation=STUDENT, kind="update", given={"endDate": "9999-12-31"}, codes=["00913-368", "90378-368"]
    ),
    Refusal(
        relation=of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH)),
        kind="update",
        given={"startDate": "2026-03-01", "endDate": "2026-03-31"},
        codes=["90378-333"],
    ),
    Refusal(
        relation=of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH)),
        kind="update",
        given={"endDate": "2026-03-01"},
        codes=["90378-334"],
    ),
    Refusal(
        relation=of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH)),
        kind="update",
        given={"endDate": "9999-12-31"},
        codes=["90378-334"],
    ),
    Refusal(
        relation=of(span("02-21"), OTH, PeriodOpened(2, span("02-01", "02-20"), OTH)),
        kind="update",
        given={"startDate": "2026-02-20"},
        codes=["90378-334"],
    ),
]


class Acceptance(NamedTuple):
    """A declaration about a relation, and the event that follows."""

    relation: Relation
    kind: str
    given: dict[str, Any]
    expected: Any

    @property
    def name(self) -> str:
        """The name of the test case: the kind of declaration and its given values."""
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.given.items())])


ACCEPTED = [
    Acceptance(relation=OPEN, kind="in", given={"features": features("DWD")}, expected=span("02-21")),
    Acceptance(relation=CANCELED, kind="in", given={}, expected=span("02-21")),
    Acceptance(relation=CLOSED, kind="in", given={"startDate": "2026-04-01"}, expected=span("04-01")),
    Acceptance(
        relation=OPEN,
        kind="in",
        given={"startDate": "2026-02-01", "endDate": "2026-02-20"},
        expected=span("02-01", "02-20"),
    ),
    Acceptance(
        relation=EVENING,
        kind="in",
        given={"features": features("FLX"), "startHour": "2130", "endHour": "2300", "endDate": "2026-02-21"},
        expected=span("02-21", "02-21", "2130", "2300"),
    ),
    Acceptance(relation=OPEN, kind="out", given={}, expected=END_OF_MARCH),
    Acceptance(
        relation=OPEN,
        kind="out",
        given={"endDate": "2026-02-21"},
        expected=PeriodClosed(PERIOD, date(2026, 2, 21)),
    ),
    Acceptance(relation=OPEN, kind="out", given={"worker": {"ssin": NISS}}, expected=END_OF_MARCH),
    Acceptance(relation=OPEN, kind="cancel", given={}, expected=CANCEL),
    Acceptance(relation=CLOSED, kind="cancel", given={}, expected=CANCEL),
    Acceptance(
        relation=OPEN,
        kind="update",
        given={"startDate": "2026-02-20"},
        expected=PeriodUpdated(PERIOD, span("02-20")),
    ),
    Acceptance(
        relation=OPEN,
        kind="update",
        given={"startDate": "2026-02-20", "endDate": "9999-12-31"},
        expected=PeriodUpdated(PERIOD, span("02-20")),
    ),
    Acceptance(
        relation=CLOSED,
        kind="update",
        given={"endDate": "2026-02-21"},
        expected=PeriodUpdated(PERIOD, span("02-21", "02-21")),
    ),
    Acceptance(
        relation=CLOSED,
        kind="update",
        given={"endDate": "9999-12-31"},
        expected=PeriodReopened(PERIOD, span("02-21")),
    ),
    Acceptance(
        relation=CLOSED,
        kind="update",
        given={"startDate": "2026-02-20", "endDate": "9999-12-31"},
        expected=PeriodReopened(PERIOD, span("02-20")),
    ),
    Acceptance(
        relation=STUDENT,
        kind="update",
        given={"plannedHoursNumber": 9},
        expected=PeriodUpdated(PERIOD, span("02-21", "02-28"), 9),
    ),
    Acceptance(
        relation=STUDENT,
        kind="update",
        given={"endDate": "2026-02-27"},
        expected=PeriodUpdated(PERIOD, span("02-21", "02-27"), 8),
    ),
    Acceptance(
        relation=EVENING,
        kind="update",
        given={"startDate": "2026-02-21", "startHour": "1700", "endDate": "2026-02-21", "endHour": "2230"},
        expected=PeriodUpdated(PERIOD, span("02-21", "02-21", "1700", "2230")),
    ),
    Acceptance(
        relation=EVENING,
        kind="update",
        given={"startHour": "1600", "endHour": "2200"},
        expected=PeriodUpdated(PERIOD, span("02-21", "02-21", "1600", "2200")),
    ),
    Acceptance(
        relation=of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01"), STU)),
        kind="update",
        given={"endDate": "2026-03-31"},
        expected=PeriodUpdated(PERIOD, span("02-21", "03-31")),
    ),
    Acceptance(
        relation=of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01"), OTH), PeriodCanceled(2)),
        kind="update",
        given={"endDate": "2026-03-31"},
        expected=PeriodUpdated(PERIOD, span("02-21", "03-31")),
    ),
]
