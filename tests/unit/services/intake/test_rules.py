"""Intake's rule table: for every row a declaration that raises it, and one beside it that does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.intake.rules import Employer, KnownPeriod, admit, employer_among
from services.intake.rules.table import PERIOD_UNKNOWN, RULES
from shared.domain.declared import Declaration, DeclaredEmployer
from shared.domain.identifiers import EmployerId
from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    IDENTITY,
    KNOWN,
    NISS,
    NSSO,
    OTHER_ENTERPRISE,
    OTHER_NISS,
    PERIOD,
    PROVISIONAL,
    RECEIVED,
    a_change,
    an_in,
)


@dataclass(frozen=True)
class Said:
    """A declaration with its surroundings, by what differs from one in order."""

    kind: str = "in"
    given: dict[str, Any] = field(default_factory=dict)
    employer: Employer | None = EMPLOYER
    entitled: bool = True
    period: KnownPeriod | None = KNOWN
    late_after: datetime = RECEIVED

    def declaration(self) -> Declaration:
        return an_in(**self.given) if self.kind == "in" else a_change(self.kind, **self.given)

    def anomalies(self) -> list[tuple[str, str]]:
        """Codes and paths."""
        period = None if self.kind == "in" else self.period
        found = admit(self.declaration(), self.employer, self.entitled, period, self.late_after)
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
AUTHORITY = replace(EMPLOYER, provincial_or_local=True)
PROVISIONAL_EMPLOYER = replace(EMPLOYER, employer_id=PROVISIONAL)
START_HOUR = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)  # 10:00 in Brussels

#: (code, path, a declaration that raises it, one that does not)
ROWS: list[tuple[str, str, Said, Said]] = [
    ("00913-001", "dimonaOut.periodId", said("out", periodId=None), said("out")),
    ("00913-001", "dimonaUpdate.periodId", said("update", periodId=None), said("update")),
    ("00913-001", "dimonaCancel.periodId", said("cancel", periodId=None), said("cancel")),
    ("00913-003", "dimonaOut.periodId", said("out", periodId=PERIOD + 1), said("out")),
    ("00913-003", "dimonaUpdate.periodId", said("update", periodId=0), said("update")),
    ("00913-003", "dimonaCancel.periodId", said("cancel", periodId=-PERIOD), said("cancel")),
    ("00913-354", "dimonaOut.periodId", replace(said("out"), period=None), said("out")),
    ("00913-354", "dimonaUpdate.periodId", replace(said("update"), entitled=False), said("update")),
    ("00913-354", "dimonaCancel.periodId", replace(said("cancel"), period=None), said("cancel")),
    (
        "00913-357",
        "dimonaOut.periodId",
        replace(said("out"), period=replace(KNOWN, refused=True)),
        said("out"),
    ),
    (
        "00913-357",
        "dimonaUpdate.periodId",
        replace(said("update"), period=replace(KNOWN, refused=True)),
        said("update"),
    ),
    (
        "00913-357",
        "dimonaCancel.periodId",
        replace(said("cancel"), period=replace(KNOWN, refused=True)),
        said("cancel"),
    ),
    (
        "90256-364",
        "employer",
        replace(said(employer={}), employer=None),
        said(employer={"employerId": NSSO}),
    ),
    (
        "00011-003",
        "employer.employerId",
        said(employer={"employerId": NSSO + 1}),
        said(employer={"employerId": NSSO}),
    ),
    ("00011-003", "employer.employerId", said("cancel", employer={"employerId": 0}), said("cancel")),
    (
        "00948-003",
        "employer.employerId",
        said(employer={"employerId": PROVISIONAL + 1}),
        replace(said(employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    (
        "00014-003",
        "employer.enterpriseNumber",
        said(employer={"enterpriseNumber": "0477472702"}),
        said(employer={"enterpriseNumber": "477472701"}),
    ),
    (
        "00011-235",
        "employer.employerId",
        replace(said(employer={"employerId": NSSO}), employer=None),
        said(employer={"employerId": NSSO}),
    ),
    (
        "00948-235",
        "employer.employerId",
        replace(said(employer={"employerId": PROVISIONAL}), employer=None),
        replace(said(employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    ("00014-235", "employer.enterpriseNumber", replace(said(), employer=None), said()),
    (
        "00014-022",
        "employer.enterpriseNumber",
        said(employer={"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}),
        said(employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
    ),
    ("90256-155", "employer", replace(said(), entitled=False), said()),
    (
        "90373-343",
        "dimonaIn",
        replace(said(startDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        replace(said(startDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    (
        "90373-343",
        "dimonaIn",
        replace(said(endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        replace(said(endDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    (
        "90373-343",
        "dimonaIn",
        replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 22))),
        replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 21))),
    ),
    (
        "00011-347",
        "employer.employerId",
        said("out", employer={"employerId": 175110801}),
        said("out", employer={"employerId": NSSO}),
    ),
    (
        "00948-347",
        "employer.employerId",
        said("out", employer={"employerId": PROVISIONAL}),
        replace(said("out", employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    (
        "00014-347",
        "employer.enterpriseNumber",
        said("update", employer={"enterpriseNumber": OTHER_ENTERPRISE}),
        said("update", employer={"enterpriseNumber": "477472701"}),
    ),
    ("00024-003", "worker.ssin", said(worker={"ssin": "93051822362"}), said()),
    (
        "00024-003",
        "worker.ssin",
        said("cancel", worker={"ssin": "9305"}),
        said("cancel", worker={"ssin": NISS}),
    ),
    (
        "00024-347",
        "worker.ssin",
        said("out", worker={"ssin": OTHER_NISS}),
        said("out", worker={"ssin": NISS}),
    ),
    (
        "00024-347",
        "worker.ssin",
        said("out", worker={"ssin": OTHER_NISS}),
        replace(said("out", worker={"ssin": OTHER_NISS}), period=replace(KNOWN, ssin=None)),
    ),
    (
        "00025-003",
        "worker.familyName",
        said(worker=identity(familyName="D" * 49)),
        said(worker=identity(familyName="D" * 48)),
    ),
    (
        "00026-003",
        "worker.givenName",
        said(worker=identity(givenName="D" * 25)),
        said(worker=identity(givenName="D" * 24)),
    ),
    (
        "00028-003",
        "worker.birthDate",
        said(worker=identity(birthDate="1991-02-30")),
        said(worker=identity(birthDate="1991-00-00")),
    ),
    (
        "00028-003",
        "worker.birthDate",
        said(worker=identity(birthDate="1905-12-31")),
        said(worker=identity(birthDate="1906-00-00")),
    ),
    (
        "00028-003",
        "worker.birthDate",
        said(worker=identity(birthDate="2027-01-01")),
        said(worker=identity(birthDate="2026-01-01")),
    ),
    ("00029-003", "worker.gender", said(worker=identity(gender=3)), said(worker=identity(gender=0))),
    ("90017-363", "worker", said(worker={}), said(worker=IDENTITY)),
    ("90017-363", "worker", said(worker=identity(placeOfBirth=None)), said(worker={"ssin": NISS})),
    ("90017-363", "worker", said(worker=address(municipality={"code": 99999})), said(worker=IDENTITY)),
    (
        "90017-363",
        "worker",
        said(worker=address(houseNumber=None)),
        said(worker=address(municipality={"code": 21004})),
    ),
    (
        "00046-001",
        "dimonaIn.features.jointCommissionNumber",
        in_({"jointCommissionNumber": None}),
        replace(in_({"jointCommissionNumber": None}), employer=AUTHORITY),
    ),
    (
        "00046-003",
        "dimonaIn.features.jointCommissionNumber",
        in_({"jointCommissionNumber": "200"}),
        in_({"jointCommissionNumber": 124}),
    ),
    (
        "00046-003",
        "dimonaIn.features.usingEmployer.jointCommissionNumber",
        in_({"usingEmployer": {"jointCommissionNumber": "322"}}),
        in_({"usingEmployer": {"jointCommissionNumber": "302"}}),
    ),
    ("00655-001", "dimonaIn.features.workerType", in_({"workerType": None}), in_()),
    ("00655-003", "dimonaIn.features.workerType", in_({"workerType": "STX"}), in_({"workerType": "ALT"})),
    ("00910-001", "dimonaIn.startDate", said(startDate=None), said()),
    ("00910-003", "dimonaIn.startDate", said(startDate="2026-02-30"), said()),
    ("00910-003", "dimonaUpdate.startDate", said("update", startDate="2026-13-01"), said("update")),
    ("00910-008", "dimonaIn.startDate", said(startDate="1919-12-31"), said(startDate="1920-01-01")),
    ("00910-008", "dimonaIn.startDate", said(startDate="2036-01-01"), said(startDate="2035-12-31")),
    (
        "00910-008",
        "dimonaUpdate.startDate",
        said("update", startDate="9999-12-31"),
        said("update", startDate="2026-02-21"),
    ),
    ("00911-001", "dimonaOut.endDate", said("out", endDate=None), said("out")),
    (
        "00911-001",
        "dimonaIn.endDate",
        in_({"workerType": "STU"}),
        in_({"workerType": "STU"}, endDate="2026-02-21"),
    ),
    (
        "00911-001",
        "dimonaIn.endDate",
        in_({"jointCommissionNumber": "322"}),
        in_({"jointCommissionNumber": "124"}),
    ),
    ("00911-003", "dimonaIn.endDate", said(endDate="2026-04-31"), said(endDate="2026-04-30")),
    ("00911-003", "dimonaOut.endDate", said("out", endDate="2026-04-31"), said("out")),
    ("00911-003", "dimonaUpdate.endDate", said("update", endDate="2026-00-01"), said("update")),
    ("00911-008", "dimonaIn.endDate", said(endDate="9999-12-31"), said(endDate="2035-12-31")),
    (
        "00911-008",
        "dimonaOut.endDate",
        said("out", endDate="9999-12-31"),
        said("update", endDate="9999-12-31"),
    ),
    (
        "00911-008",
        "dimonaUpdate.endDate",
        said("update", endDate="1998-12-31"),
        said("update", endDate="1999-01-01"),
    ),
    ("00911-014", "dimonaIn.endDate", said(endDate="2026-02-20"), said(endDate="2026-02-21")),
    ("00777-003", "dimonaIn.startHour", said(startHour="2400"), said(startHour="2359")),
    ("00777-003", "dimonaUpdate.startHour", said("update", startHour="9h"), said("update", startHour="0900")),
    ("00778-003", "dimonaIn.endHour", said(endHour="1260"), said(endHour="1259")),
    ("00778-003", "dimonaUpdate.endHour", said("update", endHour="17:00"), said("update", endHour="1700")),
    (
        "00778-345",
        "dimonaIn.endHour",
        said(endDate="2026-02-21", startHour="1700", endHour="1659"),
        said(endDate="2026-02-22", startHour="1700", endHour="0200"),
    ),
    ("01135-003", "dimonaIn.plannedHoursNumber", said(plannedHoursNumber=0), said(plannedHoursNumber=1)),
    (
        "01135-003",
        "dimonaUpdate.plannedHoursNumber",
        said("update", plannedHoursNumber=1000),
        said("update", plannedHoursNumber=999),
    ),
    ("90373-460", "dimonaIn", said(startDate="2026-02-19"), said(startDate="2026-02-20")),
    (
        "90373-460",
        "dimonaIn",
        said(startDate="2026-02-20", startHour="0959"),
        said(startDate="2026-02-20", startHour="1000"),
    ),
    (
        "90373-460",
        "dimonaIn",
        replace(said(startDate="2026-02-20"), late_after=datetime(2026, 2, 20, 23, 0, tzinfo=UTC)),
        replace(said(startDate="2026-02-20"), late_after=datetime(2026, 2, 20, 22, 59, tzinfo=UTC)),
    ),
]
IDS = [f"{code} {path} {nth}" for nth, (code, path, *_) in enumerate(ROWS)]


@pytest.mark.parametrize(("code", "path", "raising", "_"), ROWS, ids=IDS)
def test_a_row_is_raised(code: str, path: str, raising: Said, _: Said) -> None:
    assert (code, path) in raising.anomalies()


@pytest.mark.parametrize(("code", "path", "_", "silent"), ROWS, ids=IDS)
def test_a_row_stays_silent(code: str, path: str, _: Said, silent: Said) -> None:
    assert code not in [found for found, _ in silent.anomalies()]


def test_every_row_of_the_table_is_tested() -> None:
    every = {(rule.anomaly.code, rule.anomaly.path) for rules in RULES.values() for rule in rules}
    every |= {(rule.anomaly.code, rule.anomaly.path) for rule in PERIOD_UNKNOWN.values()}
    assert {path_of_kind[:2] for path_of_kind in ROWS} == every


@pytest.mark.parametrize(
    "in_order",
    [
        said(),
        said(employer={"employerId": NSSO}),
        said(worker=IDENTITY),
        said("out"),
        said("update"),
        said("cancel"),
    ],
)
def test_a_declaration_in_order_is_admitted(in_order: Said) -> None:
    assert in_order.anomalies() == []


def test_all_anomalies_are_told_at_once_in_the_order_of_the_table() -> None:
    everything = in_(
        {"workerType": "NO", "jointCommissionNumber": "999"},
        employer={"enterpriseNumber": "1"},
        worker={"ssin": "1"},
        startDate="2026-02-30",
        endDate="1998-01-01",
    )
    assert [code for code, _ in replace(everything, employer=None).anomalies()] == [
        "00014-003",
        "00024-003",
        "00046-003",
        "00655-003",
        "00910-003",
        "00911-008",
    ]


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
@pytest.mark.parametrize("refused", [False, True])
def test_a_period_of_somebody_else_looks_like_one_that_does_not_exist(kind: str, refused: bool) -> None:
    """D4."""
    given = {"employer": {"enterpriseNumber": OTHER_ENTERPRISE}, "worker": {"ssin": OTHER_NISS}}
    known = replace(Said(kind, given, entitled=False), period=replace(KNOWN, refused=refused))
    unknown = replace(known, period=None, employer=None)
    assert known.anomalies() == unknown.anomalies() == [("00913-354", f"dimona{kind.capitalize()}.periodId")]


def test_nothing_of_the_directory_is_told_to_a_sender_without_right() -> None:
    pairs_wrongly = {"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}
    past = replace(EMPLOYER, active_until=date(2020, 1, 1))
    stranger = replace(said(employer=pairs_wrongly), employer=past, entitled=False)
    assert stranger.anomalies() == [("90256-155", "employer")]


def test_a_missing_employer_or_worker_block_is_an_anomaly_like_any_other() -> None:
    bare = Declaration.model_validate(
        {"dimonaIn": {"startDate": "2026-02-21", "features": {"workerType": "OTH"}}}
    )
    found = admit(bare, None, False, None, RECEIVED)
    assert [anomaly.code for anomaly in found] == ["90256-364", "90017-363", "00046-001"]


def test_our_own_outage_makes_nobody_late() -> None:
    """D9: judged by the start of the outage, not by when the queue was read again."""
    begun_meanwhile = said(startDate="2026-02-20", startHour="1015")
    assert begun_meanwhile.anomalies() == []
    after = replace(begun_meanwhile, late_after=RECEIVED + timedelta(hours=3))
    assert after.anomalies() == [("90373-460", "dimonaIn")]


OTHER = Employer(OTHER_ENTERPRISE, EmployerId(175110801))


@pytest.mark.parametrize(
    ("declared", "rows", "found"),
    [
        ({"employerId": NSSO}, [OTHER, EMPLOYER], EMPLOYER),
        ({"enterpriseNumber": "477472701"}, [OTHER, EMPLOYER], EMPLOYER),
        ({"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}, [OTHER, EMPLOYER], EMPLOYER),
        (
            {"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE},
            [replace(OTHER, provincial_or_local=True), EMPLOYER],
            replace(OTHER, provincial_or_local=True),
        ),
        ({"employerId": 70500472, "enterpriseNumber": OTHER_ENTERPRISE}, [OTHER], None),
        ({"enterpriseNumber": "1"}, [OTHER], None),
        ({}, [OTHER], None),
    ],
    ids=["nsso", "enterprise", "nsso prevails", "authority", "unknown nsso", "invalid", "nothing"],
)
def test_the_prevailing_number_says_who_the_employer_is(
    declared: dict[str, Any], rows: list[Employer], found: Employer | None
) -> None:
    """Dimona.md §5.4."""
    assert employer_among(DeclaredEmployer.model_validate(declared), rows) == found
