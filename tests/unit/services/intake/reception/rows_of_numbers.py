"""Cases of the rows about numbers of periods and employers: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    KNOWN,
    NSSO,
    OTHER_ENTERPRISE,
    PERIOD,
    PROVISIONAL,
)
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    ACTIVE_UNTIL_JUNE,
    PROVISIONAL_EMPLOYER,
    said,
)

ROWS: list[Row] = [
    Row("00913-001", "dimonaOut.periodId", raised_by=said("out", periodId=None), silent_for=said("out")),
    Row(
        "00913-001",
        "dimonaUpdate.periodId",
        raised_by=said("update", periodId=None),
        silent_for=said("update"),
    ),
    Row(
        "00913-001",
        "dimonaCancel.periodId",
        raised_by=said("cancel", periodId=None),
        silent_for=said("cancel"),
    ),
    Row(
        "00913-003", "dimonaOut.periodId", raised_by=said("out", periodId=PERIOD + 1), silent_for=said("out")
    ),
    Row(
        "00913-003", "dimonaUpdate.periodId", raised_by=said("update", periodId=0), silent_for=said("update")
    ),
    Row(
        "00913-003",
        "dimonaCancel.periodId",
        raised_by=said("cancel", periodId=-PERIOD),
        silent_for=said("cancel"),
    ),
    Row(
        "00913-354", "dimonaOut.periodId", raised_by=replace(said("out"), period=None), silent_for=said("out")
    ),
    Row(
        "00913-354",
        "dimonaUpdate.periodId",
        raised_by=replace(said("update"), entitled=False),
        silent_for=said("update"),
    ),
    Row(
        "00913-354",
        "dimonaCancel.periodId",
        raised_by=replace(said("cancel"), period=None),
        silent_for=said("cancel"),
    ),
    Row(
        "00913-357",
        "dimonaOut.periodId",
        raised_by=replace(said("out"), period=replace(KNOWN, refused=True)),
        silent_for=said("out"),
    ),
    Row(
        "00913-357",
        "dimonaUpdate.periodId",
        raised_by=replace(said("update"), period=replace(KNOWN, refused=True)),
        silent_for=said("update"),
    ),
    Row(
        "00913-357",
        "dimonaCancel.periodId",
        raised_by=replace(said("cancel"), period=replace(KNOWN, refused=True)),
        silent_for=said("cancel"),
    ),
    Row(
        "90256-364",
        "employer",
        raised_by=replace(said(employer={}), employer=None),
        silent_for=said(employer={"employerId": NSSO}),
    ),
    Row(
        "00011-003",
        "employer.employerId",
        raised_by=said(employer={"employerId": NSSO + 1}),
        silent_for=said(employer={"employerId": NSSO}),
    ),
    Row(
        "00011-003",
        "employer.employerId",
        raised_by=said("cancel", employer={"employerId": 0}),
        silent_for=said("cancel"),
    ),
    Row(
        "00948-003",
        "employer.employerId",
        raised_by=said(employer={"employerId": PROVISIONAL + 1}),
        silent_for=replace(said(employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    Row(
        "00014-003",
        "employer.enterpriseNumber",
        raised_by=said(employer={"enterpriseNumber": "0477472702"}),
        silent_for=said(employer={"enterpriseNumber": "477472701"}),
    ),
    Row(
        "00011-235",
        "employer.employerId",
        raised_by=replace(said(employer={"employerId": NSSO}), employer=None),
        silent_for=said(employer={"employerId": NSSO}),
    ),
    Row(
        "00948-235",
        "employer.employerId",
        raised_by=replace(said(employer={"employerId": PROVISIONAL}), employer=None),
        silent_for=replace(said(employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    Row(
        "00014-235", "employer.enterpriseNumber", raised_by=replace(said(), employer=None), silent_for=said()
    ),
    Row(
        "00014-022",
        "employer.enterpriseNumber",
        raised_by=said(employer={"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}),
        silent_for=said(employer={"employerId": NSSO, "enterpriseNumber": ENTERPRISE}),
    ),
    Row("90256-155", "employer", raised_by=replace(said(), entitled=False), silent_for=said()),
    Row(
        "90373-343",
        "dimonaIn",
        raised_by=replace(said(startDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said(startDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        "90373-343",
        "dimonaIn",
        raised_by=replace(said(endDate="2026-07-01"), employer=ACTIVE_UNTIL_JUNE),
        silent_for=replace(said(endDate="2026-06-30"), employer=ACTIVE_UNTIL_JUNE),
    ),
    Row(
        "90373-343",
        "dimonaIn",
        raised_by=replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 22))),
        silent_for=replace(said(), employer=replace(EMPLOYER, active_from=date(2026, 2, 21))),
    ),
    Row(
        "00011-347",
        "employer.employerId",
        raised_by=said("out", employer={"employerId": 175110801}),
        silent_for=said("out", employer={"employerId": NSSO}),
    ),
    Row(
        "00948-347",
        "employer.employerId",
        raised_by=said("out", employer={"employerId": PROVISIONAL}),
        silent_for=replace(said("out", employer={"employerId": PROVISIONAL}), employer=PROVISIONAL_EMPLOYER),
    ),
    Row(
        "00948-347",
        "employer.employerId",
        raised_by=said("cancel", employer={"employerId": PROVISIONAL}),
        silent_for=replace(
            said("cancel", employer={"employerId": PROVISIONAL}),
            period=replace(KNOWN, employer_id=PROVISIONAL),
        ),
    ),
]
