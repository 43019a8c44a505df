"""Cases of the rows about hours and planned hours: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from shared.domain.features import Closure
from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    agency,
    extra,
    flexi,
    horeca,
    in_,
    of,
    said,
    student,
)

CLOSED = Closure(date(2026, 3, 1), date(2026, 3, 31), "STU", "XXX")

ROWS: list[Row] = [
    # Rules R19, R20
    *(
        Row(
            "00777-005",
            "dimonaIn.startHour",
            raised_by=in_({"workerType": worker_type}, startDate="2026-02-30", startHour="1700"),
            silent_for=in_({"workerType": "FLX"}, startDate="2026-02-30", startHour="1700"),
        )
        for worker_type in ("DWD", "OTH")
    ),
    *(
        Row(
            "00778-001",
            "dimonaIn.endHour",
            raised_by=extra("145", endHour=None),
            silent_for=in_({"workerType": worker_type, "jointCommissionNumber": "302"}, startHour="1700"),
        )
        for worker_type in ("DWD", "RTA")
    ),
    Row("00777-001", "dimonaIn.startHour", raised_by=extra(startHour=None), silent_for=extra()),
    Row("00777-001", "dimonaIn.startHour", raised_by=horeca(startHour=None), silent_for=horeca()),
    Row(
        "00777-001",
        "dimonaIn.startHour",
        raised_by=flexi(startHour=None),
        silent_for=flexi(endDate="2026-03-31", startHour=None),
    ),
    Row(
        "00777-001", "dimonaIn.startHour", raised_by=flexi(startHour=None, endHour=None), silent_for=student()
    ),
    Row("00777-005", "dimonaIn.startHour", raised_by=student(startHour="1700"), silent_for=student()),
    Row("00777-005", "dimonaIn.startHour", raised_by=said(startHour="1700"), silent_for=flexi()),
    Row(
        "00777-005",
        "dimonaIn.startHour",
        raised_by=flexi(endDate="2026-02-23"),
        silent_for=flexi(endDate="2026-02-22", endHour="0100"),
    ),
    Row(
        "00777-005",
        "dimonaIn.startHour",
        raised_by=flexi(endDate=None),
        silent_for=flexi(endDate="2026-02-30"),
    ),
    Row(
        "00777-005",
        "dimonaIn.startHour",
        raised_by=said(startHour="1700"),
        silent_for=in_({"workerType": "NO"}, startHour="1700"),
    ),
    Row("00778-001", "dimonaIn.endHour", raised_by=extra(endHour=None), silent_for=horeca(endHour=None)),
    Row("00778-001", "dimonaIn.endHour", raised_by=extra("320", endHour=None), silent_for=extra("320")),
    Row("00778-001", "dimonaIn.endHour", raised_by=flexi(endHour=None), silent_for=flexi()),
    Row(
        "00778-001",
        "dimonaIn.endHour",
        raised_by=in_(
            {"workerType": "FLX", "jointCommissionNumber": "302"}, startHour="1700", endDate="2026-02-21"
        ),
        silent_for=horeca(endHour=None),
    ),
    Row(
        "00778-001",
        "dimonaIn.endHour",
        raised_by=flexi(endDate="2026-02-22", endHour=None),
        silent_for=flexi(endDate="2026-02-23", endHour=None),
    ),
    Row(
        "00778-001",
        "dimonaIn.endHour",
        raised_by=flexi(startHour=None, endHour=None),
        silent_for=of("FLX", "2026-02-21"),
    ),
    Row(
        "00778-001",
        "dimonaIn.endHour",
        raised_by=agency(worker_type="EXT", startHour="1700"),
        silent_for=agency(
            {"jointCommissionNumber": "302", "enterpriseNumber": "0400767772"}, "EXT", startHour="1700"
        ),
    ),
    Row("00778-005", "dimonaIn.endHour", raised_by=student(endHour="2100"), silent_for=student()),
    Row("00778-005", "dimonaIn.endHour", raised_by=said(endHour="2100"), silent_for=extra()),
    Row("00778-005", "dimonaIn.endHour", raised_by=flexi(endDate="2026-02-23"), silent_for=flexi()),
    # Rule R22
    Row(
        "90373-341",
        "dimonaIn",
        raised_by=extra(endDate="2026-02-22", endHour="1701"),
        silent_for=extra(endDate="2026-02-22", endHour="1700"),
    ),
    Row(
        "90373-341",
        "dimonaIn",
        raised_by=flexi(endDate="2026-02-22", endHour="1701"),
        silent_for=said(startHour="0800", endDate="2026-02-25", endHour="1700"),
    ),
    Row(
        "90373-341",
        "dimonaIn",
        raised_by=extra(endDate="2026-02-22", endHour="1701"),
        silent_for=extra(startDate="2026-02-30", endDate="2026-02-28", endHour="1701"),
    ),
    # Rule R15
    *(
        Row(
            "90373-421",
            "dimonaIn",
            raised_by=of(worker_type, "2026-02-21", "2026-04-01"),
            silent_for=of(worker_type, "2026-02-21", "2026-03-31"),
        )
        for worker_type in ("STU", "O17", "S17")
    ),
    Row(
        "90373-421",
        "dimonaIn",
        raised_by=of("STU", "2026-02-21", "2027-02-21"),
        silent_for=of("OTH", "2026-02-21", "2027-02-21"),
    ),
    # Rule R23
    *(
        Row(
            "01135-001",
            "dimonaIn.plannedHoursNumber",
            raised_by=of(worker_type, "2026-02-21", plannedHoursNumber=None),
            silent_for=of(worker_type, "2026-02-21"),
        )
        for worker_type in ("STU", "O17", "S17")
    ),
    Row(
        "01135-001",
        "dimonaIn.plannedHoursNumber",
        raised_by=student(plannedHoursNumber=None),
        silent_for=said(),
    ),
    Row(
        "01135-005", "dimonaIn.plannedHoursNumber", raised_by=said(plannedHoursNumber=8), silent_for=student()
    ),
    Row(
        "01135-005",
        "dimonaIn.plannedHoursNumber",
        raised_by=of("T17", "2026-02-21", plannedHoursNumber=8),
        silent_for=said(),
    ),
    # Rule R57
    Row(
        "90373-450",
        "dimonaIn",
        raised_by=replace(of("STU", "2026-03-01"), closures=(CLOSED,)),
        silent_for=replace(of("STU", "2026-02-28"), closures=(CLOSED,)),
    ),
    Row(
        "90373-450",
        "dimonaIn",
        raised_by=replace(of("STU", "2026-03-31"), closures=(CLOSED,)),
        silent_for=replace(of("OTH", "2026-03-31"), closures=(CLOSED,)),
    ),
    Row(
        "90373-450",
        "dimonaIn",
        raised_by=replace(of("STU", "2026-03-31"), closures=(CLOSED,)),
        silent_for=of("STU", "2026-03-31"),
    ),
    # Rule R1, decision D9
    Row(
        "90373-460",
        "dimonaIn",
        raised_by=said(startDate="2026-02-19"),
        silent_for=said(startDate="2026-02-20"),
    ),
    Row(
        "90373-460",
        "dimonaIn",
        raised_by=said(startDate="2026-02-20", startHour="0959"),
        silent_for=said(startDate="2026-02-20", startHour="1000"),
    ),
    Row(
        "90373-460",
        "dimonaIn",
        raised_by=replace(said(startDate="2026-02-20"), late_after=datetime(2026, 2, 20, 23, 0, tzinfo=UTC)),
        silent_for=replace(
            said(startDate="2026-02-20"), late_after=datetime(2026, 2, 20, 22, 59, tzinfo=UTC)
        ),
    ),
]
