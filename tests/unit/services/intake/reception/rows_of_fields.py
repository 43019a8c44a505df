"""Cases of the rows about fields of worker, features and dates: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.builders import (
    IDENTITY,
    NISS,
    OTHER_ENTERPRISE,
)
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    AUTHORITY,
    address,
    identity,
    in_,
    said,
)

ROWS: list[Row] = [
    Row(
        "00014-347",
        "employer.enterpriseNumber",
        raised_by=said("update", employer={"enterpriseNumber": OTHER_ENTERPRISE}),
        silent_for=said("update", employer={"enterpriseNumber": "477472701"}),
    ),
    Row("00024-003", "worker.ssin", raised_by=said(worker={"ssin": "93051822362"}), silent_for=said()),
    Row(
        "00024-003",
        "worker.ssin",
        raised_by=said("cancel", worker={"ssin": "9305"}),
        silent_for=said("cancel", worker={"ssin": NISS}),
    ),
    Row(
        "00025-003",
        "worker.familyName",
        raised_by=said(worker=identity(familyName="D" * 49)),
        silent_for=said(worker=identity(familyName="D" * 48)),
    ),
    Row(
        "00026-003",
        "worker.givenName",
        raised_by=said(worker=identity(givenName="D" * 25)),
        silent_for=said(worker=identity(givenName="D" * 24)),
    ),
    Row(
        "00028-003",
        "worker.birthDate",
        raised_by=said(worker=identity(birthDate="1991-02-30")),
        silent_for=said(worker=identity(birthDate="1991-00-00")),
    ),
    Row(
        "00028-003",
        "worker.birthDate",
        raised_by=said(worker=identity(birthDate="1905-12-31")),
        silent_for=said(worker=identity(birthDate="1906-00-00")),
    ),
    Row(
        "00028-003",
        "worker.birthDate",
        raised_by=said(worker=identity(birthDate="2027-01-01")),
        silent_for=said(worker=identity(birthDate="2026-01-01")),
    ),
    Row(
        "00029-003",
        "worker.gender",
        raised_by=said(worker=identity(gender=3)),
        silent_for=said(worker=identity(gender=0)),
    ),
    Row("90017-363", "worker", raised_by=said(worker={}), silent_for=said(worker=IDENTITY)),
    Row(
        "90017-363",
        "worker",
        raised_by=said(worker=identity(placeOfBirth=None)),
        silent_for=said(worker={"ssin": NISS}),
    ),
    Row(
        "90017-363",
        "worker",
        raised_by=said(worker=address(municipality={"code": 99999})),
        silent_for=said(worker=IDENTITY),
    ),
    Row(
        "90017-363",
        "worker",
        raised_by=said(worker=address(houseNumber=None)),
        silent_for=said(worker=address(municipality={"code": 21004})),
    ),
    Row(
        "00046-001",
        "dimonaIn.features.jointCommissionNumber",
        raised_by=in_({"jointCommissionNumber": None}),
        silent_for=replace(in_({"jointCommissionNumber": None}), employer=AUTHORITY),
    ),
    Row(
        "00046-003",
        "dimonaIn.features.jointCommissionNumber",
        raised_by=in_({"jointCommissionNumber": "200"}),
        silent_for=in_({"jointCommissionNumber": 124}),
    ),
    Row(
        "00046-003",
        "dimonaIn.features.usingEmployer.jointCommissionNumber",
        raised_by=in_({"usingEmployer": {"jointCommissionNumber": "322"}}),
        silent_for=in_({"usingEmployer": {"jointCommissionNumber": "302"}}),
    ),
    Row("00655-001", "dimonaIn.features.workerType", raised_by=in_({"workerType": None}), silent_for=in_()),
    Row(
        "00655-003",
        "dimonaIn.features.workerType",
        raised_by=in_({"workerType": "STX"}),
        silent_for=in_({"workerType": "ALT"}),
    ),
    Row("00910-001", "dimonaIn.startDate", raised_by=said(startDate=None), silent_for=said()),
    Row("00910-003", "dimonaIn.startDate", raised_by=said(startDate="2026-02-30"), silent_for=said()),
    Row(
        "00910-003",
        "dimonaUpdate.startDate",
        raised_by=said("update", startDate="2026-13-01"),
        silent_for=said("update"),
    ),
    Row(
        "00910-008",
        "dimonaIn.startDate",
        raised_by=said(startDate="1919-12-31"),
        silent_for=said(startDate="1920-01-01"),
    ),
    Row(
        "00910-008",
        "dimonaIn.startDate",
        raised_by=said(startDate="2036-01-01"),
        silent_for=said(startDate="2035-12-31"),
    ),
    Row(
        "00910-008",
        "dimonaUpdate.startDate",
        raised_by=said("update", startDate="9999-12-31"),
        silent_for=said("update", startDate="2026-02-21"),
    ),
    Row("00911-001", "dimonaOut.endDate", raised_by=said("out", endDate=None), silent_for=said("out")),
    Row(
        "00911-001",
        "dimonaIn.endDate",
        raised_by=in_({"workerType": "STU"}),
        silent_for=in_({"workerType": "STU"}, endDate="2026-02-21"),
    ),
    Row(
        "00911-001",
        "dimonaIn.endDate",
        raised_by=in_({"jointCommissionNumber": "322"}),
        silent_for=in_({"jointCommissionNumber": "124"}),
    ),
    Row(
        "00911-003",
        "dimonaIn.endDate",
        raised_by=said(endDate="2026-04-31"),
        silent_for=said(endDate="2026-04-30"),
    ),
    Row(
        "00911-003", "dimonaOut.endDate", raised_by=said("out", endDate="2026-04-31"), silent_for=said("out")
    ),
    Row(
        "00911-003",
        "dimonaUpdate.endDate",
        raised_by=said("update", endDate="2026-00-01"),
        silent_for=said("update"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=said(endDate="9999-12-31"),
        silent_for=said(endDate="2035-12-31"),
    ),
    Row(
        "00911-008",
        "dimonaOut.endDate",
        raised_by=said("out", endDate="9999-12-31"),
        silent_for=said("update", endDate="9999-12-31"),
    ),
    Row(
        "00911-008",
        "dimonaUpdate.endDate",
        raised_by=said("update", endDate="1998-12-31"),
        silent_for=said("update", endDate="1999-01-01"),
    ),
    Row(
        "00911-014",
        "dimonaIn.endDate",
        raised_by=said(endDate="2026-02-20"),
        silent_for=said(endDate="2026-02-21"),
    ),
    Row(
        "00777-003", "dimonaIn.startHour", raised_by=said(startHour="2400"), silent_for=said(startHour="2359")
    ),
    Row(
        "00777-003",
        "dimonaUpdate.startHour",
        raised_by=said("update", startHour="9h"),
        silent_for=said("update", startHour="0900"),
    ),
    Row("00778-003", "dimonaIn.endHour", raised_by=said(endHour="1260"), silent_for=said(endHour="1259")),
    Row(
        "00778-003",
        "dimonaUpdate.endHour",
        raised_by=said("update", endHour="17:00"),
        silent_for=said("update", endHour="1700"),
    ),
    Row(
        "00778-345",
        "dimonaIn.endHour",
        raised_by=said(endDate="2026-02-21", startHour="1700", endHour="1659"),
        silent_for=said(endDate="2026-02-22", startHour="1700", endHour="0200"),
    ),
    Row(
        "01135-003",
        "dimonaIn.plannedHoursNumber",
        raised_by=said(plannedHoursNumber=0),
        silent_for=said(plannedHoursNumber=1),
    ),
    Row(
        "01135-003",
        "dimonaUpdate.plannedHoursNumber",
        raised_by=said("update", plannedHoursNumber=1000),
        silent_for=said("update", plannedHoursNumber=999),
    ),
]
