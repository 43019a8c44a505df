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
        code="00046-005",
        path=f"{_FEATURES}.jointCommissionNumber",
        raised_by=authority("OTH", "XXX"),
        silent_for=authority("OTH"),
    ),
    Row(
        code="00655-003",
        path=f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "ALT"}, startDate="2023-08-31"),
        silent_for=in_({"workerType": "ALT"}, startDate="2023-09-01"),
    ),
    Row(
        code="00655-350",
        path=f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "TEA"}),
        silent_for=in_({"workerType": "PMP"}),
    ),
    Row(
        code="00655-350",
        path=f"{_FEATURES}.workerType",
        raised_by=authority("TEA", start="2022-01-01"),
        silent_for=authority("TEA", start="2021-12-31"),
    ),
    Row(
        code="00655-350",
        path=f"{_FEATURES}.workerType",
        raised_by=authority("FLX", start="2021-12-31"),
        silent_for=authority("FLX", start="2022-01-01"),
    ),
    Row(
        code="90374-349",
        path=_FEATURES,
        raised_by=in_({"workerType": "STU", "jointCommissionNumber": "302"}),
        silent_for=in_({"workerType": "STU"}),
    ),
    Row(
        code="90374-349",
        path=_FEATURES,
        raised_by=in_({"workerType": "OTH", "jointCommissionNumber": 144}),
        silent_for=in_({"workerType": "OTH", "jointCommissionNumber": 124}),
    ),
    Row(
        code="90374-349",
        path=_FEATURES,
        raised_by=in_({"workerType": "EXT"}),
        silent_for=in_({"workerType": None}),
    ),
    Row(code="90374-349", path=_FEATURES, raised_by=authority("EXT"), silent_for=authority("BCW")),
    *(
        Row(
            code="90374-349",
            path=_FEATURES,
            raised_by=in_({"workerType": "EXT", "jointCommissionNumber": joint_commission}),
            silent_for=in_({"workerType": worker_type, "jointCommissionNumber": joint_commission}),
        )
        for joint_commission, worker_type in (("140", "FLX"), ("149", "FLX"), ("124", "SWO"))
    ),
    *(
        Row(
            code="90374-349",
            path=_FEATURES,
            raised_by=in_({"workerType": "OTH", "jointCommissionNumber": joint_commission}),
            silent_for=in_({"workerType": "STU", "jointCommissionNumber": accepted}),
        )
        for joint_commission, accepted in (("144", "144"), ("145", "145"), ("302", "320"))
    ),
    Row(
        code="00655-003",
        path=f"{_FEATURES}.workerType",
        raised_by=in_({"workerType": "SWO"}, startDate="2024-11-30"),
        silent_for=in_({"workerType": "SWO"}, startDate="2024-12-01"),
    ),
    Row(
        code="90374-349",
        path=_FEATURES,
        raised_by=in_({"workerType": "FLX", "jointCommissionNumber": "302"}),
        silent_for=in_({"workerType": "FLX", "jointCommissionNumber": "999"}),
    ),
    # The user undertaking
    Row(
        code="90107-351", path=_USER, raised_by=agency({"jointCommissionNumber": "XXX"}), silent_for=agency()
    ),
    Row(code="90107-351", path=_USER, raised_by=in_({"jointCommissionNumber": "322"}), silent_for=in_()),
    Row(
        code="90107-351",
        path=_USER,
        raised_by=agency({"jointCommissionNumber": "XXX", "enterpriseNumber": "0"}),
        silent_for=agency(USER_ABROAD),
    ),
    Row(code="90107-352", path=_USER, raised_by=agency(but(USER, name="Dupont")), silent_for=agency()),
    Row(
        code="90107-352",
        path=_USER,
        raised_by=agency(but(USER, name="Dupont")),
        silent_for=agency(but(USER_ABROAD, enterpriseNumber="0000000000")),
    ),
    Row(
        code="00046-001",
        path=f"{_USER}.jointCommissionNumber",
        raised_by=agency(but(USER, jointCommissionNumber=None)),
        silent_for=agency(but(USER, jointCommissionNumber="302")),
    ),
    Row(
        code="00046-005",
        path=f"{_USER}.jointCommissionNumber",
        raised_by=in_({"usingEmployer": {"jointCommissionNumber": "302"}}),
        silent_for=agency(),
    ),
    Row(
        code="00131-001",
        path=f"{_USER}.enterpriseNumber",
        raised_by=named(country=150),
        silent_for=named(country=111),
    ),
    Row(
        code="00131-001", path=f"{_USER}.enterpriseNumber", raised_by=named(country=150), silent_for=agency()
    ),
    Row(
        code="00131-001",
        path=f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        silent_for=agency(but(USER_ABROAD, jointCommissionNumber="302"), "FLX"),
    ),
    Row(
        code="00131-001",
        path=f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER_ABROAD, jointCommissionNumber="302"), "EXT"),
        silent_for=agency(but(USER_ABROAD, jointCommissionNumber="144"), "EXT"),
    ),
    Row(
        code="00131-003",
        path=f"{_USER}.enterpriseNumber",
        raised_by=agency(but(USER, enterpriseNumber="0400767773")),
        silent_for=agency(but(USER, enterpriseNumber="400767772")),
    ),
    Row(
        code="00131-005",
        path=f"{_USER}.enterpriseNumber",
        raised_by=in_({"usingEmployer": {"enterpriseNumber": OTHER_ENTERPRISE}}),
        silent_for=agency(),
    ),
    Row(
        code="00131-235",
        path=f"{_USER}.enterpriseNumber",
        raised_by=replace(agency(but(USER, enterpriseNumber=ENTERPRISE)), user_known=False),
        silent_for=replace(agency(but(USER, enterpriseNumber=ENTERPRISE)), user_known=True),
    ),
    Row(
        code="00131-235",
        path=f"{_USER}.enterpriseNumber",
        raised_by=replace(agency(), user_known=False),
        silent_for=agency(),
    ),
    Row(
        code="00153-003",
        path=f"{_USER}.name",
        raised_by=agency(but(USER_ABROAD, name="X" * 97)),
        silent_for=agency(but(USER_ABROAD, name="X" * 96)),
    ),
    Row(
        code="00153-005",
        path=f"{_USER}.name",
        raised_by=in_({"usingEmployer": {"name": "Dupont"}}),
        silent_for=agency(USER_ABROAD),
    ),
    # The student's place of work
    Row(
        code="00776-003",
        path=f"{_PLACE}.name",
        raised_by=student(studentPlaceOfWork={"name": " ", "address": BELGIAN}),
        silent_for=elsewhere(),
    ),
    Row(
        code="00776-003",
        path=f"{_PLACE}.name",
        raised_by=student(studentPlaceOfWork={"name": "X" * 97, "address": BELGIAN}),
        silent_for=student(studentPlaceOfWork={"name": "X" * 96, "address": BELGIAN}),
    ),
    Row(
        code="00776-005",
        path=f"{_PLACE}.name",
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
            Row(code=f"{_zone}-001", path=_at_user, raised_by=named(**{_field: None}), silent_for=named()),
            Row(
                code=f"{_zone}-001",
                path=_at_user,
                raised_by=agency(but(USER_ABROAD, address=None)),
                silent_for=agency(),
            ),
            Row(
                code=f"{_zone}-001",
                path=_at_place,
                raised_by=elsewhere(**{_field: None}),
                silent_for=elsewhere(),
            ),
            Row(
                code=f"{_zone}-001",
                path=_at_place,
                raised_by=student(studentPlaceOfWork={"name": "The other shop"}),
                silent_for=student(),
            ),
        ]
    ROWS += [
        Row(
            code=f"{_zone}-003",
            path=_at_user,
            raised_by=named(**{_field: _bad}),
            silent_for=named(**{_field: _good}),
        ),
        Row(
            code=f"{_zone}-003",
            path=_at_place,
            raised_by=elsewhere(**{_field: _bad}),
            silent_for=elsewhere(**{_field: _good}),
        ),
        Row(
            code=f"{_zone}-005",
            path=_at_user,
            raised_by=in_({"usingEmployer": {"address": {_field: _good}}}),
            silent_for=named(),
        ),
        Row(
            code=f"{_zone}-005",
            path=_at_place,
            raised_by=said(studentPlaceOfWork={"address": {_field: _good}}),
            silent_for=elsewhere(),
        ),
        Row(
            code=f"{_zone}-005",
            path=_at_place,
            raised_by=said(studentPlaceOfWork={"address": {_field: _good}}),
            silent_for=said(studentPlaceOfWork={"address": but(BELGIAN, **{_field: None})}),
        ),
    ]
ROWS += [
    Row(
        code="00520-003",
        path=f"{_PLACE}.address.postCode",
        raised_by=elsewhere(postCode="9999"),
        silent_for=elsewhere(country=111),
    ),
    Row(
        code="00522-003",
        path=f"{_PLACE}.address.municipality",
        raised_by=elsewhere(municipality={"name": "Antwerpen"}),
        silent_for=elsewhere(municipality={"name": "Antwerpen"}, postCode="2000"),
    ),
    Row(
        code="00522-001",
        path=f"{_PLACE}.address.municipality",
        raised_by=elsewhere(municipality={"code": 99999}),
        silent_for=elsewhere(municipality={"code": 21004}),
    ),
]
