"""The forms of declarations: their fields follow the tables of the rules, and their bodies are valid."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter

from deploy.local.demo.numbers import FEMALE, make_enterprise_number, make_ssin
from services.intake.reception.rules import Employer, admit
from services.portal.declaration import days, identity
from services.portal.declaration.changes import fields_of_update, given, values_of
from services.portal.declaration.labels import LABELS
from services.portal.declaration.rules import (
    Choice,
    body_of_cancel,
    body_of_in,
    body_of_out,
    body_of_update,
    choices,
    fields_of_in,
    is_late,
    mistakes,
    start_of,
)
from services.portal.pages.codes import countries
from services.portal.pages.declare import HEADINGS, heading_of
from shared.domain.declared import Declaration, SubmittedDeclaration
from shared.domain.features import WORKER_TYPES, has_planned_hours, refusal_evidence, requires_end_date
from shared.domain.identifiers import EmployerId, EnterpriseNumber
from shared.domain.places import is_country
from shared.words import LANGUAGES

DAY = date(2026, 11, 30)
SSIN = make_ssin("1990-05-05", FEMALE, 7)
EMPLOYER = make_enterprise_number(77)
BODY: TypeAdapter[Declaration] = TypeAdapter(SubmittedDeclaration)
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
KNOWN_EMPLOYER = Employer(EnterpriseNumber(EMPLOYER), EmployerId(125482497), active_from=date(2000, 1, 1))
IDENTITY = {
    "family_name": "Dupont", "given_name": "Élise", "birth_date": "1991-11-11", "place_of_birth": "Lyon",
    "country_of_birth": "111", "nationality": "111", "gender": "2", "street": "Rue Haute",
    "house_number": "1", "post_code": "1000", "city": "Bruxelles", "country": "150",
}  # fmt: skip


def anomalies(body: dict[str, object]) -> list[str]:
    """Return the codes that the rules of intake find in a declaration."""
    return [each.code for each in admit(BODY.validate_python(body), KNOWN_EMPLOYER, True, None, NOW)]


def typed(choice: Choice, **changed: str) -> dict[str, str]:
    given = {
        "ssin": f"{SSIN[:6]}-{SSIN[6:9]}.{SSIN[9:]}", "start_date": "2026-12-01", "end_date": "2026-12-01",
        "start_hour": "09:00", "end_hour": "17:30", "planned_hours": "8", "user_number": EMPLOYER,
        "user_commission": "XXX", "employment_nature": "WORKER", "worker_status": "F1",
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
    assert ("worker_status" in fields) is WORKER_TYPES[code].small_statutes
    assert fields.keys() <= LABELS.keys()


@pytest.mark.parametrize("choice", choices(DAY), ids=lambda c: f"{c.joint_commission}-{c.worker_type}")
def test_the_in_of_a_filled_form_has_no_anomaly(choice: Choice) -> None:
    form = typed(choice)
    assert mistakes(fields_of_in(choice), form) == {}
    assert anomalies(body_of_in(choice, form, EMPLOYER)) == []
    if identity.may_lack_number(choice):
        form = typed(choice) | IDENTITY
        assert mistakes(identity.fields_of_in(choice), form) == {}
        assert identity.mistakes(form, DAY) == {}
        assert anomalies(identity.body_of_in(choice, form, EMPLOYER)) == []
    else:
        assert anomalies(identity.body_of_in(choice, typed(choice) | IDENTITY, EMPLOYER)) == ["00024-001"]


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


IVT = Choice("XXX", "IVT")


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"employment_nature": ""}, {"employment_nature": "missing"}),
        ({"worker_status": "F3"}, {"worker_status": "choice"}),
        ({"activity_with_risk": "3"}, {}),
        ({"activity_with_risk": "401"}, {"activity_with_risk": "risk"}),
        ({"activity_with_risk": "x"}, {"activity_with_risk": "risk"}),
    ],
)
def test_the_data_of_small_statutes_are_checked(changed: dict[str, str], wrong: dict[str, str]) -> None:
    form = typed(IVT, **changed)
    assert mistakes(fields_of_in(IVT), form) == wrong
    if not wrong:
        assert anomalies(body_of_in(IVT, form, EMPLOYER)) == []


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"family_name": "李"}, {"family_name": "characters"}),
        ({"birth_date": "2026-12-01"}, {"birth_date": "birth"}),
        ({"post_code": "1001"}, {"post_code": "post_code"}),
        ({"city": "Leuven"}, {"city": "city"}),
        ({"country": "111", "post_code": "69001", "city": "Lyon"}, {}),
    ],
)
def test_a_name_a_birth_and_a_town_are_checked(changed: dict[str, str], wrong: dict[str, str]) -> None:
    assert identity.mistakes(IDENTITY | changed, DAY) == wrong


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [("country", "12", "choice"), ("gender", "3", "choice"), ("street", "x" * 36, "long")],
)
def test_a_field_of_the_identity_has_its_limits(name: str, text: str, wrong: str) -> None:
    assert mistakes(identity.FIELDS, IDENTITY | {name: text}) == {name: wrong}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_countries_has_names_and_codes(language: str) -> None:
    found = dict(countries(language))
    assert {"150", "111"} <= found.keys()
    assert all(is_country(int(code)) for code in found)
    assert all(found.values())


def test_a_registered_day_has_its_hours() -> None:
    form = {"start_date": "2026-12-01", "start_hour": "17:00", "end_date": "2026-12-01", "end_hour": "22:00"}
    assert mistakes(days.FIELDS, form) == {}
    assert mistakes(days.FIELDS, form | {"start_hour": ""}) == {"start_hour": "missing"}
    block = BODY.validate_python(days.body_of_day(605114838201, form)).dimona_daily_registration
    assert block is not None
    assert (block.attestation_status, block.period_id, block.start_hour) == (0, 605114838201, "1700")
    for body, status in ((days.body_of_change(1, form), 1), (days.body_of_cancel(1), 3)):
        changed = BODY.validate_python(body).dimona_daily_registration
        assert changed is not None
        assert (changed.attestation_status, changed.daily_registration_id) == (status, 1)


OPEN = {"periodId": 605114838201, "startDate": "2026-12-01"}


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ({"features": {"workerType": "OTH"}}, {"start_date"}),
        ({"endDate": "2026-12-31", "features": {"workerType": "OTH"}}, {"start_date", "end_date"}),
        ({"endDate": "2026-12-31", "features": {"workerType": "STU"}}, {"end_date", "planned_hours"}),
        ({"endDate": "2026-12-31", "features": {"workerType": "FLX"}}, {"start_date", "end_date"}),
    ],
)
def test_an_update_has_the_fields_that_can_change(period: dict[str, object], names: set[str]) -> None:
    """Rules R25, R27: the start of a student stays, and an open period is ended by an OUT."""
    assert {field.name for field in fields_of_update(OPEN | period)} == names


@pytest.mark.parametrize(("code", "removed"), [("OTH", True), ("STU", False), ("FLX", False)])
def test_an_emptied_last_day_is_removed_where_it_may_be(code: str, removed: bool) -> None:
    fields = fields_of_update(OPEN | {"endDate": "2026-12-31", "features": {"workerType": code}})
    form = {"start_date": "2026-12-01", "end_date": "", "planned_hours": "8"}
    assert ("end_date" in mistakes(fields, form)) is not removed
    assert (given(fields, form).get("end_date") == "9999-12-31") is removed


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
