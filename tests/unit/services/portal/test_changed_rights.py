"""A confirmed change of the rights of a user, when another manager changes them in between."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.portal.apis import RefusedError
from services.portal.pages.access import users
from services.portal.pages.access.forms import CONFIRMED
from services.portal.rendering import speak
from services.portal.session.rules import Session
from services.portal.visit import Answer, Next, View, Visit
from tests.unit.services.portal.prepared import Prepared

NUMBER = "0477472701"
ID = UUID("123e4567-0000-4000-8000-426614174000")
USERS = f"/organizations/{NUMBER}/users"
PERSON = Session("t", 0.0, "u", "An", (), NUMBER, NUMBER)


async def send(rights: list[dict[str, str]], fields: dict[str, str]) -> tuple[Answer, list[Any]]:
    """Send a form about a user with these rights. Return the answer and the rights that were set."""
    user = {"id": str(ID), "givenName": "Jef", "familyName": "Janssens", "rights": rights}
    found = {"items": [user], "grantable": ["declare", "consult"]}
    apis = Prepared(answers={f"GET access {USERS}": found, f"PUT access {USERS}/{ID}/rights": None})
    answer = await users.changed(Visit(speak("en"), apis, PERSON, {"id": ID}, fields))
    return answer, [body["rights"] for method, _, body in apis.sent if method == "PUT"]


async def test_a_confirmation_counts_for_the_rights_that_were_shown() -> None:
    present = [{"right": "declare"}, {"right": "userManagement"}]
    answer, done = await send(present, {"right_consult": "yes"})
    assert isinstance(answer, View)
    assert (answer.status, answer.values["review"].problem, done) == (200, "", [])
    confirmed = dict(answer.values["review"].hidden)
    answer, done = await send(present[::-1], confirmed)
    assert answer == Next(f"/access/users/{ID}")
    assert done == [[{"right": "consult"}, {"right": "userManagement"}]]


async def test_rights_that_were_changed_since_are_not_replaced_before_another_confirmation() -> None:
    answer, _ = await send([{"right": "declare"}], {"right_declare": "yes", "right_consult": "yes"})
    assert isinstance(answer, View)
    confirmed = dict(answer.values["review"].hidden)
    answer, done = await send([], confirmed)
    assert isinstance(answer, View)
    review = answer.values["review"]
    assert (answer.status, review.problem, done) == (409, users.CHANGED_SINCE, [])
    assert (users.GIVEN, {"right": "Declare"}) in review.effects, "the effect on the present rights"
    answer, done = await send([], dict(review.hidden))
    assert isinstance(answer, Next)
    assert done == [[{"right": "consult"}, {"right": "declare"}]]


async def test_a_confirmation_without_the_rights_that_were_shown_does_not_count() -> None:
    answer, done = await send([{"right": "declare"}], {CONFIRMED: "yes", "end": "yes"})
    assert isinstance(answer, View)
    assert (answer.status, done) == (409, [])


async def test_a_change_between_the_last_look_and_the_act_loses_nothing() -> None:
    """The directory refuses it (409); the page shows the new effect, as for an earlier change."""
    user = {"id": str(ID), "givenName": "Jef", "familyName": "Janssens", "rights": [{"right": "declare"}]}
    found = {"items": [user], "grantable": ["declare", "consult"]}
    answers: dict[str, Any] = {
        f"GET access {USERS}": found,
        f"PUT access {USERS}/{ID}/rights": RefusedError(409, {}),
    }
    apis = Prepared(answers=answers)
    shown = await users.changed(Visit(speak("en"), apis, PERSON, {"id": ID}, {"right_consult": "yes"}))
    assert isinstance(shown, View)
    confirmed = dict(shown.values["review"].hidden)
    answer = await users.changed(Visit(speak("en"), apis, PERSON, {"id": ID}, confirmed))
    (body,) = [body for method, _, body in apis.sent if method == "PUT"]
    assert body == {"rights": [{"right": "consult"}], "present": [{"right": "declare"}]}
    assert isinstance(answer, View)
    assert (answer.status, answer.values["review"].problem) == (409, users.CHANGED_SINCE)
