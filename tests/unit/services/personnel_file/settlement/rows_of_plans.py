"""Rows about planned hours, planned days, and periods with hours that lost their end."""

from __future__ import annotations

from tests.unit.rows import Row
from tests.unit.services.personnel_file.settlement.cases import (
    EXT,
    FLX,
    OTH,
    STU,
    STUDENT,
    STUDENT_OF_2016,
    UPDATE,
    Case,
    of,
    span,
    update,
)

ONE_DAY_OF_2016 = of(span("2016-12-05", "2016-12-05"), STU)
OPEN_OF_2016 = of(span("2016-12-05"), STU)  #: from before an end date was required
IN_2017 = {"startDate": "2017-01-02", "endDate": "2017-01-04"}
#: A period with hours that lost its end.
OPEN_SHIFT = span("02-21", None, "1700", "2130")

ROWS: list[Row] = [
    # rule R18
    *(
        Row(
            code="00911-008",
            path="dimonaOut.endDate",
            raised_by=Case(of(OPEN_SHIFT, FLX), "out", {"endDate": "2026-02-23"}),
            silent_for=Case(of(OPEN_SHIFT, features), "out", {"endDate": end}),
        )
        for features, end in (
            (FLX, "2026-02-21"),
            (FLX, "2026-02-22"),
            (OTH, "2026-02-28"),
            (EXT, "2026-02-28"),
        )
    ),
    # rule R23: students until 2016
    *(
        Row(code, path, update(raising, **given), update(silent, **other))
        for code, path, raising, given, silent, other in (
            (
                "01017-005",
                f"{UPDATE}.plannedDaysNumber",
                STUDENT,
                {"plannedDaysNumber": 3},
                STUDENT_OF_2016,
                {"plannedDaysNumber": 3},
            ),
            (
                "01135-005",
                f"{UPDATE}.plannedHoursNumber",
                STUDENT_OF_2016,
                {"plannedHoursNumber": 3},
                STUDENT,
                {"plannedHoursNumber": 3},
            ),
            (
                "90378-420",
                UPDATE,
                STUDENT_OF_2016,
                {"plannedDaysNumber": 6},
                STUDENT_OF_2016,
                {"plannedDaysNumber": 4},
            ),
            (
                "90378-420",
                UPDATE,
                STUDENT_OF_2016,
                {"plannedDaysNumber": 6},
                STUDENT_OF_2016,
                {"plannedDaysNumber": 5},
            ),
            (
                "90378-420",
                UPDATE,
                ONE_DAY_OF_2016,
                {"plannedDaysNumber": 2},
                ONE_DAY_OF_2016,
                {"plannedDaysNumber": 1},
            ),
            (
                "90378-420",
                UPDATE,
                ONE_DAY_OF_2016,
                {"plannedDaysNumber": 2},
                OPEN_OF_2016,
                {"plannedDaysNumber": 2},
            ),
            (
                "01017-005",
                f"{UPDATE}.plannedDaysNumber",
                STUDENT,
                {"plannedDaysNumber": 3},
                OPEN_OF_2016,
                {"plannedDaysNumber": 3},
            ),
            (
                "90378-420",
                UPDATE,
                STUDENT_OF_2016,
                {"endDate": "2016-12-08"},
                STUDENT_OF_2016,
                {"startDate": "2016-12-04"},
            ),
            (
                "01135-001",
                f"{UPDATE}.plannedHoursNumber",
                STUDENT_OF_2016,
                IN_2017,
                STUDENT_OF_2016,
                {**IN_2017, "plannedHoursNumber": 8},
            ),
            (
                "01135-001",
                f"{UPDATE}.plannedHoursNumber",
                STUDENT_OF_2016,
                IN_2017,
                STUDENT,
                {"endDate": "2026-02-27"},
            ),
            (
                "90378-444",
                UPDATE,
                STUDENT_OF_2016,
                {"plannedDaysNumber": 5},
                STUDENT_OF_2016,
                {"plannedDaysNumber": 4},
            ),
            ("90378-360", UPDATE, STUDENT_OF_2016, {}, STUDENT_OF_2016, {"plannedDaysNumber": 4}),
        )
    ),
]
