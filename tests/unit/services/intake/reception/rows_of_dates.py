"""Cases of the rows about dates, hours and planned hours: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from shared.domain.features import Closure
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


ROWS: list[tuple[str, str, Said, Said]] = [
    # Rules R8 to R10
    ("00910-008", "dimonaIn.startDate", of("A17", "2022-01-01"), of("A17", "2021-12-31")),
    *(
        ("00910-008", "dimonaIn.startDate", of(worker_type, "2021-12-31"), of(worker_type, "2022-01-01"))
        for worker_type in ("O17", "S17", "T17")
    ),
    *(
        ("00910-008", "dimonaIn.startDate", of(worker_type, "2026-04-01"), of(worker_type, "2026-03-31"))
        for worker_type in ("O17", "S17", "T17")
    ),
    (
        "00910-008",
        "dimonaIn.startDate",
        of("FLX", "2026-05-15"),
        replace(of("FLX", "2026-05-15"), late_after=FIRST_OF_MARCH),
    ),
    (
        "00910-008",
        "dimonaIn.startDate",
        replace(of("FLX", "2026-04-01"), late_after=datetime(2026, 2, 28, 22, 0, tzinfo=UTC)),
        of("FLX", "2026-03-31"),
    ),
    # Rule R14
    *(
        ("00911-001", "dimonaIn.endDate", of(worker_type, "2026-02-21"), of("OTH", "2026-02-21"))
        for worker_type in ("EXT", "IVT", "TRI", "STG", "O17", "S17", "T17")
    ),
    ("00911-001", "dimonaIn.endDate", of("A17", "2021-12-31"), of("FLX", "2026-02-21")),
    # Rules R16, R17
    (
        "00911-008",
        "dimonaIn.endDate",
        of("T17", "2026-02-21", "2026-02-22"),
        of("T17", "2026-02-21", "2026-02-21"),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        of("A17", "2021-12-30", "2021-12-31"),
        of("A17", "2021-12-31", "2021-12-31"),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        horeca(endDate="2026-02-22", endHour=None),
        horeca(endDate="2026-02-21", endHour=None),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        horeca(endDate="2026-02-22", endHour=None),
        horeca(endDate="2026-02-22", endHour="0200"),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        horeca(endDate="2026-02-22", endHour=None),
        in_({"jointCommissionNumber": "302"}, endDate="2026-02-22"),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        horeca(endDate="2026-02-22", endHour=None),
        extra(endDate="2026-02-22", endHour=None),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        of("FLX", "2026-02-21", "2026-04-01"),
        of("FLX", "2026-02-21", "2026-03-31"),
    ),
    (
        "00911-008",
        "dimonaIn.endDate",
        of("FLX", "2026-03-31", "2026-04-01"),
        flexi(startDate="2026-03-31", startHour="2000", endDate="2026-04-01", endHour="0200"),
    ),
    *(
        (
            "00911-008",
            "dimonaIn.endDate",
            horeca(endDate="2026-02-22", endHour=None),
            in_({"workerType": worker_type, "jointCommissionNumber": "302"}, endDate="2026-02-22"),
        )
        for worker_type in ("DWD", "RTA")  # no lump sum of a type before EXT in the alphabet, or after it
    ),
    ("00911-008", "dimonaIn.endDate", said(endDate="2036-01-01"), of("DWD", "2026-02-21", "2026-04-01")),
    ("00911-008", "dimonaIn.endDate", said(endDate="1998-12-31"), of("FLX", "2026-02-21", "2025-12-31")),
    (
        "00911-008",
        "dimonaIn.endDate",
        of("T17", "2026-02-21", "2026-02-20"),
        in_({"workerType": "T17"}, startDate=None, endDate="2026-02-21"),
    ),
    ("00911-008", "dimonaIn.endDate", said(endDate="2036-01-02"), of("NO", "2026-02-21", "2026-04-01")),
    # Rules R13, R21
    ("00911-014", "dimonaIn.endDate", said(endDate="2025-12-31"), said(endDate="2026-02-22")),
    (
        "00778-345",
        "dimonaIn.endHour",
        extra(endHour="1659"),
        extra(endHour="1700"),
    ),
    # Rules R19, R20
    *(
        (
            "00777-005",
            "dimonaIn.startHour",
            in_({"workerType": worker_type}, startDate="2026-02-30", startHour="1700"),
            in_({"workerType": "FLX"}, startDate="2026-02-30", startHour="1700"),
        )
        for worker_type in ("DWD", "OTH")
    ),
    *(
        (
            "00778-001",
            "dimonaIn.endHour",
            extra("145", endHour=None),
            in_({"workerType": worker_type, "jointCommissionNumber": "302"}, startHour="1700"),
        )
        for worker_type in ("DWD", "RTA")
    ),
    ("00777-001", "dimonaIn.startHour", extra(startHour=None), extra()),
    ("00777-001", "dimonaIn.startHour", horeca(startHour=None), horeca()),
    ("00777-001", "dimonaIn.startHour", flexi(startHour=None), flexi(endDate="2026-03-31", startHour=None)),
    ("00777-001", "dimonaIn.startHour", flexi(startHour=None, endHour=None), student()),
    ("00777-005", "dimonaIn.startHour", student(startHour="1700"), student()),
    ("00777-005", "dimonaIn.startHour", said(startHour="1700"), flexi()),
    (
        "00777-005",
        "dimonaIn.startHour",
        flexi(endDate="2026-02-23"),
        flexi(endDate="2026-02-22", endHour="0100"),
    ),
    ("00777-005", "dimonaIn.startHour", flexi(endDate=None), flexi(endDate="2026-02-30")),
    ("00777-005", "dimonaIn.startHour", said(startHour="1700"), in_({"workerType": "NO"}, startHour="1700")),
    ("00778-001", "dimonaIn.endHour", extra(endHour=None), horeca(endHour=None)),
    ("00778-001", "dimonaIn.endHour", extra("320", endHour=None), extra("320")),
    ("00778-001", "dimonaIn.endHour", flexi(endHour=None), flexi()),
    (
        "00778-001",
        "dimonaIn.endHour",
        in_({"workerType": "FLX", "jointCommissionNumber": "302"}, startHour="1700", endDate="2026-02-21"),
        horeca(endHour=None),
    ),
    (
        "00778-001",
        "dimonaIn.endHour",
        flexi(endDate="2026-02-22", endHour=None),
        flexi(endDate="2026-02-23", endHour=None),
    ),
    ("00778-001", "dimonaIn.endHour", flexi(startHour=None, endHour=None), of("FLX", "2026-02-21")),
    (
        "00778-001",
        "dimonaIn.endHour",
        agency(worker_type="EXT", startHour="1700"),
        agency({"jointCommissionNumber": "302", "enterpriseNumber": "0400767772"}, "EXT", startHour="1700"),
    ),
    ("00778-005", "dimonaIn.endHour", student(endHour="2100"), student()),
    ("00778-005", "dimonaIn.endHour", said(endHour="2100"), extra()),
    ("00778-005", "dimonaIn.endHour", flexi(endDate="2026-02-23"), flexi()),
    # Rule R22
    (
        "90373-341",
        "dimonaIn",
        extra(endDate="2026-02-22", endHour="1701"),
        extra(endDate="2026-02-22", endHour="1700"),
    ),
    (
        "90373-341",
        "dimonaIn",
        flexi(endDate="2026-02-22", endHour="1701"),
        said(startHour="0800", endDate="2026-02-25", endHour="1700"),
    ),
    (
        "90373-341",
        "dimonaIn",
        extra(endDate="2026-02-22", endHour="1701"),
        extra(startDate="2026-02-30", endDate="2026-02-28", endHour="1701"),
    ),
    # Rule R15
    *(
        (
            "90373-421",
            "dimonaIn",
            of(worker_type, "2026-02-21", "2026-04-01"),
            of(worker_type, "2026-02-21", "2026-03-31"),
        )
        for worker_type in ("STU", "O17", "S17")
    ),
    (
        "90373-421",
        "dimonaIn",
        of("STU", "2026-02-21", "2027-02-21"),
        of("OTH", "2026-02-21", "2027-02-21"),
    ),
    # Rule R23
    *(
        (
            "01135-001",
            "dimonaIn.plannedHoursNumber",
            of(worker_type, "2026-02-21", plannedHoursNumber=None),
            of(worker_type, "2026-02-21"),
        )
        for worker_type in ("STU", "O17", "S17")
    ),
    ("01135-001", "dimonaIn.plannedHoursNumber", student(plannedHoursNumber=None), said()),
    ("01135-005", "dimonaIn.plannedHoursNumber", said(plannedHoursNumber=8), student()),
    ("01135-005", "dimonaIn.plannedHoursNumber", of("T17", "2026-02-21", plannedHoursNumber=8), said()),
    # Rule R57
    (
        "90373-450",
        "dimonaIn",
        replace(of("STU", "2026-03-01"), closures=(CLOSED,)),
        replace(of("STU", "2026-02-28"), closures=(CLOSED,)),
    ),
    (
        "90373-450",
        "dimonaIn",
        replace(of("STU", "2026-03-31"), closures=(CLOSED,)),
        replace(of("OTH", "2026-03-31"), closures=(CLOSED,)),
    ),
    ("90373-450", "dimonaIn", replace(of("STU", "2026-03-31"), closures=(CLOSED,)), of("STU", "2026-03-31")),
    # Rule R1, decision D9
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
