"""The forms of declarations: their fields follow the tables of the rules, and their bodies are valid."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter

from deploy.local.demo.numbers import FEMALE, make_enterprise_number, make_ssin
from services.portal.declaration.rules import (
    Choice,
    body_of_cancel,
    body_of_in,
    body_of_out,
    body_of_update,
    choices,
    fields_of_in,
    fields_of_update,
    is_late,
    mistakes,
    start_of,
    values_of,
)
from services.portal.pages.declare import HEADINGS, heading_of
from services.portal.pages.personnel import criteria
from shared.domain.declared import SubmittedDeclaration
from shared.domain.features import WORKER_TYPES, has_planned_hours, refusal_evidence, requires_end_date

DAY = date(2026, 11, 30)
SSIN = make_ssin("1990-05-05", FEMALE, 7)
EMPLOYER = make_enterprise_number(77)
BODY: TypeAdapter[object] = TypeAdapter(SubmittedDeclaration)


def typed(choice: Choice, **changed: str) -> dict[str, str]:
    given = {
        "ssin": f"{SSIN[:6]}-{SSIN[6:9]}.{SSIN[9:]}", "start_date": "2026-12-01", "end_date": "2026-12-01",
        "start_hour": "09:00", "end_hour": "17:30", "planned_hours": "8", "user_number": EMPLOYER,
    }  # fmt: skip
    names = {field.name for field in fields_of_in(choice)}
    return {name: value for name, value in given.items() if name in names} | changed


@pytest.mark.parametrize("choice", choices(DAY), ids=lambda c: f"{c.joint_commission}-{c.worker_type}")
def test_a_form_has_the_fields_that_the_rules_need(choice: Choice) -> None:
    fields = {field.name: field for field in fields_of_in(choice)}
    code, commission = choice.worker_type, choice.joint_commission
    assert fields["end_date"].required is requires_end_date(commission, code)
    assert ("planned_hours" in fields) is has_planned_hours(code)
    assert refusal_evidence(commission, code, DAY) is None
    assert not WORKER_TYPES[code].small_statutes
    form = typed(choice)
    assert mistakes(fields_of_in(choice), form) == {}
    BODY.validate_python(body_of_in(choice, form, EMPLOYER))


CHOICE = Choice("XXX", "FLX")


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"ssin": ""}, {"ssin": "missing"}),
        ({"ssin": "93051822362"}, {"ssin": "ssin"}),
        ({"start_date": "30/11/2026"}, {"start_date": "date"}),
        ({"start_date": "2026-02-30"}, {"start_date": "date"}),
        ({"start_hour": "25:00"}, {"start_hour": "time"}),
        ({"start_hour": ""}, {}),
        ({"end_date": "2026-11-30"}, {"end_date": "order"}),
    ],
)
def test_a_mistake_is_named_at_its_field(changed: dict[str, str], wrong: dict[str, str]) -> None:
    assert mistakes(fields_of_in(CHOICE), typed(CHOICE, **changed)) == wrong


@pytest.mark.parametrize(("hours", "wrong"), [("0", True), ("8", False), ("1.5", True), ("99999", True)])
def test_planned_hours_are_whole(hours: str, wrong: bool) -> None:
    student = Choice("XXX", "STU")
    found = mistakes(fields_of_in(student), typed(student, planned_hours=hours))
    assert found == ({"planned_hours": "hours"} if wrong else {})


@pytest.mark.parametrize(("hour", "late"), [("", False), ("10:00", False), ("08:59", True)])
def test_lateness_is_that_of_the_rule(hour: str, late: bool) -> None:
    """Rule R1: before the hour of the start, or on its day if there is no hour."""
    form = {"start_date": "2026-11-30", "start_hour": hour}
    assert is_late(form, datetime(2026, 11, 30, 8, 30, tzinfo=UTC)) is late


def test_a_start_is_confirmed_with_its_hour() -> None:
    day = {"start_date": "2026-11-30"}
    assert start_of(day) == "2026-11-30"
    assert start_of(day | {"start_hour": "09:00"}) == "2026-11-30 09:00"


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/declare/in/XXX/OTH", (HEADINGS["in"], "XXX, OTH")),
        ("/declare/out/605114838201", (HEADINGS["out"], "605114838201")),
        ("/declare", ("", "")),
        ("/enterprise/employer", ("", "")),
    ],
)
def test_a_form_that_waits_has_the_heading_of_its_declaration(path: str, heading: tuple[str, str]) -> None:
    assert heading_of(path) == heading


def test_an_update_begins_with_the_values_of_the_period() -> None:
    period = {
        "periodId": 605114838201, "startDate": "2026-12-01", "startHour": "0900", "endDate": "2026-12-01",
        "endHour": "1730", "features": {"workerType": "FLX"},
    }  # fmt: skip
    form = values_of(period)
    assert mistakes(fields_of_update(period), form) == {}
    body = body_of_update(605114838201, form)
    assert body["dimonaUpdate"].items() <= period.items()
    for each in (body, body_of_out(605114838201, form), body_of_cancel(605114838201)):
        BODY.validate_python(each)


def test_empty_fields_of_a_search_are_no_criteria() -> None:
    assert criteria({"ssin": "", "status": ""}, EMPLOYER) == {"employer": {"enterpriseNumber": EMPLOYER}}
    form = {
        "ssin": "93.05.18-223.61", "family_name": "Lenoir", "worker_type": "STU", "status": "OPEN",
        "activePeriod_from": "2026-01-01", "isLate": "yes",
    }  # fmt: skip
    assert criteria(form, EMPLOYER) == {
        "employer": {"enterpriseNumber": EMPLOYER},
        "worker": {"ssin": "93051822361", "familyName": "Lenoir"},
        "features": {"workerType": "STU"},
        "status": "OPEN",
        "activePeriod": {"startDate": "2026-01-01"},
        "isLate": True,
    }
