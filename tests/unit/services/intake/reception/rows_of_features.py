"""Cases of the rows about features and required fields: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.builders import ENTERPRISE, OTHER_ENTERPRISE
from tests.unit.services.intake.reception.said import (
    AUTHORITY,
    BELGIAN,
    USER,
    USER_ABROAD,
    Said,
    agency,
    but,
    elsewhere,
    in_,
    said,
    student,
)

_FEATURES = "dimonaIn.features"
_USER = f"{_FEATURES}.usingEmployer"
_PLACE = "dimonaIn.studentPlaceOfWork"


def authority(worker_type: str, joint_commission: str | None = None, start: str = "2026-02-21") -> Said:
    features = {"workerType": worker_type, "jointCommissionNumber": joint_commission}
    return replace(in_(features, startDate=start), employer=AUTHORITY)


def named(**address: Any) -> Said:
    """Build an agency worker at a user without a Belgian number."""
    return agency(but(USER_ABROAD, address=but(BELGIAN, **{"country": 111, **address})))


ROWS: list[tuple[str, str, Said, Said]] = [
    (
        "00046-005",
        f"{_FEATURES}.jointCommissionNumber",
        authority("OTH", "XXX"),
        authority("OTH"),
    ),
    (
        "00655-003",
        f"{_FEATURES}.workerType",
        in_({"workerType": "ALT"}, startDate="2023-08-31"),
        in_({"workerType": "ALT"}, startDate="2023-09-01"),
    ),
    ("00655-350", f"{_FEATURES}.workerType", in_({"workerType": "TEA"}), in_({"workerType": "PMP"})),
    (
        "00655-350",
        f"{_FEATURES}.workerType",
        authority("TEA", start="2022-01-01"),
        authority("TEA", start="2021-12-31"),
    ),
    (
        "00655-350",
        f"{_FEATURES}.workerType",
        authority("FLX", start="2021-12-31"),
        authority("FLX", start="2022-01-01"),
    ),
    (
        "90374-349",
        _FEATURES,
        in_({"workerType": "STU", "jointCommissionNumber": "302"}),
        in_({"workerType": "STU"}),
    ),
    (
        "90374-349",
        _FEATURES,
        in_({"workerType": "OTH", "jointCommissionNumber": 144}),
        in_({"workerType": "OTH", "jointCommissionNumber": 124}),
    ),
    ("90374-349", _FEATURES, in_({"workerType": "EXT"}), in_({"workerType": None})),
    ("90374-349", _FEATURES, authority("EXT"), authority("BCW")),
    *(
        (
            "90374-349",
            _FEATURES,
            in_({"workerType": "EXT", "jointCommissionNumber": joint_commission}),
            in_({"workerType": worker_type, "jointCommissionNumber": joint_commission}),
        )
        for joint_commission, worker_type in (("140", "FLX"), ("149", "FLX"), ("124", "SWO"))
    ),
    *(
        (
            "90374-349",
            _FEATURES,
            in_({"workerType": "OTH", "jointCommissionNumber": joint_commission}),
            in_({"workerType": "STU", "jointCommissionNumber": accepted}),
        )
        for joint_commission, accepted in (("144", "144"), ("145", "145"), ("302", "320"))
    ),
    (
        "00655-003",
        f"{_FEATURES}.workerType",
        in_({"workerType": "SWO"}, startDate="2024-11-30"),
        in_({"workerType": "SWO"}, startDate="2024-12-01"),
    ),
    (
        "90374-349",
        _FEATURES,
        in_({"workerType": "FLX", "jointCommissionNumber": "302"}),
        in_({"workerType": "FLX", "jointCommissionNumber": "999"}),
    ),
    # The user undertaking
    ("90107-351", _USER, agency({"jointCommissionNumber": "XXX"}), agency()),
    ("90107-351", _USER, in_({"jointCommissionNumber": "322"}), in_()),
    (
        "90107-351",
        _USER,
        agency({"jointCommissionNumber": "XXX", "enterpriseNumber": "0"}),
        agency(USER_ABROAD),
    ),
    ("90107-352", _USER, agency(but(USER, name="Dupont")), agency()),
    (
        "90107-352",
        _USER,
        agency(but(USER, name="Dupont")),
        agency(but(USER_ABROAD, enterpriseNumber="0000000000")),
    ),
    (
        "00046-001",
        f"{_USER}.jointCommissionNumber",
        agency(but(USER, jointCommissionNumber=None)),
        agency(but(USER, jointCommissionNumber="302")),
    ),
    (
        "00046-005",
        f"{_USER}.jointCommissionNumber",
        in_({"usingEmployer": {"jointCommissionNumber": "302"}}),
        agency(),
    ),
    ("00131-001", f"{_USER}.enterpriseNumber", named(country=150), named(country=111)),
    ("00131-001", f"{_USER}.enterpriseNumber", named(country=150), agency()),
    (
        "00131-001",
        f"{_USER}.enterpriseNumber",
        agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        agency(but(USER_ABROAD, jointCommissionNumber="302"), "FLX"),
    ),
    (
        "00131-001",
        f"{_USER}.enterpriseNumber",
        agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        agency(but(USER_ABROAD, jointCommissionNumber="144"), "EXT"),
    ),
    (
        "00131-003",
        f"{_USER}.enterpriseNumber",
        agency(but(USER, enterpriseNumber="0400767773")),
        agency(but(USER, enterpriseNumber="400767772")),
    ),
    (
        "00131-005",
        f"{_USER}.enterpriseNumber",
        in_({"usingEmployer": {"enterpriseNumber": OTHER_ENTERPRISE}}),
        agency(),
    ),
    (
        "00131-235",
        f"{_USER}.enterpriseNumber",
        replace(agency(but(USER, enterpriseNumber=ENTERPRISE)), user_known=False),
        replace(agency(but(USER, enterpriseNumber=ENTERPRISE)), user_known=True),
    ),
    ("00131-235", f"{_USER}.enterpriseNumber", replace(agency(), user_known=False), agency()),
    (
        "00153-003",
        f"{_USER}.name",
        agency(but(USER_ABROAD, name="X" * 97)),
        agency(but(USER_ABROAD, name="X" * 96)),
    ),
    ("00153-005", f"{_USER}.name", in_({"usingEmployer": {"name": "Dupont"}}), agency(USER_ABROAD)),
    # The student's place of work
    (
        "00776-003",
        f"{_PLACE}.name",
        student(studentPlaceOfWork={"name": " ", "address": BELGIAN}),
        elsewhere(),
    ),
    (
        "00776-003",
        f"{_PLACE}.name",
        student(studentPlaceOfWork={"name": "X" * 97, "address": BELGIAN}),
        student(studentPlaceOfWork={"name": "X" * 96, "address": BELGIAN}),
    ),
    ("00776-005", f"{_PLACE}.name", said(studentPlaceOfWork={"name": "The other shop"}), elsewhere()),
]

#: Zone → field, a value that is wrong, one that is right though unusual.
_ADDRESS: dict[str, tuple[str, Any, Any]] = {
    "00517": ("street", "X" * 43, "X" * 42),
    "00518": ("houseNumber", "1" * 11, "1" * 10),
    "00519": ("boxNumber", "12345", "1234"),
    "00520": ("postCode", "1" * 10, "1000"),
    "00522": ("municipality", {"name": "X" * 41}, {"name": "Brussel"}),
    "00523": ("country", 99999, 129),
}

for _zone, (_field, _bad, _good) in _ADDRESS.items():
    _at_user, _at_place = f"{_USER}.address.{_field}", f"{_PLACE}.address.{_field}"
    if _zone != "00519":
        ROWS += [
            (f"{_zone}-001", _at_user, named(**{_field: None}), named()),
            (f"{_zone}-001", _at_user, agency(but(USER_ABROAD, address=None)), agency()),
            (f"{_zone}-001", _at_place, elsewhere(**{_field: None}), elsewhere()),
            (f"{_zone}-001", _at_place, student(studentPlaceOfWork={"name": "The other shop"}), student()),
        ]
    ROWS += [
        (f"{_zone}-003", _at_user, named(**{_field: _bad}), named(**{_field: _good})),
        (f"{_zone}-003", _at_place, elsewhere(**{_field: _bad}), elsewhere(**{_field: _good})),
        (f"{_zone}-005", _at_user, in_({"usingEmployer": {"address": {_field: _good}}}), named()),
        (f"{_zone}-005", _at_place, said(studentPlaceOfWork={"address": {_field: _good}}), elsewhere()),
        (
            f"{_zone}-005",
            _at_place,
            said(studentPlaceOfWork={"address": {_field: _good}}),
            said(studentPlaceOfWork={"address": but(BELGIAN, **{_field: None})}),
        ),
    ]
ROWS += [
    ("00520-003", f"{_PLACE}.address.postCode", elsewhere(postCode="9999"), elsewhere(country=111)),
    (
        "00522-003",
        f"{_PLACE}.address.municipality",
        elsewhere(municipality={"name": "Antwerpen"}),
        elsewhere(municipality={"name": "Antwerpen"}, postCode="2000"),
    ),
    (
        "00522-001",
        f"{_PLACE}.address.municipality",
        elsewhere(municipality={"code": 99999}),
        elsewhere(municipality={"code": 21004}),
    ),
]
