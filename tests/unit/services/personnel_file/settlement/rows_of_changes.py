"""Rows of the content of an UPDATE or OUT."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.rows import Row
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

ROWS: list[Row] = [
    Row(
        code="00913-359",
        path=f"{UPDATE}.periodId",
        raised_by=update(OPEN, endDate="2026-03-31"),
        silent_for=update(CLOSED, endDate="2026-03-30"),
    ),
    *(
        row
        for code, path in (("00913-368", f"{UPDATE}.periodId"), ("90378-368", UPDATE))
        for row in (
            Row(
                code=code,
                path=path,
                raised_by=update(STUDENT, endDate="9999-12-31"),
                silent_for=update(CLOSED, endDate="9999-12-31"),
            ),
            Row(
                code=code,
                path=path,
                raised_by=update(of(span("02-21", "02-28"), AGENCY), endDate="9999-12-31"),
                silent_for=update(of(span("02-21", "02-28"), AGENCY), endDate="2026-02-27"),
            ),
        )
    ),
    Row(
        code="90378-360", path=UPDATE, raised_by=update(OPEN), silent_for=update(OPEN, startDate="2026-02-20")
    ),
    Row(
        code="90378-360",
        path=UPDATE,
        raised_by=update(OPEN, plannedHoursNumber=9),
        silent_for=update(STUDENT, plannedHoursNumber=9),
    ),
    Row(code="90378-361", path=UPDATE, raised_by=update(EVENING), silent_for=update(EVENING, endHour="2200")),
    Row(
        code="90378-361",
        path=UPDATE,
        raised_by=update(EVENING),
        silent_for=update(EVENING, startDate="2026-02-20"),
    ),
    Row(code="90378-361", path=UPDATE, raised_by=update(EVENING), silent_for=update(OPEN)),
    Row(
        code="90378-444",
        path=UPDATE,
        raised_by=update(OPEN, startDate="2026-02-21"),
        silent_for=update(OPEN, startDate="2026-02-20"),
    ),
    Row(
        code="90378-444",
        path=UPDATE,
        raised_by=update(STUDENT, plannedHoursNumber=8, startDate="2026-02-21", endDate="2026-02-28"),
        silent_for=update(STUDENT, plannedHoursNumber=9, startDate="2026-02-21", endDate="2026-02-28"),
    ),
    # rule R25
    Row(
        code="00910-005",
        path=f"{UPDATE}.startDate",
        raised_by=update(STUDENT, startDate="2026-02-22"),
        silent_for=update(STUDENT, startDate="2026-02-21", plannedHoursNumber=9),
    ),
    Row(
        code="00910-005",
        path=f"{UPDATE}.startDate",
        raised_by=update(of(span("2017-01-01", "2017-01-31"), STU), startDate="2017-01-02"),
        silent_for=update(of(span("2016-12-31", "2016-12-31"), STU), startDate="2016-12-30"),
    ),
    # rules R8 to R10
    Row(
        code="00910-008",
        path=f"{UPDATE}.startDate",
        raised_by=update(
            of(span("2022-01-01", "2022-01-01"), T17), startDate="2021-12-31", endDate="2021-12-31"
        ),
        silent_for=update(
            of(span("2022-01-02", "2022-01-02"), T17), startDate="2022-01-01", endDate="2022-01-01"
        ),
    ),
    Row(
        code="00910-008",
        path=f"{UPDATE}.startDate",
        raised_by=update(of(span("03-25", "03-31"), S17), startDate="2026-04-01"),
        silent_for=update(of(span("03-25", "03-31"), S17), startDate="2026-03-31"),
    ),
    Row(
        code="00910-008",
        path=f"{UPDATE}.startDate",
        raised_by=update(of(span("03-25", "03-31"), S17), startDate="2026-04-01"),
        silent_for=update(of(span("04-01", "04-20"), S17), startDate="2026-04-01", plannedHoursNumber=9),
    ),
    # rules R16, R17
    Row(
        code="00910-344",
        path=f"{UPDATE}.startDate",
        raised_by=update(FLEXI, startDate="2026-02-22"),
        silent_for=update(FLEXI, startDate="2026-02-20"),
    ),
    Row(
        code="00910-344",
        path=f"{UPDATE}.startDate",
        raised_by=update(FLEXI, startDate="2026-02-22"),
        silent_for=update(CLOSED, startDate="2026-02-22"),
    ),
    Row(
        code="00911-344",
        path=f"{UPDATE}.endDate",
        raised_by=update(FLEXI, endDate="2026-03-21"),
        silent_for=update(FLEXI, endDate="2026-03-19"),
    ),
    Row(
        code="00911-344",
        path=f"{UPDATE}.endDate",
        raised_by=update(FLEXI, endDate="9999-12-31"),
        silent_for=update(EVENING, endDate="2026-02-21", endHour="2300"),
    ),
    Row(
        code="00911-344",
        path=f"{UPDATE}.endDate",
        raised_by=update(EVENING, endDate="9999-12-31"),
        silent_for=update(SHIFT, endDate="2026-02-22", endHour="0200"),
    ),
    Row(
        code="00911-344",
        path=f"{UPDATE}.endDate",
        raised_by=update(EVENING, endDate="2026-02-22"),
        silent_for=update(EVENING, endDate="2026-02-20"),
    ),
    Row(
        code="00911-008",
        path=f"{UPDATE}.endDate",
        raised_by=update(of(span("02-21", "02-21"), T17), endDate="2026-02-22"),
        silent_for=update(of(span("02-21", "02-21"), T17), startDate="2026-02-22", endDate="2026-02-22"),
    ),
    Row(
        code="00911-008",
        path=f"{UPDATE}.endDate",
        raised_by=update(LUMP_SUM, endDate="2026-02-22"),
        silent_for=update(LUMP_SUM, startDate="2026-02-22", endDate="2026-02-22"),
    ),
    Row(
        code="00911-008",
        path=f"{UPDATE}.endDate",
        raised_by=update(FLEXI, startDate="2025-12-31"),
        silent_for=update(FLEXI, startDate="2026-01-01"),
    ),
    Row(
        code="00911-008",
        path=f"{UPDATE}.endDate",
        raised_by=update(FLEXI, endDate="2026-02-21"),
        silent_for=update(FLEXI, endDate="2026-02-22"),
    ),
    Row(
        code="00911-008",
        path="dimonaOut.endDate",
        raised_by=Case(OPEN_FLEXI, "out", {"endDate": "2026-04-01"}),
        silent_for=Case(OPEN_FLEXI, "out", {"endDate": "2026-03-31"}),
    ),
    Row(
        code="00911-008",
        path="dimonaOut.endDate",
        raised_by=Case(OPEN_FLEXI, "out", {"endDate": "2026-02-21"}),
        silent_for=Case(OPEN, "out", {"endDate": "2026-02-21"}),
    ),
    # rules R13, R21
    Row(
        code="00911-014",
        path=f"{UPDATE}.endDate",
        raised_by=update(CLOSED, endDate="2026-02-20"),
        silent_for=update(CLOSED, endDate="2026-02-21"),
    ),
    Row(
        code="00911-014",
        path="dimonaOut.endDate",
        raised_by=Case(OPEN, "out", {"endDate": "2026-02-20"}),
        silent_for=Case(OPEN, "out", {"endDate": "2026-02-21"}),
    ),
    Row(
        code="00778-345",
        path=f"{UPDATE}.endHour",
        raised_by=update(EVENING, endHour="1659"),
        silent_for=update(EVENING, endHour="1701"),
    ),
    # rules R19, R20, R22, R23
    Row(
        code="00777-005",
        path=f"{UPDATE}.startHour",
        raised_by=update(OPEN, startDate="2026-02-20", startHour="1700"),
        silent_for=update(SHIFT, startHour="1600"),
    ),
    Row(
        code="00777-005",
        path=f"{UPDATE}.startHour",
        raised_by=update(FLEXI, startHour="1700"),
        silent_for=update(EVENING, startHour="1600"),
    ),
    Row(
        code="00778-005",
        path=f"{UPDATE}.endHour",
        raised_by=update(STUDENT, plannedHoursNumber=9, endHour="1700"),
        silent_for=update(SHIFT, endHour="2200"),
    ),
    Row(
        code="00778-005",
        path=f"{UPDATE}.endHour",
        raised_by=update(LUMP_SUM, endHour="2200"),
        silent_for=update(LUMP_SUM, startHour="1600"),
    ),
    Row(
        code="01135-005",
        path=f"{UPDATE}.plannedHoursNumber",
        raised_by=update(OPEN, startDate="2026-02-20", plannedHoursNumber=8),
        silent_for=update(STUDENT, plannedHoursNumber=9),
    ),
    Row(
        code="90378-341",
        path=UPDATE,
        raised_by=update(SHIFT, endDate="2026-02-22", endHour="1701"),
        silent_for=update(SHIFT, endDate="2026-02-22", endHour="1700"),
    ),
    # rules R15, R57
    Row(
        code="90378-421",
        path=UPDATE,
        raised_by=update(STUDENT, endDate="2026-04-01"),
        silent_for=update(STUDENT, endDate="2026-03-31"),
    ),
    Row(
        code="90378-421",
        path=UPDATE,
        raised_by=update(STUDENT, endDate="2026-04-01"),
        silent_for=update(CLOSED, endDate="2026-04-01"),
    ),
    Row(
        code="90378-450",
        path=UPDATE,
        raised_by=replace(update(CLOSED, endDate="2026-03-30"), closures=CLOSED_MARCH),
        silent_for=replace(update(STUDENT, endDate="2026-02-27"), closures=CLOSED_MARCH),
    ),
    Row(
        code="90378-450",
        path=UPDATE,
        raised_by=replace(update(CLOSED, endDate="2026-03-30"), closures=CLOSED_MARCH),
        silent_for=update(CLOSED, endDate="2026-03-30"),
    ),
    # rules R3: 31 March 2026 is a Tuesday, 20 February a Friday
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=update(OPEN, startDate="2026-02-19"),
        silent_for=update(OPEN, startDate="2026-02-20"),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=update(OPEN, startDate="2026-02-19"),
        silent_for=at(update(OPEN, startDate="2026-02-22"), "05-01"),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=at(update(SHIFT, startHour="1600"), "02-21", hour=16),
        silent_for=at(
            update(SHIFT, startDate="2026-02-20", endDate="2026-02-20", startHour="1000"), "02-20", hour=9
        ),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=at(update(CLOSED, endDate="2026-04-30"), "04-02"),
        silent_for=at(update(CLOSED, endDate="2026-04-30"), "04-01"),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=at(update(CLOSED, endDate="2026-03-20"), "03-24"),
        silent_for=at(update(CLOSED, endDate="2026-03-20"), "03-23"),
    ),
    Row(
        code="90378-460",
        path=UPDATE,
        raised_by=at(update(CLOSED, endDate="9999-12-31"), "04-02"),
        silent_for=at(update(CLOSED, endDate="9999-12-31"), "03-31"),
    ),
]
