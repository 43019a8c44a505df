"""Cases of planned hours and planned days: one that raises a row, one that does not."""

from __future__ import annotations

from tests.unit.services.intake.reception.said import Said, said, student, student_of_2016

#: code, path, raising, silent
ROWS: list[tuple[str, str, Said, Said]] = [
    # Rule R23: students until 2016
    ("01135-001", "dimonaIn.plannedHoursNumber", student(plannedHoursNumber=None), student_of_2016()),
    (
        "01135-005",
        "dimonaIn.plannedHoursNumber",
        student_of_2016(plannedHoursNumber=8),
        student_of_2016(),
    ),
    ("01017-001", "dimonaIn.plannedDaysNumber", student_of_2016(plannedDaysNumber=None), student()),
    (
        "01017-001",
        "dimonaIn.plannedDaysNumber",
        student_of_2016(plannedDaysNumber=None, endDate="2016-12-31"),
        student_of_2016(plannedDaysNumber=None, startDate="2017-01-01", endDate="2017-01-01"),
    ),
    *(
        ("01017-003", "dimonaIn.plannedDaysNumber", student_of_2016(plannedDaysNumber=bad), student_of_2016())
        for bad in (0, 1000)
    ),
    *(
        (
            "01017-003",
            "dimonaUpdate.plannedDaysNumber",
            said("update", plannedDaysNumber=bad),
            said("update", plannedDaysNumber=good),
        )
        for bad, good in ((0, 1), (1000, 999))
    ),
    ("01017-005", "dimonaIn.plannedDaysNumber", student(plannedDaysNumber=1), student_of_2016()),
    ("01017-005", "dimonaIn.plannedDaysNumber", said(plannedDaysNumber=1), said()),
    (
        "90373-420",
        "dimonaIn",
        student_of_2016(plannedDaysNumber=6),
        student_of_2016(plannedDaysNumber=5),
    ),
    ("90373-420", "dimonaIn", student_of_2016(plannedDaysNumber=6), student(plannedDaysNumber=6)),
    (
        "90373-420",
        "dimonaIn",
        student_of_2016(plannedDaysNumber=6),
        student_of_2016(plannedDaysNumber=6, endDate="2016-11-30"),
    ),
    *(
        ("90373-420", "dimonaIn", student_of_2016(plannedDaysNumber=2, endDate="2016-12-05"), silent)
        for silent in (
            student_of_2016(plannedDaysNumber=4),
            student_of_2016(plannedDaysNumber=2, endDate="2016-02-30"),
            student_of_2016(plannedDaysNumber=2, endDate=None),
        )
    ),
    (
        "01017-005",
        "dimonaIn.plannedDaysNumber",
        student_of_2016(startDate="2016-12-30", endDate="2017-01-02"),
        student_of_2016(startDate="2016-12-30", endDate="2016-12-31"),
    ),
]
