"""An SMS on a real database: recognition with bounded attempts, repeats, and limits."""

from __future__ import annotations

import json

import pytest

from services.intake.phones.rules import texts
from shared.runtime.sealing import is_sealed
from tests.asgi import call
from tests.integration.phones.phoning import NOT_KNOWN, Line, number_of

pytestmark = pytest.mark.stack

#: A phone of another client with the number of the phone of a client.
_ENROLL_ANOTHER = """
INSERT INTO access.client_phone (client_id, label, language, number_code, pin_code, added_by)
SELECT c.client_id, 'another', p.language, p.number_code, sha256('another'), p.added_by
FROM access.client_phone p, access.client c
WHERE p.client_id = $1 AND p.ended_at IS NULL AND c.client_id <> $1 ORDER BY c.client_id LIMIT 1
RETURNING phone_id"""


async def test_an_sms_is_a_declaration_of_the_client_of_its_phone(line: Line) -> None:
    """Channel SMS; the number of the phone is stored sealed only, and the PIN nowhere."""
    number = await number_of(line, line.text())
    row = await line.owner.fetchrow("SELECT * FROM declarations")
    assert (row["number"], row["channel"], row["client_id"]) == (number, "sms", line.client_id)
    assert row["message_id"] == "urn:dimona:sms:city#SM1"
    expected = await line.owner.fetchrow("SELECT * FROM phone_results")
    assert (expected["number"], expected["state"], expected["language"]) == (number, "pending", "fr")
    assert is_sealed(expected["sealed_phone"])
    for table in ("declarations", "commands", "phone_results", "problems"):
        stored = str([dict(each) for each in await line.owner.fetch(f"SELECT * FROM {table}")])  # noqa: S608
        assert line.phone.pin not in stored, table
        assert line.phone.number.lstrip("+") not in stored, table


async def test_a_repeated_id_has_no_second_effect(line: Line) -> None:
    number = await number_of(line, line.text())
    assert await number_of(line, line.text()) == number
    assert await line.value("SELECT count(*) FROM declarations") == 1
    assert await line.value("SELECT count(*) FROM phone_results") == 1
    other = texts.sms(texts.translator("fr")(texts.ID_USED))
    assert await line.sms(line.text(worker=1)) == other
    assert await number_of(line, line.text(worker=1), "SM2") != number


async def test_wrong_pins_block_a_phone(line: Line) -> None:
    """After five of them also the right one is refused, with an equal answer, until the block ends."""
    wrong = f"{(int(line.phone.pin) + 1) % 10**6:06}"
    for _ in range(5):
        assert await line.sms(line.text(pin=wrong)) == texts.sms(NOT_KNOWN)
    assert await line.sms(line.text()) == texts.sms(NOT_KNOWN)
    assert await line.value("SELECT count(*) FROM declarations") == 0
    assert await line.value("SELECT blocked_until > platform.now() + interval '14 min' FROM phone_attempts")
    await line.owner.execute("UPDATE phone_attempts SET blocked_until = platform.now()")
    assert await line.sms(line.text(pin=wrong)) == texts.sms(NOT_KNOWN)
    assert await line.value("SELECT blocked_until > platform.now() + interval '29 min' FROM phone_attempts")
    await line.owner.execute("UPDATE phone_attempts SET blocked_until = platform.now()")
    await number_of(line, line.text())
    assert await line.value("SELECT count(*) FROM phone_attempts") == 0


async def test_a_right_pin_does_not_help_to_guess_another_of_its_number(line: Line) -> None:
    """Between wrong PINs the own one is accepted, and the fifth wrong PIN blocks the number all the same."""
    wrong = f"{(int(line.phone.pin) + 1) % 10**6:06}"
    other = await line.value(_ENROLL_ANOTHER, line.client_id)
    try:
        for _ in range(4):
            assert await line.sms(line.text(pin=wrong)) == texts.sms(NOT_KNOWN)
            await number_of(line, line.text())
        assert await line.value("SELECT attempts FROM phone_attempts WHERE blocked_until IS NULL") == 4
        assert await line.sms(line.text(pin=wrong)) == texts.sms(NOT_KNOWN)
        assert await line.sms(line.text()) == texts.sms(NOT_KNOWN)
    finally:
        await line.owner.execute("DELETE FROM access.client_phone WHERE phone_id = $1", other)


async def test_an_unknown_phone_is_answered_like_a_wrong_pin(line: Line) -> None:
    """Nothing is stored about it, so that strangers cannot fill a table."""
    for number in ("+32470999999", "2968", "Anonymous"):
        assert await line.sms(line.text(), number=number) == texts.sms(NOT_KNOWN)
    assert await line.value("SELECT count(*) FROM phone_attempts") == 0


async def test_a_phone_of_a_blocked_client_is_answered_like_an_unknown_one(line: Line) -> None:
    """Nothing is declared, and the answer does not ask to send it again; after the block it is received."""
    block = "SELECT access.block_client($1, $2, 'test')"
    assert await line.value(block, line.client_id, True) == "done"
    try:
        assert await line.sms(line.text()) == texts.sms(NOT_KNOWN)
        assert await line.value("SELECT count(*) FROM declarations") == 0
    finally:
        assert await line.value(block, line.client_id, False) == "done"
    await number_of(line, line.text(), "SM2")


async def test_mistakes_are_named_without_a_declaration(line: Line) -> None:
    told = await line.sms(line.text().replace("type-trav: oth", ""))
    assert told == texts.sms("Pas enregistré. Il manque: type-trav.")
    assert await line.value("SELECT count(*) FROM commands") == 0


async def test_the_daily_limit_of_new_workers_holds_by_phone(line: Line) -> None:
    """A repeat of the refused SMS gets an equal answer."""
    await number_of(line, line.text(worker=0), "SM1")
    await number_of(line, line.text(worker=1), "SM2")
    beyond = texts.sms(texts.translator("fr")(texts.TOO_MANY_WORKERS))
    for _ in range(2):
        assert await line.sms(line.text(worker=2), "SM3") == beyond


async def test_a_gateway_is_unknown_unproven_or_unreadable(line: Line) -> None:
    good = {"id": "SM1", "from": line.phone.number, "text": line.text()}
    body = json.dumps(good).encode()
    signed = line.telephone.signed("m1", body)
    for path, headers, status in (
        ("/phones/nowhere/sms", signed, 404),
        ("/phones/city/sms", {}, 401),
        ("/phones/city/voice", {}, 401),
        ("/phones/rural/sms", signed, 401),
        ("/phones/city/sms", signed | {"webhook-id": "m2"}, 401),
    ):
        answer = await call(line.api, "POST", path, headers, body)
        assert answer.status == status, path
    assert (await line.post("sms", {"id": "SM1"})).status == 400
    assert (await line.post("voice", {"call": "C1"})).status == 400
    assert (await call(line.api, "GET", "/phones/nowhere/voice")).status == 404
    assert (await call(line.api, "GET", "/phones/rural/voice")).body.startswith(b"<?xml")
    assert await line.value("SELECT count(*) FROM commands") == 0


async def test_a_phone_has_a_rate(line: Line) -> None:
    """The gateway sends the message again later; nothing is lost. The bucket fills while messages come."""
    document = {"id": "SM1", "from": line.phone.number, "text": "hello"}
    taken = 0
    while (status := (await line.post("sms", document)).status) == 200 and taken < 120:
        taken += 1
    assert status == 429
    assert taken >= 60
    other = await line.post("sms", document | {"from": "+32470999999"})
    assert other.status == 200
