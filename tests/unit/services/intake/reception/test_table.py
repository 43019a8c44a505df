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
from tests.unit.rows import Row
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
    address,
    identity,
    in_,
    said,
)

ROWS: list[Row] = [
    Row(
        code="00913-001",
        path="dimonaOut.periodId",
        raised_by=said("out", periodId=None),
        silent_for=said("out"),
    ),
    Row(
        code="00913-001",
        path="dimonaUpdate.periodId",
        raised_by=said("update", periodId=None),
        silent_for=said("update"),
    ),
    Row(
        code="00913-001",
        path="dimonaCancel.periodId",
        raised_by=said("cancel", periodId=None),
        silent_for=said("cancel"),
    ),
    Row(
        code="00913-003",
        path="dimonaOut.periodId",
        raised_by=said("out", periodId=PERIOD + 1),
        silent_for=said("out"),
    ),
    Row(
        code="00913-003",
        path="dimonaUpdate.periodId",
        raised_by=said("update", periodId=0),
        silent_for=said("update"),
    ),
    Row(
        code="00913-003",
        path="dimonaCancel.periodId",
        raised_by=said("cancel", periodId=-PERIOD),
        silent_for=said("cancel"),
    ),
    Row(
        code="00913-354",
        path="dimonaOut.periodId",
        raised_by=replace(said("out"), period=None),
        silent_for=said("out"),
    ),
    Row(
        code="00913-354",
        path="dimonaUpdate.periodId",
        raised_by=replace(said("update"), entitled=False),
        silent_for=said("update"),
    ),
    Row(
        code="00913-354",
        path="dimonaCancel.periodId",
        raised_by=replace(said("cancel"), period=None),
        silent_for=said("cancel"),
    ),
    Row(
        code="00913-357",
        path="dimonaOut.periodId",
        raised_by=replace(said("out"), period=replace(KNOWN, refused=True)),
        silent_for=said("out"),
    ),
    Row(
        code="00913-357",
        path="dimonaUpdate.periodId",
        raised_by=replace(said("update"), period=replace(KNOWN, refused=True)),
        silent_for=said("update"),
    ),
    Row(
        code="00913-357",
        path="dimonaCancel.periodId",
        raised_by=replace(said("cancel"), period=replace(KNOWN, refused=True)),
        silent_for=said("cancel"),
    ),
    Row(
        code="90256-364",
        path="employer",
        raised_by=replace(said(employer={}), employer=None),
        silent_for=said(employer={"employerId": NSSO}),
    ),
    Row(
        code="00011-003",
        path="employer.employerId",
        raised_by=said(employer={"employerId": NSSO + 1}),
        silent_for=said(employer={"employerId": NSSO}),
    ),
    Row(
        code="00011-003",
        path="employer.employerId",
        raised_by=said("cancel", employer={"employerId": 0}),
        silent_for=said("cancel"),
    ),
    Row(
        code="00948-003",
        path="employer.employerId",
        raised_by=said(employer={"employerId": PROVISIONAL + 1}),
        silent_for=replace(said(employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    Row(
        code="00014-003",
        path="employer.enterpriseNumber",
        raised_by=said(employer={"enterpriseNumber": "0477472702"}),
        silent_for=said(employer={"enterpriseNumber": "477472701"}),
    ),
    Row(
        code="00011-235",
        path="employer.employerId",
        raised_by=replace(said(employer={"employerId": NSSO}), employer=None),
        silent_for=said(employer={"employerId": NSSO}),
    ),
    Row(
        code="00948-235",
        path="employer.employerId",
        raised_by=replace(said(employer={"employerId": PROVISIONAL}), employer=None),
        silent_for=replace(said(employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    Row(
        code="00014-235",
        path="employer.enterpriseNumber",
        raised_by=replace(said(), employer=None),
        silent_for=said(),
    ),
    Row(
        code="00014-022",
        path="employer.enterpriseNumber",
        raised_by=said(employer={"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}),
        silent_for=said(employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
    ),
    Row(code="90256-155", path="employer", raised_by=replace(said(), entitled=False), silent_for=said()),
    Row(
        code="90373-343",
        path="dimonaIn",
        raised_by=replace(said(startDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said(startDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        code="90373-343",
        path="dimonaIn",
        raised_by=replace(said(endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said(endDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        code="90373-343",
        path="dimonaIn",
        raised_by=replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 22))),
        silent_for=replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 21))),
    ),
    Row(
        code="00011-347",
        path="employer.employerId",
        raised_by=said("out", employer={"employerId": 175110801}),
        silent_for=said("out", employer={"employerId": NSSO}),
    ),
    Row(
        code="00948-347",
        path="employer.employerId",
        raised_by=said("out", employer={"employerId": PROVISIONAL}),
        silent_for=replace(said("out", employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    Row(
        code="00948-347",
        path="employer.employerId",
        raised_by=said("cancel", employer={"employerId": PROVISIONAL}),
        silent_for=replace(
            said("cancel", employer={"employerId": PROVISIONAL}),
            period=replace(KNOWN, employer_id=PROVISIONAL),
        ),
    ),
    Row(
        code="00014-347",
        path="employer.enterpriseNumber",
        raised_by=said("update", employer={"enterpriseNumber": OTHER_ENTERPRISE}),
        silent_for=said("update", employer={"enterpriseNumber": "477472701"}),
    ),
    Row(
        code="00024-003",
        path="worker.ssin",
        raised_by=said(worker={"ssin": "93051822362"}),
        silent_for=said(),
    ),
    Row(
        code="00024-003",
        path="worker.ssin",
        raised_by=said("cancel", worker={"ssin": "9305"}),
        silent_for=said("cancel", worker={"ssin": NISS}),
    ),
    Row(
        code="00025-003",
        path="worker.familyName",
        raised_by=said(worker=identity(familyName="D" * 49)),
        silent_for=said(worker=identity(familyName="D" * 48)),
    ),
    Row(
        code="00026-003",
        path="worker.givenName",
        raised_by=said(worker=identity(givenName="D" * 25)),
        silent_for=said(worker=identity(givenName="D" * 24)),
    ),
    Row(
        code="00028-003",
        path="worker.birthDate",
        raised_by=said(worker=identity(birthDate="1991-02-30")),
        silent_for=said(worker=identity(birthDate="1991-00-00")),
    ),
    Row(
        code="00028-003",
        path="worker.birthDate",
        raised_by=said(worker=identity(birthDate="1905-12-31")),
        silent_for=said(worker=identity(birthDate="1906-00-00")),
    ),
    Row(
        code="00028-003",
        path="worker.birthDate",
        raised_by=said(worker=identity(birthDate="2027-01-01")),
        silent_for=said(worker=identity(birthDate="2026-01-01")),
    ),
    Row(
        code="00029-003",
        path="worker.gender",
        raised_by=said(worker=identity(gender=3)),
        silent_for=said(worker=identity(gender=0)),
    ),
    Row(code="90017-363", path="worker", raised_by=said(worker={}), silent_for=said(worker=IDENTITY)),
    Row(
        code="90017-363",
        path="worker",
        raised_by=said(worker=identity(placeOfBirth=None)),
        silent_for=said(worker={"ssin": NISS}),
    ),
    Row(
        code="90017-363",
        path="worker",
        raised_by=said(worker=address(municipality={"code": 99999})),
        silent_for=said(worker=IDENTITY),
    ),
    Row(
        code="90017-363",
        path="worker",
        raised_by=said(worker=address(houseNumber=None)),
        silent_for=said(worker=address(municipality={"code": 21004})),
    ),
    Row(
        code="00046-001",
        path="dimonaIn.features.jointCommissionNumber",
        raised_by=in_({"jointCommissionNumber": None}),
        silent_for=replace(in_({"jointCommissionNumber": None}), employer=AUTHORITY),
    ),
    Row(
        code="00046-003",
        path="dimonaIn.features.jointCommissionNumber",
        raised_by=in_({"jointCommissionNumber": "200"}),
        silent_for=in_({"jointCommissionNumber": 124}),
    ),
    Row(
        code="00046-003",
        path="dimonaIn.features.usingEmployer.jointCommissionNumber",
        raised_by=in_({"usingEmployer": {"jointCommissionNumber": "322"}}),
        silent_for=in_({"usingEmployer": {"jointCommissionNumber": "302"}}),
    ),
    Row(
        code="00655-001",
        path="dimonaIn.features.workerType",
        raised_by=in_({"workerType": None}),
        silent_for=in_(),
    ),
    Row(
        code="00655-003",
        path="dimonaIn.features.workerType",
        raised_by=in_({"workerType": "STX"}),
        silent_for=in_({"workerType": "ALT"}),
    ),
    Row(code="00910-001", path="dimonaIn.startDate", raised_by=said(startDate=None), silent_for=said()),
    Row(
        code="00910-003", path="dimonaIn.startDate", raised_by=said(startDate="2026-02-30"), silent_for=said()
    ),
    Row(
        code="00910-003",
        path="dimonaUpdate.startDate",
        raised_by=said("update", startDate="2026-13-01"),
        silent_for=said("update"),
    ),
    Row(
        code="00910-008",
        path="dimonaIn.startDate",
        raised_by=said(startDate="1919-12-31"),
        silent_for=said(startDate="1920-01-01"),
    ),
    Row(
        code="00910-008",
        path="dimonaIn.startDate",
        raised_by=said(startDate="2036-01-01"),
        silent_for=said(startDate="2035-12-31"),
    ),
    Row(
        code="00910-008",
        path="dimonaUpdate.startDate",
        raised_by=said("update", startDate="9999-12-31"),
        silent_for=said("update", startDate="2026-02-21"),
    ),
    Row(
        code="00911-001",
        path="dimonaOut.endDate",
        raised_by=said("out", endDate=None),
        silent_for=said("out"),
    ),
    Row(
        code="00911-001",
        path="dimonaIn.endDate",
        raised_by=in_({"workerType": "STU"}),
        silent_for=in_({"workerType": "STU"}, endDate="2026-02-21"),
    ),
    Row(
        code="00911-001",
        path="dimonaIn.endDate",
        raised_by=in_({"jointCommissionNumber": "322"}),
        silent_for=in_({"jointCommissionNumber": "124"}),
    ),
    Row(
        code="00911-003",
        path="dimonaIn.endDate",
        raised_by=said(endDate="2026-04-31"),
        silent_for=said(endDate="2026-04-30"),
    ),
    Row(
        code="00911-003",
        path="dimonaOut.endDate",
        raised_by=said("out", endDate="2026-04-31"),
        silent_for=said("out"),
    ),
    Row(
        code="00911-003",
        path="dimonaUpdate.endDate",
        raised_by=said("update", endDate="2026-00-01"),
        silent_for=said("update"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=said(endDate="9999-12-31"),
        silent_for=said(endDate="2035-12-31"),
    ),
    Row(
        code="00911-008",
        path="dimonaOut.endDate",
        raised_by=said("out", endDate="9999-12-31"),
        silent_for=said("update", endDate="9999-12-31"),
    ),
    Row(
        code="00911-008",
        path="dimonaUpdate.endDate",
        raised_by=said("update", endDate="1998-12-31"),
        silent_for=said("update", endDate="1999-01-01"),
    ),
    Row(
        code="00911-014",
        path="dimonaIn.endDate",
        raised_by=said(endDate="2026-02-20"),
        silent_for=said(endDate="2026-02-21"),
    ),
    Row(
        code="00777-003",
        path="dimonaIn.startHour",
        raised_by=said(startHour="2400"),
        silent_for=said(startHour="2359"),
    ),
    Row(
        code="00777-003",
        path="dimonaUpdate.startHour",
        raised_by=said("update", startHour="9h"),
        silent_for=said("update", startHour="0900"),
    ),
    Row(
        code="00778-003",
        path="dimonaIn.endHour",
        raised_by=said(endHour="1260"),
        silent_for=said(endHour="1259"),
    ),
    Row(
        code="00778-003",
        path="dimonaUpdate.endHour",
        raised_by=said("update", endHour="17:00"),
        silent_for=said("update", endHour="1700"),
    ),
    Row(
        code="00778-345",
        path="dimonaIn.endHour",
        raised_by=said(endDate="2026-02-21", startHour="1700", endHour="1659"),
        silent_for=said(endDate="2026-02-22", startHour="1700", endHour="0200"),
    ),
    Row(
        code="01135-003",
        path="dimonaIn.plannedHoursNumber",
        raised_by=said(plannedHoursNumber=0),
        silent_for=said(plannedHoursNumber=1),
    ),
    Row(
        code="01135-003",
        path="dimonaUpdate.plannedHoursNumber",
        raised_by=said("update", plannedHoursNumber=1000),
        silent_for=said("update", plannedHoursNumber=999),
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
IDS = [row.name for row in EVERY_ROW]


@pytest.mark.parametrize("row", EVERY_ROW, ids=IDS)
def test_a_row_is_raised(row: Row) -> None:
    assert (row.code, row.path) in row.raised_by.anomalies()


@pytest.mark.parametrize("row", EVERY_ROW, ids=IDS)
def test_a_row_stays_silent(row: Row) -> None:
    assert row.code not in [found for found, _ in row.silent_for.anomalies()]


def test_every_row_of_the_table_is_tested() -> None:
    every = {(rule.anomaly.code, rule.anomaly.path) for rules in RULES.values() for rule in rules}
    every |= {(rule.anomaly.code, rule.anomaly.path) for rule in PERIOD_UNKNOWN.values()}
    assert {(row.code, row.path) for row in EVERY_ROW} == every


@pytest.mark.parametrize("kind", sorted(RULES))
def test_a_row_is_asked_of_kinds_that_the_glossary_names(kind: Kind) -> None:
    assert [rule.anomaly.code for rule in RULES[kind] if kind not in ANOMALIES[rule.anomaly.code].kinds] == []
