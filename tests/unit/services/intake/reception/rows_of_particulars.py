"""Cases of the rows about C3.2A cards and small statutes: one that raises a row, one that does not."""

from __future__ import annotations

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


#: (code, path, a declaration that raises it, one that does not)
ROWS: list[tuple[str, str, Said, Said]] = [
    # C3.2A cards
    *(
        row
        for zone, field in (("00663", "firstMonthC32ANumber"), ("00664", "nextMonthC32ANumber"))
        for row in (
            (f"{zone}-001", f"{_CARDS}.{field}", builder(**{field: None}), builder()),
            (
                f"{zone}-001",
                f"{_CARDS}.{field}",
                in_2024(in_({"workerType": "STU", "jointCommissionNumber": "124"})),
                in_({"workerType": "STU", "jointCommissionNumber": "124"}),
            ),
            (
                f"{zone}-001",
                f"{_CARDS}.{field}",
                in_2024(agency(but(USER, jointCommissionNumber="124"))),
                in_2024(agency()),
            ),
            (
                f"{zone}-001",
                f"{_CARDS}.{field}",
                in_2024(agency(but(USER, jointCommissionNumber=None), "BCW")),
                in_2024(agency(but(USER, jointCommissionNumber=None), "DWD")),
            ),
            (
                f"{zone}-001",
                f"{_CARDS}.{field}",
                in_2024(agency(but(USER, jointCommissionNumber=None), "BCW")),
                in_2024(in_({"workerType": "BCW"})),
            ),
            (
                f"{zone}-003",
                f"{_CARDS}.{field}",
                builder(**{field: "12345678901"}),
                builder(**{field: "999999999999"}),
            ),
            (
                f"{zone}-005",
                f"{_CARDS}.{field}",
                said(constructionControlCards={field: "123456789012"}),
                builder(),
            ),
            (
                f"{zone}-005",
                f"{_CARDS}.{field}",
                agency(constructionControlCards={field: "123456789012"}),
                agency(
                    but(USER, jointCommissionNumber=None),
                    "IVT",
                    constructionControlCards={field: "123456789012"},
                ),
            ),
        )
    ),
    (
        "00664-353",
        f"{_CARDS}.nextMonthC32ANumber",
        builder(nextMonthC32ANumber="123456789012"),
        builder(),
    ),
    # Small statutes
    *(
        row
        for zone, field, bad, good in (
            ("01231", "employmentNature", "BOSS", "EMPLOYEE"),
            ("00053", "workerStatus", "F3", "F2"),
        )
        for row in (
            (f"{zone}-001", f"{_STATUTES}.{field}", trainee(**{field: None}), trainee()),
            (f"{zone}-001", f"{_STATUTES}.{field}", in_({"workerType": "TRI"}), in_({"workerType": "DWD"})),
            (
                f"{zone}-001",
                f"{_STATUTES}.{field}",
                in_({"workerType": "STG"}, startDate="2020-01-01"),
                in_({"workerType": "STG"}, startDate="2019-12-31"),
            ),
            (f"{zone}-003", f"{_STATUTES}.{field}", trainee(**{field: bad}), trainee(**{field: good})),
            (f"{zone}-005", f"{_STATUTES}.{field}", trainee("OTH"), trainee("STG")),
            (f"{zone}-001", f"{_STATUTES}.{field}", trainee("OTH", **{field: None}), trainee("OTH")),
        )
    ),
    *(
        ("00041-521", f"{_STATUTES}.activityWithRisk", _with_risk(nature, bad), _with_risk(nature, good))
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
    ("00041-521", f"{_STATUTES}.activityWithRisk", _with_risk("WORKER", 401), said()),
]
