"""Cases next to the limits of a row: cases of another row, and codes on both sides in the alphabet."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.rows import Row
from tests.unit.services.intake.reception.rows_of_features import authority, named
from tests.unit.services.intake.reception.said import (
    BELGIAN,
    USER,
    USER_ABROAD,
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

ROWS: list[Row] = [
    # Data that are invalid by themselves, or out of place, raise no further anomaly
    Row(
        "00655-003",
        f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "NO"}),
        silent_for=in_({"workerType": None}),
    ),
    Row(
        "00655-350",
        f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "TEA"}, startDate="2021-12-31"),
        silent_for=in_({"workerType": "NO"}),
    ),
    Row(
        "00655-350",
        f"{_FEATURES}.workerType",
        raised_by=replace(authority("TEA", start="2021-12-31"), entitled=False),
        silent_for=authority("TEA", start="2021-12-31"),
    ),
    Row(
        "90374-349",
        _FEATURES,
        raised_by=authority("EXT"),
        silent_for=in_({"workerType": "EXT", "jointCommissionNumber": None}),
    ),
    Row("90374-349", _FEATURES, raised_by=in_({"workerType": "EXT"}), silent_for=authority("EXT", "XXX")),
    # Types and joint commissions on both sides, in the alphabet, of the one that is meant
    Row(
        "00046-003",
        f"{_USER}.jointCommissionNumber",
        raised_by=agency(but(USER, jointCommissionNumber="322")),
        silent_for=agency(but(USER, jointCommissionNumber="XXX")),
    ),
    Row(
        "00131-001",
        f"{_USER}.enterpriseNumber",
        raised_by=named(country=150),
        silent_for=in_({"usingEmployer": {"name": "Dupont et Fils", "address": BELGIAN}}),
    ),
    Row(
        "00131-001",
        f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        silent_for=agency(USER_ABROAD, "EXT"),
    ),
    Row(
        "00131-001",
        f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        silent_for=agency(but(USER_ABROAD, jointCommissionNumber="302"), "DWD"),
    ),
    Row(
        "00131-001",
        f"{_USER}.enterpriseNumber",
        raised_by=named(country=150),
        silent_for=agency(but(USER, name="Dupont et Fils", address=BELGIAN)),
    ),
    Row(
        "00517-005",
        f"{_USER}.address.street",
        raised_by=in_(
            {"jointCommissionNumber": "124", "workerType": "DWD", "usingEmployer": {"address": BELGIAN}}
        ),
        silent_for=agency(USER_ABROAD),
    ),
    *(
        Row(
            code,
            path,
            raised_by=in_({"workerType": "TRI"}, studentPlaceOfWork=place),
            silent_for=student(studentPlaceOfWork=place),
        )
        for place in ({"name": "The other shop", "address": BELGIAN},)
        for code, path in (("00776-005", f"{_PLACE}.name"), ("00517-005", f"{_PLACE}.address.street"))
    ),
    # C3.2A cards are optional for some types of an agency without the joint commission of the user; statutes
    *(
        Row(
            f"{zone}-005",
            f"{_CARDS}.{field}",
            raised_by=agency(SILENT_USER, other, constructionControlCards={field: "123456789012"}),
            silent_for=agency(SILENT_USER, worker_type, constructionControlCards={field: "123456789012"}),
        )
        for zone, field in (("00663", "firstMonthC32ANumber"), ("00664", "nextMonthC32ANumber"))
        for worker_type, other in (("DWD", "OTH"), ("IVT", "FLX"), ("TRI", "EXT"), ("STU", "OTH"))
    ),
    *(
        Row(
            code,
            f"{_STATUTES}.{field}",
            raised_by=trainee(**{field: "X"}),
            silent_for=trainee(**{field: value}),
        )
        for code, field, values in (
            ("01231-003", "employmentNature", ("EMPLOYEE", "WORKER")),
            ("00053-003", "workerStatus", ("F1", "F2")),
        )
        for value in values
    ),
]
