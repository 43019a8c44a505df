"""Cases of the rows about C3.2A cards and small statutes: one that raises a row, one that does not."""

from __future__ import annotations

from tests.unit.rows import Row
from tests.unit.services.intake.reception.said import (
    USER,
    Said,
    agency,
    builder,
    but,
    in_,
    in_2024,
    said,
    trainee,
)

_CARDS = "dimonaIn.constructionControlCards"
_STATUTES = "dimonaIn.smallStatutesInformation"


def _with_risk(nature: str | None, activity: int) -> Said:
    return trainee(employmentNature=nature, activityWithRisk=activity)


ROWS: list[Row] = [
    # C3.2A cards
    *(
        row
        for zone, field in (("00663", "firstMonthC32ANumber"), ("00664", "nextMonthC32ANumber"))
        for row in (
            Row(f"{zone}-001", f"{_CARDS}.{field}", raised_by=builder(**{field: None}), silent_for=builder()),
            Row(
                f"{zone}-001",
                f"{_CARDS}.{field}",
                raised_by=in_2024(in_({"workerType": "STU", "jointCommissionNumber": "124"})),
                silent_for=in_({"workerType": "STU", "jointCommissionNumber": "124"}),
            ),
            Row(
                f"{zone}-001",
                f"{_CARDS}.{field}",
                raised_by=in_2024(agency(but(USER, jointCommissionNumber="124"))),
                silent_for=in_2024(agency()),
            ),
            Row(
                f"{zone}-001",
                f"{_CARDS}.{field}",
                raised_by=in_2024(agency(but(USER, jointCommissionNumber=None), "BCW")),
                silent_for=in_2024(agency(but(USER, jointCommissionNumber=None), "DWD")),
            ),
            Row(
                f"{zone}-001",
                f"{_CARDS}.{field}",
                raised_by=in_2024(agency(but(USER, jointCommissionNumber=None), "BCW")),
                silent_for=in_2024(in_({"workerType": "BCW"})),
            ),
            Row(
                f"{zone}-003",
                f"{_CARDS}.{field}",
                raised_by=builder(**{field: "12345678901"}),
                silent_for=builder(**{field: "999999999999"}),
            ),
            Row(
                f"{zone}-005",
                f"{_CARDS}.{field}",
                raised_by=said(constructionControlCards={field: "123456789012"}),
                silent_for=builder(),
            ),
            Row(
                f"{zone}-005",
                f"{_CARDS}.{field}",
                raised_by=agency(constructionControlCards={field: "123456789012"}),
                silent_for=agency(
                    but(USER, jointCommissionNumber=None),
                    "IVT",
                    constructionControlCards={field: "123456789012"},
                ),
            ),
        )
    ),
    Row(
        "00664-353",
        f"{_CARDS}.nextMonthC32ANumber",
        raised_by=builder(nextMonthC32ANumber="123456789012"),
        silent_for=builder(),
    ),
    # Small statutes
    *(
        row
        for zone, field, bad, good in (
            Row("01231", "employmentNature", raised_by="BOSS", silent_for="EMPLOYEE"),
            Row("00053", "workerStatus", raised_by="F3", silent_for="F2"),
        )
        for row in (
            Row(
                f"{zone}-001",
                f"{_STATUTES}.{field}",
                raised_by=trainee(**{field: None}),
                silent_for=trainee(),
            ),
            Row(
                f"{zone}-001",
                f"{_STATUTES}.{field}",
                raised_by=in_({"workerType": "TRI"}),
                silent_for=in_({"workerType": "DWD"}),
            ),
            Row(
                f"{zone}-001",
                f"{_STATUTES}.{field}",
                raised_by=in_({"workerType": "STG"}, startDate="2020-01-01"),
                silent_for=in_({"workerType": "STG"}, startDate="2019-12-31"),
            ),
            Row(
                f"{zone}-003",
                f"{_STATUTES}.{field}",
                raised_by=trainee(**{field: bad}),
                silent_for=trainee(**{field: good}),
            ),
            Row(f"{zone}-005", f"{_STATUTES}.{field}", raised_by=trainee("OTH"), silent_for=trainee("STG")),
            Row(
                f"{zone}-001",
                f"{_STATUTES}.{field}",
                raised_by=trainee("OTH", **{field: None}),
                silent_for=trainee("OTH"),
            ),
        )
    ),
    *(
        Row(
            "00041-521",
            f"{_STATUTES}.activityWithRisk",
            raised_by=_with_risk(nature, bad),
            silent_for=_with_risk(nature, good),
        )
        for nature, bad, good in (
            ("WORKER", 0, 1),
            ("WORKER", 7, 6),
            ("WORKER", 401, 6),
            ("WORKER", -1, 6),
            ("EMPLOYEE", 400, 401),
            ("EMPLOYEE", 413, 412),
            ("EMPLOYEE", 6, 412),
            ("EMPLOYEE", 1000, 412),
            ("BOSS", 7, 1),
            (None, 500, 405),
        )
    ),
    Row("00041-521", f"{_STATUTES}.activityWithRisk", raised_by=_with_risk("WORKER", 401), silent_for=said()),
]
