"""The HTTP interfaces of gateways: their proofs, their fields, their answers, and their refusals."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import pytest

from services.intake.phones.channels import gateways, voice
from services.intake.phones.channels.gateways import FORMS, Call, Credentials, Outgoing, Sms, read
from services.intake.phones.channels.voice import VOICE_FORMS, Spoken, Turn
from shared.topology import MAX_MESSAGE_BYTES

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
CREDENTIALS = Credentials("city", SECRET)
URL, NOW = "https://dimona.example.be/phones/city/sms", 1_800_000_000.0
SMS = Sms("SM1", "+32470123456", "type: IN début: …")


def called(form: str) -> Call:
    """Return a request with the SMS as a gateway of this form sends it."""
    names = FORMS[form].names
    fields = dict(zip(names, (SMS.id, SMS.sender, SMS.text), strict=True))
    if form == "bodySigned":
        body = json.dumps(fields).encode()
        signed = gateways.signature(SECRET, "m1", int(NOW), body)
        headers = {
            "webhook-id": "m1",
            "webhook-timestamp": str(int(NOW)),
            "webhook-signature": f"v1,x {signed}",
        }
        return Call(URL, headers, body, NOW)
    body = urlencode(fields).encode()
    if form == "password":
        pair = base64.b64encode(f"city:{SECRET}".encode()).decode()
        return Call(URL, {"authorization": f"Basic {pair}"}, body, NOW)
    text = URL + "".join(f"{name}{value}" for name, value in sorted(fields.items()))
    proof = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest())
    return Call(URL, {"x-twilio-signature": proof.decode()}, body, NOW)


@pytest.mark.parametrize("form", FORMS)
def test_a_gateway_is_believed_with_its_own_secret_only(form: str) -> None:
    call = called(form)
    proves = FORMS[form].proves
    assert proves(CREDENTIALS, call)
    assert not proves(Credentials("city", f"whsec_{base64.b64encode(b'l' * 32).decode()}"), call)
    assert not proves(CREDENTIALS, replace(call, headers={}))
    assert read(FORMS[form], call.body) == SMS


@pytest.mark.parametrize("form", ["urlSigned", "bodySigned"])
def test_a_signature_covers_the_body(form: str) -> None:
    call = called(form)
    assert not FORMS[form].proves(CREDENTIALS, replace(call, body=call.body.replace(b"SM1", b"SM2")))


def test_a_signature_covers_the_address() -> None:
    call = called("urlSigned")
    assert not FORMS["urlSigned"].proves(CREDENTIALS, replace(call, url=call.url + "x"))


@pytest.mark.parametrize(("seconds", "believed"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_an_old_signature_is_refused(seconds: int, believed: bool) -> None:
    call = called("bodySigned")
    assert FORMS["bodySigned"].proves(CREDENTIALS, replace(call, now=NOW + seconds)) is believed


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-id": "m1", "webhook-timestamp": "soon", "webhook-signature": "v1,x"},
        {"webhook-id": "m1", "webhook-timestamp": "9" * 400, "webhook-signature": "v1,x"},
        {"webhook-id": "é", "webhook-timestamp": "1800000000", "webhook-signature": "é"},
        {"authorization": "Basic é"},
        {"x-twilio-signature": "é"},
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_no_header_breaks_the_check(form: str, headers: dict[str, str]) -> None:
    assert not FORMS[form].proves(CREDENTIALS, replace(called(form), headers=headers))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"id=1", b"\xff", b'{"id": 1, "from": 2, "text": 3}']
)
def test_a_body_without_an_sms_is_none(form: str, body: bytes) -> None:
    assert read(FORMS[form], body) is None
    assert not FORMS[form].proves(CREDENTIALS, Call(URL, {}, body, NOW))


@pytest.mark.parametrize("id_", ["", "a\nb", "x" * 201])
def test_an_id_is_one_short_line(id_: str) -> None:
    assert read(FORMS["bodySigned"], json.dumps({"id": id_, "from": "+32", "text": ""}).encode()) is None


def test_the_answer_is_in_the_form_of_the_gateway() -> None:
    text = "<été> & co"
    kind, markup = FORMS["urlSigned"].answer(text)
    assert (kind, ElementTree.fromstring(markup).findtext("Message")) == ("application/xml", text)  # noqa: S314
    kind, document = FORMS["bodySigned"].answer(text)
    assert (kind, json.loads(document)) == ("application/json", {"text": text})
    assert FORMS["password"].answer(text) == ("text/plain", text)


@pytest.mark.parametrize("form", FORMS)
def test_an_sms_that_goes_out_has_an_id_against_repeats(form: str) -> None:
    headers, body = FORMS[form].request(CREDENTIALS, Outgoing("R1", "+32470123456", "été"), int(NOW))
    assert headers["Idempotency-Key"] == "R1"
    if form == "bodySigned":
        assert json.loads(body) == {"id": "R1", "to": "+32470123456", "text": "été"}
        assert headers["webhook-signature"] == gateways.signature(SECRET, "R1", int(NOW), body)
        return
    fields = {name.lower(): value for name, (value,) in parse_qs(body.decode()).items()}
    assert fields["to"] == "+32470123456"
    assert "été" in fields.values()
    assert headers["Authorization"].startswith("Basic ")


SPOKEN = Spoken([("fr", "Formez <1> & 2"), ("nl", "Toets")], (0, 3), "v1.state")


def test_a_turn_in_json() -> None:
    form = VOICE_FORMS["bodySigned"]
    body = json.dumps({"call": "C1", "from": "+32470123456", "digits": "", "state": "v1.s"}).encode()
    assert voice.read(form, body) == Turn("C1", "+32470123456", "", "v1.s")
    start = voice.read(form, b'{"call": "C1", "from": "+32470123456"}')
    assert start == Turn("C1", "+32470123456", None, None)
    _, text = form.write(start, SPOKEN)
    assert json.loads(text) == {
        "say": [{"language": "fr", "text": "Formez <1> & 2"}, {"language": "nl", "text": "Toets"}],
        "digits": {"least": 0, "most": 3},
        "state": "v1.state",
    }
    assert json.loads(form.write(start, Spoken([("fr", "Au revoir")]))[1]) == {
        "say": [{"language": "fr", "text": "Au revoir"}]
    }


def test_a_turn_in_voicexml() -> None:
    """The state goes back in the body of a POST; the hash key alone sends no digits."""
    form = VOICE_FORMS["password"]
    body = urlencode({"call": "C'1\"<", "from": "sip:+32470123456@city.example", "state": "", "digits": ""})
    turn = voice.read(form, body.encode())
    assert turn == Turn("C'1\"<", "+32470123456", "", None)
    kind, text = form.write(turn, SPOKEN)
    assert kind == "application/voicexml+xml"
    space = "{http://www.w3.org/2001/vxml}"
    document = ElementTree.fromstring(text)  # noqa: S314 - our own text
    values = {each.attrib["name"]: json.loads(each.attrib["expr"]) for each in document.iter(f"{space}var")}
    assert values == {"call": "C'1\"<", "from": "+32470123456", "state": "v1.state"}
    assert [each.text for each in document.iter(f"{space}prompt")] == ["Formez <1> & 2", "Toets"]
    (field,) = document.iter(f"{space}field")
    assert field.attrib["type"] == "digits?minlength=1;maxlength=3"
    submits = list(document.iter(f"{space}submit"))
    assert {each.attrib["method"] for each in submits} == {"post"}
    assert {each.attrib["namelist"] for each in submits} == {"call from state digits"}
    assert len(list(document.iter(f"{space}noinput"))) == 1
    required = form.write(turn, replace(SPOKEN, digits=(6, 6)))[1]
    assert "noinput" not in required
    assert "minlength=6;maxlength=6" in required
    end = ElementTree.fromstring(form.write(turn, Spoken([("de", "Auf Wiederhören")]))[1])  # noqa: S314
    assert len(list(end.iter(f"{space}exit"))) == 1


def test_the_first_document_of_a_call_posts_its_id_and_caller() -> None:
    assert '<submit next="voice" method="post" namelist="call from"/>' in voice.START
    ElementTree.fromstring(voice.START)  # noqa: S314 - our own text


@pytest.mark.parametrize("form", VOICE_FORMS)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"call=1", b'{"call": "C1"}', b'{"call": 1, "from": "+32"}', b"\xff",
        b'{"call": "C1", "from": "+32", "state": "' + b"x" * 5000 + b'"}',
        b'{"call": "a\\nb", "from": "+32"}',
    ],
)  # fmt: skip
def test_a_body_without_a_call_is_none(form: str, body: bytes) -> None:
    assert len(body) < MAX_MESSAGE_BYTES
    assert voice.read(VOICE_FORMS[form], body) is None
