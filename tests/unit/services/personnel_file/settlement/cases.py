"""Cases of settlement tests: a declaration about a relation, and its reception."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from services.personnel_file.relation.rules import PeriodCanceled, PeriodOpened, Relation
from services.personnel_file.settlement.rules.settle import SettlementCase, settle
from shared.domain.declaration import Features, Span, User, parse_hour
from shared.domain.features import Closure
from tests.histories import fold
from tests.unit.builders import ENTERPRISE, NISS, PERIOD, RECEIVED, a_change, an_in, received

OTH, STU, FLX, T17, S17, STX = (
    Features(type_, "XXX") for type_ in ("OTH", "STU", "FLX", "T17", "S17", "STX")
)
EXT = Features("EXT", "144")
HORECA = Features("EXT", "302")
AT_HORECA = Features("EXT", "322", None, User("302", "0400767772"))
AGENCY = Features("OTH", "322", None, User("XXX", "0400767772"))
UPDATE = "dimonaUpdate"
CLOSED_MARCH = (Closure(date(2026, 2, 1), date(2026, 2, 28), "OTH"),)


def span(start: str, end: str | None = None, start_hour: str = "", end_hour: str = "") -> Span:
    """Days of 2026 written MM-DD, or whole dates; hours HHMM."""
    days = (
        date.fromisoformat(day if len(day) > 5 else f"2026-{day}") if day else None for day in (start, end)
    )
    first, last = days
    assert first is not None
    return Span(first, last, parse_hour(start_hour), parse_hour(end_hour))


def of(span_: Span, features: Features = OTH, *others: Any, locked: bool = False) -> Relation:
    """Return a relation with the known period and the effect of further events."""
    planned = 8 if features.worker_type in ("STU", "S17") else None
    days = None
    if features.worker_type == "STU" and span_.start.year <= 2016:
        planned, days = None, 5
    opened = PeriodOpened(PERIOD, span_, features, planned, locked, planned_days=days)
    relation = fold(ENTERPRISE, NISS, [opened, *others])
    assert relation is not None
    return relation


@dataclass(frozen=True)
class Case:
    """A declaration about a relation, and its reception."""

    relation: Relation | None
    kind: str
    given: dict[str, Any] = field(default_factory=dict)
    late_after: datetime = RECEIVED
    closures: tuple[Closure, ...] = ()
    identified: bool = True
    in_refused: bool = False

    @property
    def name(self) -> str:
        """The name of the test case: the kind of declaration and its given values."""
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.given.items())])

    def anomalies(self) -> list[tuple[str, str]]:
        """Return codes and paths."""
        declared = an_in(**self.given) if self.kind == "in" else a_change(self.kind, **self.given)
        settlement = settle(
            SettlementCase(
                received_at(declared, self.late_after),
                self.relation,
                identified=self.identified,
                in_refused=self.in_refused,
                closures=self.closures,
                now=self.late_after,
            )
        )
        return [(found.code, found.path) for found in settlement.outcome.anomalies]


def received_at(declared: Any, late_after: datetime) -> Any:
    return received(declared).model_copy(update={"late_after": late_after})


def update(relation: Relation, **given: Any) -> Case:
    return Case(relation, "update", given)


def at(case: Case, day: str, hour: int = 9) -> Case:
    """Return the case with another reception (UTC; Brussels is an hour or two ahead)."""
    late_after = datetime.combine(date.fromisoformat(f"2026-{day}"), datetime.min.time(), UTC)
    return replace(case, late_after=late_after.replace(hour=hour))


def day_of_extra(start: str, end: str | None = None, joint_commission: str = "302", **hours: str) -> Case:
    """Return an IN of an occasional worker with two earlier days, 21 and 22 February."""
    features = {"workerType": "EXT", "jointCommissionNumber": joint_commission}
    return Case(TWO_DAYS, "in", {"startDate": start, "endDate": end or start, "features": features, **hours})


OPEN = of(span("02-21"))
CLOSED = of(span("02-21", "03-31"))
CANCELED = of(span("02-21"), OTH, PeriodCanceled(PERIOD))
STUDENT = of(span("02-21", "02-28"), STU)
STUDENT_OF_2016 = of(span("2016-12-05", "2016-12-09"), STU)
EVENING = of(span("02-21", "02-21", "1700", "2130"), FLX)
SHIFT = of(span("02-21", "02-21", "1700", "2130"), EXT)
LUMP_SUM = of(span("02-21", "02-21", "1700"), HORECA)
FLEXI = of(span("02-21", "03-20"), FLX)
OPEN_FLEXI = of(span("02-21"), FLX)
TWO = of(span("02-21", "02-28"), OTH, PeriodOpened(2, span("03-01", "03-31"), OTH))
TWO_DAYS = of(
    span("02-21", "02-21", "1700", "2100"), HORECA, PeriodOpened(2, span("02-22", "02-22", "1700"), HORECA)
)
DAY_AFTER = of(span("02-21", "02-21"), HORECA, PeriodOpened(2, span("02-23", "02-24"), HORECA))
