"""Cases of the rows about dates, hours and planned hours: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from shared.domain.features import Closure
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    Said,
    agency,
    extra,
    flexi,
    in_,
    said,
    student,
)

FIRST_OF_MARCH = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CLOSED = Closure(date(2026, 3, 1), date(2026, 3, 31), "STU", "XXX")


def of(worker_type: str, start: str, end: str | None = None, **given: Any) -> Said:
    """Build a period of this type, with its compulsory data beside dates."""
    planned = {"plannedHoursNumber": 8} if worker_type in ("STU", "O17", "S17") else {}
    return in_({"workerType": worker_type}, startDate=start, endDate=end, **{**planned, **given})


def horeca(**given: Any) -> Said:
    return extra("302", **given)


ROWS: list[Row] = [
    # Rules R8 to R10
    Row(
        code="00910-008",
        path="dimonaIn.startDate",
        raised_by=of("A17", "2022-01-01"),
        silent_for=of("A17", "2021-12-31"),
    ),
    *(
        Row(
            code="00910-008",
            path="dimonaIn.startDate",
            raised_by=of(worker_type, "2021-12-31"),
            silent_for=of(worker_type, "2022-01-01"),
        )
        for worker_type in ("O17", "S17", "T17")
    ),
    *(
        Row(
            code="00910-008",
            path="dimonaIn.startDate",
            raised_by=of(worker_type, "2026-04-01"),
            silent_for=of(worker_type, "2026-03-31"),
        )
        for worker_type in ("O17", "S17", "T17")
    ),
    Row(
        code="00910-008",
        path="dimonaIn.startDate",
        raised_by=of("FLX", "2026-05-15"),
        silent_for=replace(of("FLX", "2026-05-15"), late_after=FIRST_OF_MARCH),
    ),
    Row(
        code="00910-008",
        path="dimonaIn.startDate",
        raised_by=replace(of("FLX", "2026-04-01"), late_after=datetime(2026, 2, 28, 22, 0, tzinfo=UTC)),
        silent_for=of("FLX", "2026-03-31"),
    ),
    # Rule R14
    *(
        Row(
            code="00911-001",
            path="dimonaIn.endDate",
            raised_by=of(worker_type, "2026-02-21"),
            silent_for=of("OTH", "2026-02-21"),
        )
        for worker_type in ("EXT", "IVT", "TRI", "STG", "O17", "S17", "T17")
    ),
    Row(
        code="00911-001",
        path="dimonaIn.endDate",
        raised_by=of("A17", "2021-12-31"),
        silent_for=of("FLX", "2026-02-21"),
    ),
    # Rules R16, R17
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=of("T17", "2026-02-21", "2026-02-22"),
        silent_for=of("T17", "2026-02-21", "2026-02-21"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=of("A17", "2021-12-30", "2021-12-31"),
        silent_for=of("A17", "2021-12-31", "2021-12-31"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=horeca(endDate="2026-02-21", endHour=None),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=horeca(endDate="2026-02-22", endHour="0200"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=in_({"jointCommissionNumber": "302"}, endDate="2026-02-22"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=extra(endDate="2026-02-22", endHour=None),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=of("FLX", "2026-02-21", "2026-04-01"),
        silent_for=of("FLX", "2026-02-21", "2026-03-31"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=of("FLX", "2026-03-31", "2026-04-01"),
        silent_for=flexi(startDate="2026-03-31", startHour="2000", endDate="2026-04-01", endHour="0200"),
    ),
    *(
        Row(
            code="00911-008",
            path="dimonaIn.endDate",
            raised_by=horeca(endDate="2026-02-22", endHour=None),
            silent_for=in_({"workerType": worker_type, "jointCommissionNumber": "302"}, endDate="2026-02-22"),
        )
        for worker_type in ("DWD", "RTA")  # no lump sum of a type before EXT in the alphabet, or after it
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=said(endDate="2036-01-01"),
        silent_for=of("DWD", "2026-02-21", "2026-04-01"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=said(endDate="1998-12-31"),
        silent_for=of("FLX", "2026-02-21", "2025-12-31"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=of("T17", "2026-02-21", "2026-02-20"),
        silent_for=in_({"workerType": "T17"}, startDate=None, endDate="2026-02-21"),
    ),
    Row(
        code="00911-008",
        path="dimonaIn.endDate",
        raised_by=said(endDate="2036-01-02"),
        silent_for=of("NO", "2026-02-21", "2026-04-01"),
    ),
    # Rules R13, R21
    Row(
        code="00911-014",
        path="dimonaIn.endDate",
        raised_by=said(endDate="2025-12-31"),
        silent_for=said(endDate="2026-02-22"),
    ),
    Row(
        code="00778-345",
        path="dimonaIn.endHour",
        raised_by=extra(endHour="1659"),
        silent_for=extra(endHour="1700"),
    ),
    # Rules R19, R20
    *(
        Row(
            code="00777-005",
            path="dimonaIn.startHour",
            raised_by=in_({"workerType": worker_type}, startDate="2026-02-30", startHour="1700"),
            silent_for=in_({"workerType": "FLX"}, startDate="2026-02-30", startHour="1700"),
        )
        for worker_type in ("DWD", "OTH")
    ),
    *(
        Row(
            code="00778-001",
            path="dimonaIn.endHour",
            raised_by=extra("145", endHour=None),
            silent_for=in_({"workerType": worker_type, "jointCommissionNumber": "302"}, startHour="1700"),
        )
        for worker_type in ("DWD", "RTA")
    ),
    Row(code="00777-001", path="dimonaIn.startHour", raised_by=extra(startHour=None), silent_for=extra()),
    Row(code="00777-001", path="dimonaIn.startHour", raised_by=horeca(startHour=None), silent_for=horeca()),
    Row(
        code="00777-001",
        path="dimonaIn.startHour",
        raised_by=flexi(startHour=None),
        silent_for=flexi(endDate="2026-03-31", startHour=None),
    ),
    Row(
        code="00777-001",
        path="dimonaIn.startHour",
        raised_by=flexi(startHour=None, endHour=None),
        silent_for=student(),
    ),
    Row(
        code="00777-005", path="dimonaIn.startHour", raised_by=student(startHour="1700"), silent_for=student()
    ),
    Row(code="00777-005", path="dimonaIn.startHour", raised_by=said(startHour="1700"), silent_for=flexi()),
    Row(
        code="00777-005",
        path="dimonaIn.startHour",
        raised_by=flexi(endDate="2026-02-23"),
        silent_for=flexi(endDate="2026-02-22", endHour="0100"),
    ),
    Row(
        code="00777-005",
        path="dimonaIn.startHour",
        raised_by=flexi(endDate=None),
        silent_for=flexi(endDate="2026-02-30"),
    ),
    Row(
        code="00777-005",
        path="dimonaIn.startHour",
        raised_by=said(startHour="1700"),
        silent_for=in_({"workerType": "NO"}, startHour="1700"),
    ),
    Row(
        code="00778-001",
        path="dimonaIn.endHour",
        raised_by=extra(endHour=None),
        silent_for=horeca(endHour=None),
    ),
    Row(
        code="00778-001",
        path="dimonaIn.endHour",
        raised_by=extra("320", endHour=None),
        silent_for=extra("320"),
    ),
    Row(code="00778-001", path="dimonaIn.endHour", raised_by=flexi(endHour=None), silent_for=flexi()),
    Row(
        code="00778-001",
        path="dimonaIn.endHour",
        raised_by=in_(
            {"workerType": "FLX", "jointCommissionNumber": "302"}, startHour="1700", endDate="2026-02-21"
        ),
        silent_for=horeca(endHour=None),
    ),
    Row(
        code="00778-001",
        path="dimonaIn.endHour",
        raised_by=flexi(endDate="2026-02-22", endHour=None),
        silent_for=flexi(endDate="2026-02-23", endHour=None),
    ),
    Row(
        code="00778-001",
        path="dimonaIn.endHour",
        raised_by=flexi(startHour=None, endHour=None),
        silent_for=of("FLX", "2026-02-21"),
    ),
    Row(
        code="00778-001",
        path="dimonaIn.endHour",
        raised_by=agency(worker_type="EXT", startHour="1700"),
        silent_for=agency(
            {"jointCommissionNumber": "302", "enterpriseNumber": "0400767772"}, "EXT", startHour="1700"
        ),
    ),
    Row(code="00778-005", path="dimonaIn.endHour", raised_by=student(endHour="2100"), silent_for=student()),
    Row(code="00778-005", path="dimonaIn.endHour", raised_by=said(endHour="2100"), silent_for=extra()),
    Row(code="00778-005", path="dimonaIn.endHour", raised_by=flexi(endDate="2026-02-23"), silent_for=flexi()),
    # Rule R22
    Row(
        code="90373-341",
        path="dimonaIn",
        raised_by=extra(endDate="2026-02-22", endHour="1701"),
        silent_for=extra(endDate="2026-02-22", endHour="1700"),
    ),
    Row(
        code="90373-341",
        path="dimonaIn",
        raised_by=flexi(endDate="2026-02-22", endHour="1701"),
        silent_for=said(startHour="0800", endDate="2026-02-25", endHour="1700"),
    ),
    Row(
        code="90373-341",
        path="dimonaIn",
        raised_by=extra(endDate="2026-02-22", endHour="1701"),
        silent_for=extra(startDate="2026-02-30", endDate="2026-02-28", endHour="1701"),
    ),
    # Rule R15
    *(
        Row(
            code="90373-421",
            path="dimonaIn",
            raised_by=of(worker_type, "2026-02-21", "2026-04-01"),
            silent_for=of(worker_type, "2026-02-21", "2026-03-31"),
        )
        for worker_type in ("STU", "O17", "S17")
    ),
    Row(
        code="90373-421",
        path="dimonaIn",
        raised_by=of("STU", "2026-02-21", "2027-02-21"),
        silent_for=of("OTH", "2026-02-21", "2027-02-21"),
    ),
    # Rule R23
    *(
        Row(
            code="01135-001",
            path="dimonaIn.plannedHoursNumber",
            raised_by=of(worker_type, "2026-02-21", plannedHoursNumber=None),
            silent_for=of(worker_type, "2026-02-21"),
        )
        for worker_type in ("STU", "O17", "S17")
    ),
    Row(
        code="01135-001",
        path="dimonaIn.plannedHoursNumber",
        raised_by=student(plannedHoursNumber=None),
        silent_for=said(),
    ),
    Row(
        code="01135-005",
        path="dimonaIn.plannedHoursNumber",
        raised_by=said(plannedHoursNumber=8),
        silent_for=student(),
    ),
    # Rule R57
    Row(
        code="90373-450",
        path="dimonaIn",
        raised_by=replace(of("STU", "2026-03-01"), closures=(CLOSED,)),
        silent_for=replace(of("STU", "2026-02-28"), closures=(CLOSED,)),
    ),
    Row(
        code="90373-450",
        path="dimonaIn",
        raised_by=replace(of("STU", "2026-03-31"), closures=(CLOSED,)),
        silent_for=replace(of("OTH", "2026-03-31"), closures=(CLOSED,)),
    ),
    Row(
        code="90373-450",
        path="dimonaIn",
        raised_by=replace(of("STU", "2026-03-31"), closures=(CLOSED,)),
        silent_for=of("STU", "2026-03-31"),
    ),
    # Rule R1, decision D9
    Row(
        code="90373-460",
        path="dimonaIn",
        raised_by=said(startDate="2026-02-19"),
        silent_for=said(startDate="2026-02-20"),
    ),
    Row(
        code="90373-460",
        path="dimonaIn",
        raised_by=said(startDate="2026-02-20", startHour="0959"),
        silent_for=said(startDate="2026-02-20", startHour="1000"),
    ),
    Row(
        code="90373-460",
        path="dimonaIn",
        raised_by=replace(said(startDate="2026-02-20"), late_after=datetime(2026, 2, 20, 23, 0, tzinfo=UTC)),
        silent_for=replace(
            said(startDate="2026-02-20"), late_after=datetime(2026, 2, 20, 22, 59, tzinfo=UTC)
        ),
    ),
]
