"""Cases of the rows about features and required fields: one that raises a row, one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.builders import ENTERPRISE, OTHER_ENTERPRISE
from tests.unit.rows import Row
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


ROWS: list[Row] = [
    Row(
        "00046-005",
        f"{_FEATURES}.jointCommissionNumber",
        raised_by=authority("OTH", "XXX"),
        silent_for=authority("OTH"),
    ),
    Row(
        "00655-003",
        f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "ALT"}, startDate="2023-08-31"),
        silent_for=in_({"workerType": "ALT"}, startDate="2023-09-01"),
    ),
    Row(
        "00655-350",
        f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "TEA"}),
        silent_for=in_({"workerType": "PMP"}),
    ),
    Row(
        "00655-350",
        f"{_FEATURES}.workerType",
        raised_by=authority("TEA", start="2022-01-01"),
        silent_for=authority("TEA", start="2021-12-31"),
    ),
    Row(
        "00655-350",
        f"{_FEATURES}.workerType",
        raised_by=authority("FLX", start="2021-12-31"),
        silent_for=authority("FLX", start="2022-01-01"),
    ),
    Row(
        "90374-349",
        _FEATURES,
        raised_by=in_({"workerType": "STU", "jointCommissionNumber": "302"}),
        silent_for=in_({"workerType": "STU"}),
    ),
    Row(
        "90374-349",
        _FEATURES,
        raised_by=in_({"workerType": "OTH", "jointCommissionNumber": 144}),
        silent_for=in_({"workerType": "OTH", "jointCommissionNumber": 124}),
    ),
    Row("90374-349", _FEATURES, raised_by=in_({"workerType": "EXT"}), silent_for=in_({"workerType": None})),
    Row("90374-349", _FEATURES, raised_by=authority("EXT"), silent_for=authority("BCW")),
    *(
        Row(
            "90374-349",
            _FEATURES,
            raised_by=in_({"workerType": "EXT", "jointCommissionNumber": joint_commission}),
            silent_for=in_({"workerType": worker_type, "jointCommissionNumber": joint_commission}),
        )
        for joint_commission, worker_type in (("140", "FLX"), ("149", "FLX"), ("124", "SWO"))
    ),
    *(
        Row(
            "90374-349",
            _FEATURES,
            raised_by=in_({"workerType": "OTH", "jointCommissionNumber": joint_commission}),
            silent_for=in_({"workerType": "STU", "jointCommissionNumber": accepted}),
        )
        for joint_commission, accepted in (("144", "144"), ("145", "145"), ("302", "320"))
    ),
    Row(
        "00655-003",
        f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "SWO"}, startDate="2024-11-30"),
        silent_for=in_({"workerType": "SWO"}, startDate="2024-12-01"),
    ),
    Row(
        "90374-349",
        _FEATURES,
        raised_by=in_({"workerType": "FLX", "jointCommissionNumber": "302"}),
        silent_for=in_({"workerType": "FLX", "jointCommissionNumber": "999"}),
    ),
    # The user undertaking
    Row("90107-351", _USER, raised_by=agency({"jointCommissionNumber": "XXX"}), silent_for=agency()),
    Row("90107-351", _USER, raised_by=in_({"jointCommissionNumber": "322"}), silent_for=in_()),
    Row(
        "90107-351",
        _USER,
        raised_by=agency({"jointCommissionNumber": "XXX", "enterpriseNumber": "0"}),
        silent_for=agency(USER_ABROAD),
    ),
    Row("90107-352", _USER, raised_by=agency(but(USER, name="Dupont")), silent_for=agency()),
    Row(
        "90107-352",
        _USER,
        raised_by=agency(but(USER, name="Dupont")),
        silent_for=agency(but(USER_ABROAD, enterpriseNumber="0000000000")),
    ),
    Row(
        "00046-001",
        f"{_USER}.jointCommissionNumber",
        raised_by=agency(but(USER, jointCommissionNumber=None)),
        silent_for=agency(but(USER, jointCommissionNumber="302")),
    ),
    Row(
        "00046-005",
        f"{_USER}.jointCommissionNumber",
        raised_by=in_({"usingEmployer": {"jointCommissionNumber": "302"}}),
        silent_for=agency(),
    ),
    Row(
        "00131-001", f"{_USER}.enterpriseNumber", raised_by=named(country=150), silent_for=named(country=111)
    ),
    Row("00131-001", f"{_USER}.enterpriseNumber", raised_by=named(country=150), silent_for=agency()),
    Row(
        "00131-001",
        f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        silent_for=agency(but(USER_ABROAD, jointCommissionNumber="302"), "FLX"),
    ),
    Row(
        "00131-001",
        f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        silent_for=agency(but(USER_ABROAD, jointCommissionNumber="144"), "EXT"),
    ),
    Row(
        "00131-003",
        f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER, enterpriseNumber="0400767773")),
        silent_for=agency(but(USER, enterpriseNumber="400767772")),
    ),
    Row(
        "00131-005",
        f"{_USER}.enterpriseNumber",
        raised_by=in_({"usingEmployer": {"enterpriseNumber": OTHER_ENTERPRISE}}),
        silent_for=agency(),
    ),
    Row(
        "00131-235",
        f"{_USER}.enterpriseNumber",
        raised_by=replace(agency(but(USER, enterpriseNumber=ENTERPRISE)), user_known=False),
        silent_for=replace(agency(but(USER, enterpriseNumber=ENTERPRISE)), user_known=True),
    ),
    Row(
        "00131-235",
        f"{_USER}.enterpriseNumber",
        raised_by=replace(agency(), user_known=False),
        silent_for=agency(),
    ),
    Row(
        "00153-003",
        f"{_USER}.name",
        raised_by=agency(but(USER_ABROAD, name="X" * 97)),
        silent_for=agency(but(USER_ABROAD, name="X" * 96)),
    ),
    Row(
        "00153-005",
        f"{_USER}.name",
        raised_by=in_({"usingEmployer": {"name": "Dupont"}}),
        silent_for=agency(USER_ABROAD),
    ),
    # The student's place of work
    Row(
        "00776-003",
        f"{_PLACE}.name",
        raised_by=student(studentPlaceOfWork={"name": " ", "address": BELGIAN}),
        silent_for=elsewhere(),
    ),
    Row(
        "00776-003",
        f"{_PLACE}.name",
        raised_by=student(studentPlaceOfWork={"name": "X" * 97, "address": BELGIAN}),
        silent_for=student(studentPlaceOfWork={"name": "X" * 96, "address": BELGIAN}),
    ),
    Row(
        "00776-005",
        f"{_PLACE}.name",
        raised_by=said(studentPlaceOfWork={"name": "The other shop"}),
        silent_for=elsewhere(),
    ),
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
            Row(f"{_zone}-001", _at_user, raised_by=named(**{_field: None}), silent_for=named()),
            Row(
                f"{_zone}-001",
                _at_user,
                raised_by=agency(but(USER_ABROAD, address=None)),
                silent_for=agency(),
            ),
            Row(f"{_zone}-001", _at_place, raised_by=elsewhere(**{_field: None}), silent_for=elsewhere()),
            Row(
                f"{_zone}-001",
                _at_place,
                raised_by=student(studentPlaceOfWork={"name": "The other shop"}),
                silent_for=student(),
            ),
        ]
    ROWS += [
        Row(f"{_zone}-003", _at_user, raised_by=named(**{_field: _bad}), silent_for=named(**{_field: _good})),
        Row(
            f"{_zone}-003",
            _at_place,
            raised_by=elsewhere(**{_field: _bad}),
            silent_for=elsewhere(**{_field: _good}),
        ),
        Row(
            f"{_zone}-005",
            _at_user,
            raised_by=in_({"usingEmployer": {"address": {_field: _good}}}),
            silent_for=named(),
        ),
        Row(
            f"{_zone}-005",
            _at_place,
            raised_by=said(studentPlaceOfWork={"address": {_field: _good}}),
            silent_for=elsewhere(),
        ),
        Row(
            f"{_zone}-005",
            _at_place,
            raised_by=said(studentPlaceOfWork={"address": {_field: _good}}),
            silent_for=said(studentPlaceOfWork={"address": but(BELGIAN, **{_field: None})}),
        ),
    ]
ROWS += [
    Row(
        "00520-003",
        f"{_PLACE}.address.postCode",
        raised_by=elsewhere(postCode="9999"),
        silent_for=elsewhere(country=111),
    ),
    Row(
        "00522-003",
        f"{_PLACE}.address.municipality",
        raised_by=elsewhere(municipality={"name": "Antwerpen"}),
        silent_for=elsewhere(municipality={"name": "Antwerpen"}, postCode="2000"),
    ),
    Row(
        "00522-001",
        f"{_PLACE}.address.municipality",
        raised_by=elsewhere(municipality={"code": 99999}),
        silent_for=elsewhere(municipality={"code": 21004}),
    ),
]
