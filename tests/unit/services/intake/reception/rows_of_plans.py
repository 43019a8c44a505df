"""Cases of planned hours and planned days: one that raises a row, one that does not."""

from __future__ import annotations

from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import said, student, student_of_2016

#: code, path, raising, silent
ROWS: list[Row] = [
    # Rule R23: students until 2016
    Row(
        "01135-001",
        "dimonaIn.plannedHoursNumber",
        raised_by=student(plannedHoursNumber=None),
        silent_for=student_of_2016(),
    ),
    Row(
        "01135-005",
        "dimonaIn.plannedHoursNumber",
        raised_by=student_of_2016(plannedHoursNumber=8),
        silent_for=student_of_2016(),
    ),
    Row(
        "01017-001",
        "dimonaIn.plannedDaysNumber",
        raised_by=student_of_2016(plannedDaysNumber=None),
        silent_for=student(),
    ),
    Row(
        "01017-001",
        "dimonaIn.plannedDaysNumber",
        raised_by=student_of_2016(plannedDaysNumber=None, endDate="2016-12-31"),
        silent_for=student_of_2016(plannedDaysNumber=None, startDate="2017-01-01", endDate="2017-01-01"),
    ),
    *(
        Row(
            "01017-003",
            "dimonaIn.plannedDaysNumber",
            raised_by=student_of_2016(plannedDaysNumber=bad),
            silent_for=student_of_2016(),
        )
        for bad in (0, 1000)
    ),
    *(
        Row(
            "01017-003",
            "dimonaUpdate.plannedDaysNumber",
            raised_by=said("update", plannedDaysNumber=bad),
            silent_for=said("update", plannedDaysNumber=good),
        )
        for bad, good in ((0, 1), (1000, 999))
    ),
    Row(
        "01017-005",
        "dimonaIn.plannedDaysNumber",
        raised_by=student(plannedDaysNumber=1),
        silent_for=student_of_2016(),
    ),
    Row("01017-005", "dimonaIn.plannedDaysNumber", raised_by=said(plannedDaysNumber=1), silent_for=said()),
    Row(
        "90373-420",
        "dimonaIn",
        raised_by=student_of_2016(plannedDaysNumber=6),
        silent_for=student_of_2016(plannedDaysNumber=5),
    ),
    Row(
        "90373-420",
        "dimonaIn",
        raised_by=student_of_2016(plannedDaysNumber=6),
        silent_for=student(plannedDaysNumber=6),
    ),
    Row(
        "90373-420",
        "dimonaIn",
        raised_by=student_of_2016(plannedDaysNumber=6),
        silent_for=student_of_2016(plannedDaysNumber=6, endDate="2016-11-30"),
    ),
    *(
        Row(
            "90373-420",
            "dimonaIn",
            raised_by=student_of_2016(plannedDaysNumber=2, endDate="2016-12-05"),
            silent_for=silent,
        )
        for silent in (
            student_of_2016(plannedDaysNumber=4),
            student_of_2016(plannedDaysNumber=2, endDate="2016-02-30"),
            student_of_2016(plannedDaysNumber=2, endDate=None),
        )
    ),
    Row(
        "01017-005",
        "dimonaIn.plannedDaysNumber",
        raised_by=student_of_2016(startDate="2016-12-30", endDate="2017-01-02"),
        silent_for=student_of_2016(startDate="2016-12-30", endDate="2016-12-31"),
    ),
]
