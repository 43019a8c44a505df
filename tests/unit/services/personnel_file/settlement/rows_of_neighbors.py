"""Cases just beside what a row means: days at a border, and types on both sides in the alphabet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.domain.declaration import Features
from tests.unit.services.personnel_file.settlement.cases import (
    CLOSED,
    EVENING,
    EXT,
    FLEXI,
    HORECA,
    LUMP_SUM,
    OPEN,
    SHIFT,
    STU,
    STUDENT,
    T17,
    UPDATE,
    Case,
    at,
    day_of_extra,
    of,
    span,
    update,
)

#: Types before and after EXT, FLX and STU in the alphabet, with hours and without.
DWD, OTH, TEA = (Features(type_, "302") for type_ in ("DWD", "OTH", "TEA"))
UNKNOWN = Features("NO", "XXX")


def in_horeca(worker_type: str, **given: Any) -> Case:
    """An IN in Horeca, from 24 February."""
    features = {"workerType": worker_type, "jointCommissionNumber": "302"}
    return Case(None, "in", {"startDate": "2026-02-24", "features": features, **given})


ROWS: list[tuple[str, str, Case, Case]] = [
    # R24
    *(
        (
            "00910-459",
            "dimonaIn.startDate",
            in_horeca("EXT", endDate="2026-02-26"),
            in_horeca(worker_type, endDate="2026-02-26"),
        )
        for worker_type in ("DWD", "OTH")
    ),
    ("00910-459", "dimonaIn.startDate", in_horeca("EXT", endDate="2026-02-26"), in_horeca("EXT")),
    (
        "00910-459",
        "dimonaIn.startDate",
        in_horeca("EXT", startHour="1700", endDate="2026-02-26", endHour="2100"),
        in_horeca("EXT", startHour="1700", endDate="2026-02-25", endHour="2100"),
    ),
    (
        "00910-459",
        "dimonaIn.startDate",
        day_of_extra("2026-02-23"),
        replace(day_of_extra("2026-02-23"), relation=of(span("02-21"), HORECA)),
    ),
    # R16, R17
    *(
        (
            "00911-344",
            f"{UPDATE}.endDate",
            update(FLEXI, endDate="2026-03-21"),
            update(of(span("02-21", "03-20"), features), endDate="2026-03-21"),
        )
        for features in (DWD, OTH)
    ),
    (
        "00911-344",
        f"{UPDATE}.endDate",
        update(FLEXI, endDate="2026-03-21"),
        update(FLEXI, startDate="2026-02-20", endDate="2026-03-20"),
    ),
    (
        "00910-344",
        f"{UPDATE}.startDate",
        update(FLEXI, startDate="2026-02-22"),
        update(FLEXI, startDate="2026-02-21", endDate="2026-03-19"),
    ),
    *(
        (
            "00911-008",
            f"{UPDATE}.endDate",
            update(LUMP_SUM, endDate="2026-02-22"),
            update(of(span("02-21", "02-21"), features), endDate="2026-02-22"),
        )
        for features in (DWD, OTH)
    ),
    (
        "00911-008",
        f"{UPDATE}.endDate",
        update(LUMP_SUM, endDate="2026-02-22"),
        update(of(span("02-21", "02-21", "1700", "2100"), HORECA), endDate="2026-02-22", endHour="0200"),
    ),
    (
        "00911-008",
        f"{UPDATE}.endDate",
        update(of(span("02-22", "02-22"), T17), endDate="2026-02-21"),
        update(of(span("02-21", "02-21", "1700"), EXT), endDate="2026-02-22"),
    ),
    # R19, R22
    *(
        (
            "00777-005",
            f"{UPDATE}.startHour",
            update(of(span("02-21", "02-21", "1700", "2130"), features), startHour="1600"),
            update(EVENING, startHour="1600"),
        )
        for features in (DWD, OTH)
    ),
    (
        "90378-341",
        UPDATE,
        update(SHIFT, endDate="2026-02-22", endHour="1701"),
        update(of(span("02-21", None, "1700", "0900"), EXT), startHour="0800"),
    ),
    (
        "90378-341",
        UPDATE,
        update(SHIFT, endDate="2026-02-22", endHour="1701"),
        update(of(span("02-21", "02-22", "", "0200"), EXT), endHour="0300"),
    ),
    # R25
    (
        "00910-005",
        f"{UPDATE}.startDate",
        update(STUDENT, startDate="2026-02-22"),
        update(of(span("2016-12-30", "2016-12-30"), STU), startDate="2016-12-29"),
    ),
    *(
        (
            "00910-005",
            f"{UPDATE}.startDate",
            update(STUDENT, startDate="2026-02-22"),
            update(of(span("02-21", "02-28"), features), startDate="2026-02-22"),
        )
        for features in (DWD, TEA)
    ),
    # R8 to R10: of a type that is on the list no more nothing is known
    (
        "00910-008",
        f"{UPDATE}.startDate",
        update(of(span("2022-01-01", "2022-01-01"), T17), startDate="2021-12-31", endDate="2021-12-31"),
        update(of(span("2022-01-01", "2022-01-01"), UNKNOWN), startDate="2021-12-31"),
    ),
    # R3
    (
        "90378-460",
        UPDATE,
        update(OPEN, startDate="2026-02-19"),
        update(of(span("03-10")), startDate="2026-03-01"),
    ),
    (
        "90378-460",
        UPDATE,
        at(update(SHIFT, startHour="1600"), "02-21", hour=16),
        update(SHIFT, startHour="1600"),
    ),
    ("90378-460", UPDATE, update(OPEN, startDate="2026-02-19"), update(CLOSED, startDate="2026-02-22")),
]
