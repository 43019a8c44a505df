"""Cases of the rows about the content of an UPDATE or OUT: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.services.personnel_file.settlement.cases import (
    AGENCY,
    CLOSED,
    CLOSED_MARCH,
    EVENING,
    FLEXI,
    LUMP_SUM,
    OPEN,
    OPEN_FLEXI,
    S17,
    SHIFT,
    STU,
    STUDENT,
    T17,
    UPDATE,
    Case,
    at,
    of,
    span,
    update,
)

#: (code, path, a declaration that raises it, one that does not)
ROWS: list[tuple[str, str, Case, Case]] = [
    (
        "00913-359",
        f"{UPDATE}.periodId",
        update(OPEN, endDate="2026-03-31"),
        update(CLOSED, endDate="2026-03-30"),
    ),
    *(
        row
        for code, path in (("00913-368", f"{UPDATE}.periodId"), ("90378-368", UPDATE))
        for row in (
            (code, path, update(STUDENT, endDate="9999-12-31"), update(CLOSED, endDate="9999-12-31")),
            (
                code,
                path,
                update(of(span("02-21", "02-28"), AGENCY), endDate="9999-12-31"),
                update(of(span("02-21", "02-28"), AGENCY), endDate="2026-02-27"),
            ),
        )
    ),
    ("90378-360", UPDATE, update(OPEN), update(OPEN, startDate="2026-02-20")),
    ("90378-360", UPDATE, update(OPEN, plannedHoursNumber=9), update(STUDENT, plannedHoursNumber=9)),
    ("90378-361", UPDATE, update(EVENING), update(EVENING, endHour="2200")),
    ("90378-361", UPDATE, update(EVENING), update(EVENING, startDate="2026-02-20")),
    ("90378-361", UPDATE, update(EVENING), update(OPEN)),
    ("90378-444", UPDATE, update(OPEN, startDate="2026-02-21"), update(OPEN, startDate="2026-02-20")),
    (
        "90378-444",
        UPDATE,
        update(STUDENT, plannedHoursNumber=8, startDate="2026-02-21", endDate="2026-02-28"),
        update(STUDENT, plannedHoursNumber=9, startDate="2026-02-21", endDate="2026-02-28"),
    ),
    # R25
    (
        "00910-005",
        f"{UPDATE}.startDate",
        update(STUDENT, startDate="2026-02-22"),
        update(STUDENT, startDate="2026-02-21", plannedHoursNumber=9),
    ),
    (
        "00910-005",
        f"{UPDATE}.startDate",
        update(of(span("2017-01-01", "2017-01-31"), STU), startDate="2017-01-02"),
        update(of(span("2016-12-31", "2016-12-31"), STU), startDate="2016-12-30"),
    ),
    # R8 to R10
    (
        "00910-008",
        f"{UPDATE}.startDate",
        update(of(span("2022-01-01", "2022-01-01"), T17), startDate="2021-12-31", endDate="2021-12-31"),
        update(of(span("2022-01-02", "2022-01-02"), T17), startDate="2022-01-01", endDate="2022-01-01"),
    ),
    (
        "00910-008",
        f"{UPDATE}.startDate",
        update(of(span("03-01", "03-20"), S17), startDate="2026-03-08"),
        update(of(span("03-01", "03-20"), S17), startDate="2026-03-07"),
    ),
    (
        "00910-008",
        f"{UPDATE}.startDate",
        update(of(span("03-01", "03-20"), S17), startDate="2026-03-08"),
        update(of(span("03-08", "03-20"), S17), startDate="2026-03-08", plannedHoursNumber=9),
    ),
    # R16, R17
    (
        "00910-344",
        f"{UPDATE}.startDate",
        update(FLEXI, startDate="2026-02-22"),
        update(FLEXI, startDate="2026-02-20"),
    ),
    (
        "00910-344",
        f"{UPDATE}.startDate",
        update(FLEXI, startDate="2026-02-22"),
        update(CLOSED, startDate="2026-02-22"),
    ),
    (
        "00911-344",
        f"{UPDATE}.endDate",
        update(FLEXI, endDate="2026-03-21"),
        update(FLEXI, endDate="2026-03-19"),
    ),
    (
        "00911-344",
        f"{UPDATE}.endDate",
        update(FLEXI, endDate="9999-12-31"),
        update(EVENING, endDate="2026-02-22", endHour="0200"),
    ),
    (
        "00911-008",
        f"{UPDATE}.endDate",
        update(of(span("02-21", "02-21"), T17), endDate="2026-02-22"),
        update(of(span("02-21", "02-21"), T17), startDate="2026-02-22", endDate="2026-02-22"),
    ),
    (
        "00911-008",
        f"{UPDATE}.endDate",
        update(LUMP_SUM, endDate="2026-02-22"),
        update(LUMP_SUM, startDate="2026-02-22", endDate="2026-02-22"),
    ),
    (
        "00911-008",
        f"{UPDATE}.endDate",
        update(FLEXI, startDate="2025-12-31"),
        update(FLEXI, startDate="2026-01-01"),
    ),
    (
        "00911-008",
        f"{UPDATE}.endDate",
        update(FLEXI, endDate="2026-02-21"),
        update(FLEXI, endDate="2026-02-22"),
    ),
    (
        "00911-008",
        "dimonaOut.endDate",
        Case(OPEN_FLEXI, "out", {"endDate": "2026-04-01"}),
        Case(OPEN_FLEXI, "out", {"endDate": "2026-03-31"}),
    ),
    (
        "00911-008",
        "dimonaOut.endDate",
        Case(OPEN_FLEXI, "out", {"endDate": "2026-02-21"}),
        Case(OPEN, "out", {"endDate": "2026-02-21"}),
    ),
    # R13, R21
    (
        "00911-014",
        f"{UPDATE}.endDate",
        update(CLOSED, endDate="2026-02-20"),
        update(CLOSED, endDate="2026-02-21"),
    ),
    (
        "00911-014",
        "dimonaOut.endDate",
        Case(OPEN, "out", {"endDate": "2026-02-20"}),
        Case(OPEN, "out", {"endDate": "2026-02-21"}),
    ),
    ("00778-345", f"{UPDATE}.endHour", update(EVENING, endHour="1659"), update(EVENING, endHour="1701")),
    # R19, R20, R22, R23
    (
        "00777-005",
        f"{UPDATE}.startHour",
        update(OPEN, startDate="2026-02-20", startHour="1700"),
        update(SHIFT, startHour="1600"),
    ),
    ("00777-005", f"{UPDATE}.startHour", update(FLEXI, startHour="1700"), update(EVENING, startHour="1600")),
    (
        "00778-005",
        f"{UPDATE}.endHour",
        update(STUDENT, plannedHoursNumber=9, endHour="1700"),
        update(SHIFT, endHour="2200"),
    ),
    ("00778-005", f"{UPDATE}.endHour", update(LUMP_SUM, endHour="2200"), update(LUMP_SUM, startHour="1600")),
    (
        "01135-005",
        f"{UPDATE}.plannedHoursNumber",
        update(OPEN, startDate="2026-02-20", plannedHoursNumber=8),
        update(STUDENT, plannedHoursNumber=9),
    ),
    (
        "90378-341",
        UPDATE,
        update(SHIFT, endDate="2026-02-22", endHour="1701"),
        update(SHIFT, endDate="2026-02-22", endHour="1700"),
    ),
    # R15, R57
    ("90378-421", UPDATE, update(STUDENT, endDate="2026-04-01"), update(STUDENT, endDate="2026-03-31")),
    ("90378-421", UPDATE, update(STUDENT, endDate="2026-04-01"), update(CLOSED, endDate="2026-04-01")),
    (
        "90378-450",
        UPDATE,
        replace(update(CLOSED, endDate="2026-03-30"), closures=CLOSED_MARCH),
        replace(update(STUDENT, endDate="2026-02-27"), closures=CLOSED_MARCH),
    ),
    (
        "90378-450",
        UPDATE,
        replace(update(CLOSED, endDate="2026-03-30"), closures=CLOSED_MARCH),
        update(CLOSED, endDate="2026-03-30"),
    ),
    # R3: 31 March 2026 is a Tuesday, 20 February a Friday
    ("90378-460", UPDATE, update(OPEN, startDate="2026-02-19"), update(OPEN, startDate="2026-02-20")),
    (
        "90378-460",
        UPDATE,
        update(OPEN, startDate="2026-02-19"),
        at(update(OPEN, startDate="2026-02-22"), "05-01"),
    ),
    (
        "90378-460",
        UPDATE,
        at(update(SHIFT, startHour="1600"), "02-21", hour=16),
        at(update(SHIFT, startDate="2026-02-20", endDate="2026-02-20", startHour="1000"), "02-20", hour=9),
    ),
    (
        "90378-460",
        UPDATE,
        at(update(CLOSED, endDate="2026-04-30"), "04-02"),
        at(update(CLOSED, endDate="2026-04-30"), "04-01"),
    ),
    (
        "90378-460",
        UPDATE,
        at(update(CLOSED, endDate="2026-03-20"), "03-24"),
        at(update(CLOSED, endDate="2026-03-20"), "03-23"),
    ),
    (
        "90378-460",
        UPDATE,
        at(update(CLOSED, endDate="9999-12-31"), "04-02"),
        at(update(CLOSED, endDate="9999-12-31"), "03-31"),
    ),
]
