"""A call on a real database: its sealed state, its end, and the phone that was ended during it."""

from __future__ import annotations

from typing import Any

import pytest

from services.intake.phones.rules import texts
from shared.runtime.sealing import is_sealed
from tests.days import today
from tests.integration.phones.phoning import NOT_KNOWN, Line

pytestmark = pytest.mark.stack


async def test_the_state_of_a_call_is_sealed_for_this_call(line: Line) -> None:
    """Its NISS is not readable; another call or another phone cannot go on with it."""
    bakery, ssin = line.endpoints.data.organizations["bakery"], line.endpoints.data.workers[0]
    state: str | None = None
    for digits in (None, "1", line.phone.pin, "1", bakery.enterprise_number, ssin):
        state = (await turn(line, "C1", digits, state))["state"]
        assert state is not None
        assert is_sealed(state)
        assert ssin not in state
    went_on = await turn(line, "C1", "", state)
    assert "language" in went_on["say"][0]
    assert len({said["language"] for said in went_on["say"]}) == 1
    for other in (await turn(line, "C2", "", state), await turn(line, "C1", "", state, "+32470999999")):
        assert len({said["language"] for said in other["say"]}) == 4, "the call begins anew"


async def turn(
    line: Line, call_: str, digits: str | None, state: str | None, number: str | None = None
) -> dict[str, Any]:
    document = {"call": call_, "from": number or line.phone.number, "digits": digits, "state": state}
    answer = await line.post("voice", {name: value for name, value in document.items() if value is not None})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


async def test_a_call_ends_after_a_wrong_pin_and_after_three_mistakes(line: Line) -> None:
    state = (await turn(line, "C1", "1", (await turn(line, "C1", None, None))["state"]))["state"]
    wrong = f"{(int(line.phone.pin) + 1) % 10**6:06}"
    assert await turn(line, "C1", wrong, state) == {"say": [{"language": "fr", "text": NOT_KNOWN}]}
    for _ in range(2):
        state = (await turn(line, "C1", "12", state))["state"]
    ended = await turn(line, "C1", "12", state)
    assert ended == {"say": [{"language": "fr", "text": texts.translator("fr")(texts.TOO_MANY_MISTAKES)}]}


async def test_a_phone_that_was_ended_during_its_call_declares_nothing(line: Line) -> None:
    keys = ["1", line.phone.pin, "2", "100000000034", f"{today():%d%m%Y}"]
    state = (await turn(line, "C1", None, None))["state"]
    for digits in keys:
        state = (await turn(line, "C1", digits, state))["state"]
    phones = "UPDATE access.client_phone SET ended_at = {} WHERE client_id = $1"
    await line.owner.execute(phones.format("now()"), line.client_id)
    try:
        assert await turn(line, "C1", "1", state) == {"say": [{"language": "fr", "text": NOT_KNOWN}]}
    finally:
        await line.owner.execute(phones.format("NULL"), line.client_id)
    assert await line.value("SELECT count(*) FROM declarations") == 0
    first = await turn(line, "C1", "1", state)
    assert first == await turn(line, "C1", "1", state), "a repeated turn gets the number of the first time"
    row = await line.owner.fetchrow("SELECT channel, count(*) OVER () AS rows FROM declarations")
    assert (row["channel"], row["rows"]) == ("voice", 1)
    assert await line.value("SELECT count(*) FROM phone_results") == 0, "the result is in the e-Box"
