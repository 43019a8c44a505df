"""The forms about access: checks, bodies for the directory, rights, keys, and texts of changes."""

from __future__ import annotations

import json
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc.jwk import ECKey

from deploy.local.demo.numbers import FEMALE, make_employer_id, make_enterprise_number, make_ssin
from services.access.directory.api.managers import Designation
from services.access.directory.handler.registration import Registration
from services.access.mandates.api.mandates import Proposal
from services.access.operations import OPERATIONS
from services.portal.access.rules import activity, inputs, keys, rights
from services.portal.pages import access
from services.portal.pages.access.forms import field_of
from services.portal.pages.access.mandates import ACTS, ALLOWED, STATUSES, following, is_place
from services.portal.rendering import speak
from shared.domain.rights import Right
from shared.runtime.keys import read_public_key
from tests.contracts.looks import RECORDED

TODAY = date(2026, 11, 30)
NUMBER = make_enterprise_number(77)
SSIN = make_ssin("1990-05-05", FEMALE, 7)
REGISTRATION = {
    "enterprise_number": f"{NUMBER[:4]}.{NUMBER[4:7]}.{NUMBER[7:]}", "employer_id": str(make_employer_id(7)),
    "name": "De Smet", "language": "nl", "category": "010", "active_from": "2026-01-01",
}  # fmt: skip
PERSON = {"ssin": SSIN, "given_name": "An", "family_name": "Peeters", "language": "nl"}
DESIGNATION = {**PERSON, "phone": "+32 2 509 59 59", "own_ssin": SSIN, "own_phone": "+3225095959"}
MANDATE = {"side": "mandator", "other": NUMBER, "group": "dimona", "begin": "2026Q4"}


def test_a_filled_registration_is_one_that_the_directory_reads() -> None:
    assert inputs.mistakes(inputs.REGISTRATION, REGISTRATION) == {}
    body = Registration.model_validate(inputs.body_of_registration(REGISTRATION))
    assert (body.enterprise_number, body.daily_registration) == (NUMBER, False)
    chosen = {**REGISTRATION, "daily_registration": "yes"}
    assert Registration.model_validate(inputs.body_of_registration(chosen)).daily_registration


def test_a_filled_designation_and_proposal_are_those_that_the_directory_reads() -> None:
    assert inputs.mistakes(inputs.DESIGNATION, DESIGNATION) == {}
    body = Designation.model_validate(inputs.body_of_designation(DESIGNATION, NUMBER))
    assert body.person is not None
    assert body.person.phone == "+3225095959"
    assert inputs.mistakes(inputs.mandate(TODAY), MANDATE) == {}
    own = make_enterprise_number(78)
    proposal = Proposal.model_validate(inputs.body_of_mandate(MANDATE, own))
    assert (proposal.mandator, proposal.mandatary) == (own, NUMBER)
    other = {**MANDATE, "side": "mandatary", "end": "2027Q1"}
    proposal = Proposal.model_validate(inputs.body_of_mandate(other, own))
    assert (proposal.mandator, proposal.mandatary, proposal.end_quarter) == (NUMBER, own, "2027Q1")


@pytest.mark.parametrize(
    ("name", "value", "mistake"),
    [
        ("enterprise_number", "0477472700", "enterprise"),
        ("enterprise_number", "", "missing"),
        ("employer_id", "1", "employer"),
        ("employer_id", "x" * 500, "employer"),
        ("employer_id", "9" * 500, "employer"),
        ("name", "x" * 201, "line"),
        ("name", "a\nb", "line"),
        ("language", "en", "choice"),
        ("category", "10", "category"),
        ("active_from", "2026-02-30", "day"),
        ("active_from", "20260101", "day"),
        ("daily_registration", "maybe", "box"),
    ],
)
def test_a_mistake_is_found_at_its_field(name: str, value: str, mistake: str) -> None:
    assert inputs.mistakes(inputs.REGISTRATION, REGISTRATION | {name: value}) == {name: mistake}
    assert mistake in inputs.WRONG


def test_every_check_has_a_text_for_its_mistake() -> None:
    groups = (
        inputs.REGISTRATION, inputs.DESIGNATION, inputs.KEY, inputs.CLIENT, inputs.ENDING,
        inputs.mandate(TODAY), inputs.affiliation(), inputs.shortening("2026Q4", TODAY),
    )  # fmt: skip
    for each in (each for group in groups for each in group):
        assert each.kind == "select" or each.check in inputs.CHECKS
    assert inputs.CHECKS.keys() - {"any"} <= inputs.WRONG.keys()


def test_quarters_begin_with_the_running_one_and_follow_each_other() -> None:
    assert list(inputs.quarters(TODAY))[:3] == ["2026Q4", "2027Q1", "2027Q2"]
    assert inputs.quarters(TODAY)["2027Q1"] == "1/2027"
    assert next(iter(inputs.shortening("2027Q3", TODAY)[0].choices)) == "2027Q3"
    assert next(iter(inputs.shortening("2020Q1", TODAY)[0].choices)) == "2026Q4"


def test_rights_beyond_the_power_of_the_person_stay() -> None:
    present = {("accessManagement", None), ("declare", None), ("ebox", "dimonaPositive")}
    chosen = rights.checked(
        {"right_consult": "yes", "right_accessManagement": "yes"}, ["declare", "consult", "ebox"]
    )
    assert chosen == {("consult", None)}
    kept = rights.wanted(present, chosen, ["declare", "consult", "ebox"])
    assert kept == {("accessManagement", None), ("consult", None)}
    assert rights.body_of({("ebox", "dimonaPositive"), ("declare", None)}) == [
        {"right": "declare"}, {"right": "ebox", "messageType": "dimonaPositive"},
    ]  # fmt: skip
    assert rights.grants(rights.body_of(present)) == present


def test_every_right_has_a_box_and_a_label() -> None:
    assert set(rights.RIGHTS) == set(Right)
    for box in rights.boxes(rights.RIGHTS):
        assert rights.field_of(box) in access.LABELS


EC, RSA = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("key", [EC, RSA], ids=["ec", "rsa"])
def test_a_public_key_in_pem_becomes_a_jwk_that_the_directory_reads(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    body = keys.body_of(pem(key))
    assert isinstance(body, dict)
    assert read_public_key(json.dumps(body["jwk"])).id


def test_a_private_key_is_recognized_before_anything_is_done() -> None:
    private = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert keys.body_of(private) == "private"
    jwk = ECKey.generate_key("P-256")
    assert keys.body_of(json.dumps(jwk.as_dict(private=True))) == "private"
    assert keys.body_of(json.dumps(public := jwk.as_dict(private=False))) == {"jwk": public}


@pytest.mark.parametrize(
    "text",
    [
        "x", "[]", "1", "[" * 10_000, " " * 20_000, "-----BEGIN PUBLIC KEY-----",
        pem(ec.generate_private_key(ec.SECP384R1())), pem(ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=range(8),
)  # fmt: skip
def test_another_text_is_no_key(text: str) -> None:
    assert keys.body_of(text) == "key"


def test_a_form_with_a_key_does_not_wait_for_a_login() -> None:
    forms = {page.path: page.may_wait for page in access.PAGES if page.method == "POST"}
    assert not forms.pop("/access/clients/{client}/keys")
    assert forms
    assert all(forms.values())


def test_a_certificate_goes_to_the_directory_as_it_is() -> None:
    text = "-----BEGIN CERTIFICATE-----\nMIIB"
    assert keys.body_of(text) == {"certificate": text}


def test_every_recorded_operation_of_the_directory_about_users_has_a_text() -> None:
    of_agents = {"listRegistrations", "readRegistration", "decideRegistration"}
    assert set(RECORDED["access"]) - of_agents <= activity.LOOKS.keys()
    assert set(RECORDED["access"]) <= OPERATIONS.keys()


def test_a_change_has_a_text_and_its_right() -> None:
    change = {"type": "be.nsso.dimona.v1.rights.notify.added", "after": {"what": "declare"}}
    assert activity.text_of_change(change["type"]) == "Right given"  # type: ignore[arg-type]
    assert activity.right_of_change(change) == ("declare", None)
    assert activity.text_of_change("be.nsso.dimona.v1.unknown.notify.added") == activity.OTHER
    assert activity.right_of_change({"before": {"name": "x"}}) is None


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("person.ssin", "ssin"), ("responsible.ssin", "own_ssin"), ("beginQuarter", "begin"),
        ("mandatary", "other"), ("anything", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_property_of_a_problem_leads_to_its_field(name: str, field: str) -> None:
    assert field_of(name) == field


def test_the_acts_of_a_mandate_follow_its_status() -> None:
    assert ALLOWED.keys() <= STATUSES.keys()
    assert {act for acts in ALLOWED.values() for act in acts} == ACTS.keys()


def test_the_place_of_the_next_page_is_an_id() -> None:
    id_ = "123e4567-e89b-42d3-a456-426614174000"
    assert following({"next": f"https://x/y?after={id_}&pageSize=5"}) == id_
    assert following({}) == ""
    assert is_place(id_)
    assert not is_place(f"{id_}&x=1")


def test_a_form_that_has_waited_is_shown_in_the_language_of_the_person() -> None:
    say = speak("fr")
    assert access.value_of(say, "right_declare", "yes") == "oui"
    assert access.value_of(say, "language", "nl") == "néerlandais"
    assert access.value_of(say, "name", "nl") == "nl"
    assert access.heading_of("/access/manager") == "Designate the principal access manager"
    assert access.heading_of("/declare/in") == ""
