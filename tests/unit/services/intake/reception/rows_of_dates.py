"""Cases of the rows about dates: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    extra,
    flexi,
    horeca,
    in_,
    of,
    said,
)

FIRST_OF_MARCH = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

ROWS: list[Row] = [
    # Rules R8 to R10
    Row(
        "00910-008",
        "dimonaIn.startDate",
        raised_by=of("A17", "2022-01-01"),
        silent_for=of("A17", "2021-12-31"),
    ),
    *(
        Row(
            "00910-008",
            "dimonaIn.startDate",
            raised_by=of(worker_type, "2021-12-31"),
            silent_for=of(worker_type, "2022-01-01"),
        )
        for worker_type in ("O17", "S17", "T17")
    ),
    *(
        Row(
            "00910-008",
            "dimonaIn.startDate",
            raised_by=of(worker_type, "2026-04-01"),
            silent_for=of(worker_type, "2026-03-31"),
        )
        for worker_type in ("O17", "S17", "T17")
    ),
    Row(
        "00910-008",
        "dimonaIn.startDate",
        raised_by=of("FLX", "2026-05-15"),
        silent_for=replace(of("FLX", "2026-05-15"), late_after=FIRST_OF_MARCH),
    ),
    Row(
        "00910-008",
        "dimonaIn.startDate",
        raised_by=replace(of("FLX", "2026-04-01"), late_after=datetime(2026, 2, 28, 22, 0, tzinfo=UTC)),
        silent_for=of("FLX", "2026-03-31"),
    ),
    # Rule R14
    *(
        Row(
            "00911-001",
            "dimonaIn.endDate",
            raised_by=of(worker_type, "2026-02-21"),
            silent_for=of("OTH", "2026-02-21"),
        )
        for worker_type in ("EXT", "IVT", "TRI", "STG", "O17", "S17", "T17")
    ),
    Row(
        "00911-001", "dimonaIn.endDate", raised_by=of("A17", "2021-12-31"), silent_for=of("FLX", "2026-02-21")
    ),
    # Rules R16, R17
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=of("T17", "2026-02-21", "2026-02-22"),
        silent_for=of("T17", "2026-02-21", "2026-02-21"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=of("A17", "2021-12-30", "2021-12-31"),
        silent_for=of("A17", "2021-12-31", "2021-12-31"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=horeca(endDate="2026-02-21", endHour=None),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=horeca(endDate="2026-02-22", endHour="0200"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=in_({"jointCommissionNumber": "302"}, endDate="2026-02-22"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=horeca(endDate="2026-02-22", endHour=None),
        silent_for=extra(endDate="2026-02-22", endHour=None),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=of("FLX", "2026-02-21", "2026-04-01"),
        silent_for=of("FLX", "2026-02-21", "2026-03-31"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=of("FLX", "2026-03-31", "2026-04-01"),
        silent_for=flexi(startDate="2026-03-31", startHour="2000", endDate="2026-04-01", endHour="0200"),
    ),
    *(
        Row(
            "00911-008",
            "dimonaIn.endDate",
            raised_by=horeca(endDate="2026-02-22", endHour=None),
            silent_for=in_({"workerType": worker_type, "jointCommissionNumber": "302"}, endDate="2026-02-22"),
        )
        for worker_type in ("DWD", "RTA")  # no lump sum of a type before EXT in the alphabet, or after it
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=said(endDate="2036-01-01"),
        silent_for=of("DWD", "2026-02-21", "2026-04-01"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=said(endDate="1998-12-31"),
        silent_for=of("FLX", "2026-02-21", "2025-12-31"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=of("T17", "2026-02-21", "2026-02-20"),
        silent_for=in_({"workerType": "T17"}, startDate=None, endDate="2026-02-21"),
    ),
    Row(
        "00911-008",
        "dimonaIn.endDate",
        raised_by=said(endDate="2036-01-02"),
        silent_for=of("NO", "2026-02-21", "2026-04-01"),
    ),
    # Rules R13, R21
    Row(
        "00911-014",
        "dimonaIn.endDate",
        raised_by=said(endDate="2025-12-31"),
        silent_for=said(endDate="2026-02-22"),
    ),
    Row("00778-345", "dimonaIn.endHour", raised_by=extra(endHour="1659"), silent_for=extra(endHour="1700")),
]
