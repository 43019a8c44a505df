"""Declarations with their surroundings for tests of intake, given by their differences from a correct one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from services.intake.reception.rules import Employer, KnownPeriod, admit
from shared.domain.declared import Declaration
from shared.domain.features import Closure
from tests.unit.builders import (
    EMPLOYER,
    IDENTITY,
    KNOWN,
    OTHER_ENTERPRISE,
    PROVISIONAL,
    RECEIVED,
    a_change,
    an_in,
)
from tests.unit.rows import described


@dataclass(frozen=True)
class Said:
    """A declaration with its surroundings, by what differs from one in order."""

    kind: str = "in"
    given: dict[str, Any] = field(default_factory=dict)
    employer: Employer | None = EMPLOYER
    entitled: bool = True
    period: KnownPeriod | None = KNOWN
    late_after: datetime = RECEIVED
    received_at: datetime | None = None  #: by default `late_after`
    declared_employer: Employer | None = EMPLOYER  #: the employer of the numbers that a change repeats
    secured: bool = True
    user_known: bool | None = None
    closures: tuple[Closure, ...] = ()

    @property
    def name(self) -> str:
        """The name of the test case: the kind of declaration and its given values."""
        return f"{self.kind} {described(self.given)}".strip()

    def declaration(self) -> Declaration:
        return an_in(**self.given) if self.kind == "in" else a_change(self.kind, **self.given)

    def anomalies(self) -> list[tuple[str, str]]:
        """Return the codes and paths of the anomalies that are found."""
        period = None if self.kind == "in" else self.period
        found = admit(
            self.declaration(),
            self.employer,
            self.entitled,
            period,
            self.late_after,
            received_at=self.received_at,
            declared_employer=self.declared_employer,
            secured=self.secured,
            user_known=self.user_known,
            closures=self.closures,
        )
        return [(anomaly.code, anomaly.path) for anomaly in found]


def said(kind: str = "in", /, **given: Any) -> Said:
    return Said(kind, given)


def in_(features: dict[str, Any] | None = None, **given: Any) -> Said:
    return Said("in", {**given, "features": features})


def identity(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**IDENTITY, **changed}.items() if value is not None}


def address(**changed: Any) -> dict[str, Any]:
    return identity(address=identity_address(**changed))


def identity_address(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**IDENTITY["address"], **changed}.items() if value is not None}


ACTIVE_UNTIL_JUNE = replace(EMPLOYER, active_until=date(2026, 6, 30))
#: The last active day lies one day before the reception.
ACTIVE_UNTIL_THE_DAY_BEFORE = replace(EMPLOYER, active_until=date(2026, 2, 19))
AUTHORITY = replace(EMPLOYER, provincial_or_local=True)
PROVISIONAL_EMPLOYER = replace(EMPLOYER, employer_id=PROVISIONAL)

BELGIAN: dict[str, Any] = {
    "street": "Wetstraat",
    "houseNumber": "1",
    "postCode": "1000",
    "municipality": {"code": 21004, "name": "Brussel"},
    "country": 150,
}
USER: dict[str, Any] = {"jointCommissionNumber": "XXX", "enterpriseNumber": OTHER_ENTERPRISE}
USER_ABROAD: dict[str, Any] = {
    "jointCommissionNumber": "XXX",
    "name": "Dupont et Fils",
    "address": IDENTITY["address"],
}


def but(given: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return the data with these changes; None leaves one out."""
    return {name: value for name, value in {**given, **changed}.items() if value is not None}


def agency(user: dict[str, Any] | None = None, worker_type: str = "OTH", **given: Any) -> Said:
    """Build a temporary agency worker for ten days; `user` is the user undertaking."""
    features = {"jointCommissionNumber": "322", "workerType": worker_type}
    return in_({**features, "usingEmployer": USER if user is None else user}, endDate="2026-03-02", **given)


def student(**given: Any) -> Said:
    """Build a student for a day."""
    return in_({"workerType": "STU"}, **{"endDate": "2026-02-21", "plannedHoursNumber": 8, **given})


def student_of_2016(**given: Any) -> Said:
    """Build a student of 2016 for five days, which are planned in days."""
    days = {"startDate": "2016-12-05", "endDate": "2016-12-09", "plannedDaysNumber": 5}
    return in_({"workerType": "STU"}, **{**days, **given})


def elsewhere(**changed: Any) -> Said:
    """Build a student outside the head office, with these changes of the address."""
    return student(studentPlaceOfWork={"name": "The other shop", "address": but(BELGIAN, **changed)})


def extra(joint_commission: str = "144", **given: Any) -> Said:
    """Build an occasional worker for four hours, in Horeca (302) or agriculture."""
    hours = {"startHour": "1700", "endHour": "2100", "endDate": "2026-02-21"}
    return in_({"workerType": "EXT", "jointCommissionNumber": joint_commission}, **{**hours, **given})


def flexi(**given: Any) -> Said:
    """Build a flexi-job for an evening."""
    evening = {"startHour": "1700", "endHour": "2130", "endDate": "2026-02-21"}
    return in_({"workerType": "FLX"}, **{**evening, **given})


def in_2024(case: Said) -> Said:
    """Return the declaration as received in 2024, when construction still needed C3.2A cards."""
    return replace(case, late_after=datetime(2024, 12, 31, 22, 59, tzinfo=UTC))


def builder(**cards: Any) -> Said:
    """Build a construction worker with both cards."""
    both = {"firstMonthC32ANumber": "123456789012", "nextMonthC32ANumber": "123456789013"}
    return in_(
        {"workerType": "BCW", "jointCommissionNumber": "124"}, constructionControlCards=but(both, **cards)
    )


def trainee(worker_type: str = "IVT", /, **statutes: Any) -> Said:
    """Build a trainee with small statutes."""
    usual = {"employmentNature": "WORKER", "workerStatus": "F1"}
    return in_(
        {"workerType": worker_type},
        endDate="2026-06-30",
        smallStatutesInformation=but(usual, **statutes),
    )


def of(worker_type: str, start: str, end: str | None = None, **given: Any) -> Said:
    """Build a period of this type, with its compulsory data beside dates."""
    planned = {"plannedHoursNumber": 8} if worker_type in ("STU", "O17", "S17") else {}
    return in_({"workerType": worker_type}, startDate=start, endDate=end, **{**planned, **given})


def horeca(**given: Any) -> Said:
    return extra("302", **given)
