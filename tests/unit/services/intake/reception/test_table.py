"""Intake's rule table: for every row a declaration that raises it, and one beside it that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.intake.reception.rules.table import PERIOD_UNKNOWN, RULES
from shared.domain.anomalies import ANOMALIES
from shared.domain.declared import Kind
from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    IDENTITY,
    KNOWN,
    NISS,
    NSSO,
    OTHER_ENTERPRISE,
    PERIOD,
    PROVISIONAL,
)
from tests.unit.services.intake.reception import (
    rows_of_dates,
    rows_of_features,
    rows_of_neighbors,
    rows_of_particulars,
    rows_of_people,
    rows_of_plans,
)
from tests.unit.services.intake.reception.said import (
    ACTIVE_UNTIL_JUNE,
    AUTHORITY,
    PROVISIONAL_EMPLOYER,
    Said,
    address,
    identity,
    in_,
    said,
)

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
        "00948-347",
        "employer.employerId",
        said("cancel", employer={"employerId": PROVISIONAL}),
        replace(
            said("cancel", employer={"employerId": PROVISIONAL}),
            period=replace(KNOWN, employer_id=PROVISIONAL),
        ),
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
]
EVERY_ROW = [
    *ROWS,
    *rows_of_people.ROWS,
    *rows_of_features.ROWS,
    *rows_of_neighbors.ROWS,
    *rows_of_dates.ROWS,
    *rows_of_plans.ROWS,
    *rows_of_particulars.ROWS,
]
IDS = [f"{code} {path} {nth}" for nth, (code, path, *_) in enumerate(EVERY_ROW)]


@pytest.mark.parametrize(("code", "path", "raising", "_"), EVERY_ROW, ids=IDS)
def test_a_row_is_raised(code: str, path: str, raising: Said, _: Said) -> None:
    assert (code, path) in raising.anomalies()


@pytest.mark.parametrize(("code", "path", "_", "silent"), EVERY_ROW, ids=IDS)
def test_a_row_stays_silent(code: str, path: str, _: Said, silent: Said) -> None:
    assert code not in [found for found, _ in silent.anomalies()]


def test_every_row_of_the_table_is_tested() -> None:
    every = {(rule.anomaly.code, rule.anomaly.path) for rules in RULES.values() for rule in rules}
    every |= {(rule.anomaly.code, rule.anomaly.path) for rule in PERIOD_UNKNOWN.values()}
    assert {path_of_kind[:2] for path_of_kind in EVERY_ROW} == every


@pytest.mark.parametrize("kind", sorted(RULES))
def test_a_row_is_asked_of_kinds_that_the_glossary_names(kind: Kind) -> None:
    assert [rule.anomaly.code for rule in RULES[kind] if kind not in ANOMALIES[rule.anomaly.code].kinds] == []
