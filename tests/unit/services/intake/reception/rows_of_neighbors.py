"""Cases next to the limits of a row: cases of another row, and codes on both sides in the alphabet."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.services.intake.reception.rows_of_features import authority, named
from tests.unit.services.intake.reception.said import (
    BELGIAN,
    USER,
    USER_ABROAD,
    Said,
    agency,
    but,
    in_,
    student,
    trainee,
)

_FEATURES = "dimonaIn.features"
_USER = f"{_FEATURES}.usingEmployer"
_PLACE = "dimonaIn.studentPlaceOfWork"
_CARDS = "dimonaIn.constructionControlCards"
_STATUTES = "dimonaIn.smallStatutesInformation"
SILENT_USER = but(USER, jointCommissionNumber=None)

ROWS: list[tuple[str, str, Said, Said]] = [
    # Data that are invalid by themselves, or out of place, raise no further anomaly
    ("00655-003", f"{_FEATURES}.workerType", in_({"workerType": "NO"}), in_({"workerType": None})),
    (
        "00655-350",
        f"{_FEATURES}.workerType",
        in_({"workerType": "TEA"}, startDate="2021-12-31"),
        in_({"workerType": "NO"}),
    ),
    (
        "00655-350",
        f"{_FEATURES}.workerType",
        replace(authority("TEA", start="2021-12-31"), entitled=False),
        authority("TEA", start="2021-12-31"),
    ),
    (
        "90374-349",
        _FEATURES,
        authority("EXT"),
        in_({"workerType": "EXT", "jointCommissionNumber": None}),
    ),
    ("90374-349", _FEATURES, in_({"workerType": "EXT"}), authority("EXT", "XXX")),
    # Types and joint commissions on both sides, in the alphabet, of the one that is meant
    (
        "00046-003",
        f"{_USER}.jointCommissionNumber",
        agency(but(USER, jointCommissionNumber="322")),
        agency(but(USER, jointCommissionNumber="XXX")),
    ),
    (
        "00131-001",
        f"{_USER}.enterpriseNumber",
        named(country=150),
        in_({"usingEmployer": {"name": "Dupont et Fils", "address": BELGIAN}}),
    ),
    (
        "00131-001",
        f"{_USER}.enterpriseNumber",
        agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        agency(USER_ABROAD, "EXT"),
    ),
    (
        "00131-001",
        f"{_USER}.enterpriseNumber",
        agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        agency(but(USER_ABROAD, jointCommissionNumber="302"), "DWD"),
    ),
    (
        "00131-001",
        f"{_USER}.enterpriseNumber",
        named(country=150),
        agency(but(USER, name="Dupont et Fils", address=BELGIAN)),
    ),
    (
        "00517-005",
        f"{_USER}.address.street",
        in_({"jointCommissionNumber": "124", "workerType": "DWD", "usingEmployer": {"address": BELGIAN}}),
        agency(USER_ABROAD),
    ),
    *(
        (code, path, in_({"workerType": "TRI"}, studentPlaceOfWork=place), student(studentPlaceOfWork=place))
        for place in ({"name": "The other shop", "address": BELGIAN},)
        for code, path in (("00776-005", f"{_PLACE}.name"), ("00517-005", f"{_PLACE}.address.street"))
    ),
    # C3.2A cards are optional for some types of an agency without the joint commission of the user; statutes
    *(
        (
            f"{zone}-005",
            f"{_CARDS}.{field}",
            agency(SILENT_USER, other, constructionControlCards={field: "123456789012"}),
            agency(SILENT_USER, worker_type, constructionControlCards={field: "123456789012"}),
        )
        for zone, field in (("00663", "firstMonthC32ANumber"), ("00664", "nextMonthC32ANumber"))
        for worker_type, other in (("DWD", "OTH"), ("IVT", "FLX"), ("TRI", "EXT"), ("STU", "OTH"))
    ),
    *(
        (code, f"{_STATUTES}.{field}", trainee(**{field: "X"}), trainee(**{field: value}))
        for code, field, values in (
            ("01231-003", "employmentNature", ("EMPLOYEE", "WORKER")),
            ("00053-003", "workerStatus", ("F1", "F2")),
        )
        for value in values
    ),
]
