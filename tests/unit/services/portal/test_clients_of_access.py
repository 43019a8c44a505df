"""Scopes and phones of a technical client: forms, confirmations, and refusals of the directory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.access.clients.api.phones import NewPhone
from services.access.scopes import GIVEN_SCOPES
from services.portal.access.rules import inputs, scopes
from services.portal.access.rules.scopes import SCOPES, box_of
from services.portal.apis import RefusedError
from services.portal.pages.access import phones
from services.portal.pages.access import scopes as pages
from services.portal.pages.access.forms import CONFIRMED
from services.portal.rendering import speak
from services.portal.session.rules import Session
from services.portal.visit import Answer, LostError, Next, View, Visit
from tests.unit.services.portal.prepared import Prepared

NUMBER = "0477472701"
CLIENTS = f"/organizations/{NUMBER}/clients"
PHONES = f"{CLIENTS}/client_1/phones"
ID = UUID("123e4567-0000-4000-8000-426614174000")
PERSON = Session("t", 0.0, "u", "An", (), NUMBER, NUMBER)
EBOX, CONTACT = "scope:dimona:ebox", "scope:dimona:contact"
TYPED = {"phone_number": "+32 470 12 34 56", "phone_label": "Reception", "language": "nl"}


def visit(apis: Prepared, fields: dict[str, str], **parameters: Any) -> Visit:
    return Visit(speak("en"), apis, PERSON, {"client": "client_1", **parameters}, fields)


def directory(*given: str) -> Prepared:
    client = {"id": "client_1", "queue": False, "scopes": ["scope:dimona:declaration:declarant", *given]}
    return Prepared(answers={f"GET access {CLIENTS}": {"items": [client]}})


def bodies(apis: Prepared, method: str) -> list[Any]:
    return [body for each, _, body in apis.sent if each == method]


def test_the_scopes_are_those_that_the_directory_gives() -> None:
    assert tuple(SCOPES) == GIVEN_SCOPES
    assert [box_of(scope) for scope in SCOPES] == [
        "scope_access", "scope_mandates", "scope_ebox", "scope_contact",
    ]  # fmt: skip
    typed = {box_of(EBOX): "yes", box_of(CONTACT): "no"}
    assert scopes.checked(typed) == [EBOX]
    assert scopes.given(["other", CONTACT, EBOX]) == [EBOX, CONTACT]


async def confirmed_scopes(apis: Prepared, fields: dict[str, str]) -> dict[str, str]:
    shown = await pages.changed(visit(apis, fields))
    assert isinstance(shown, View)
    assert bodies(apis, "PATCH") == []
    return dict(shown.values["review"].hidden)


async def test_scopes_change_after_a_confirmation_that_shows_the_effect() -> None:
    apis = directory(EBOX)
    apis = Prepared(answers={**apis.answers, f"PATCH access {CLIENTS}/client_1": {}})
    shown = await pages.changed(visit(apis, {box_of(CONTACT): "yes"}))
    assert isinstance(shown, View)
    assert [text for text, _ in shown.values["review"].effects] == [pages.GIVEN, pages.TAKEN, pages.COUNTS]
    answer = await pages.changed(visit(apis, dict(shown.values["review"].hidden)))
    assert answer == Next("/access/clients/client_1")
    assert bodies(apis, "PATCH") == [{"scopes": [CONTACT]}]


async def test_scopes_that_were_changed_since_are_shown_again() -> None:
    confirmed = await confirmed_scopes(directory(EBOX), {box_of(CONTACT): "yes"})
    apis = directory()
    answer = await pages.changed(visit(apis, confirmed))
    assert isinstance(answer, View)
    assert (answer.status, answer.values["review"].problem) == (409, pages.CHANGED_SINCE)
    assert bodies(apis, "PATCH") == []


async def test_a_blocked_client_keeps_its_scopes() -> None:
    apis = Prepared(
        answers={**directory(EBOX).answers, f"PATCH access {CLIENTS}/client_1": RefusedError(409, {})}
    )
    confirmed = await confirmed_scopes(directory(EBOX), {})
    answer = await pages.changed(visit(apis, confirmed))
    assert isinstance(answer, View)
    assert (answer.status, answer.values["text"]) == (409, pages.BLOCKED)


def test_a_filled_phone_is_one_that_the_directory_reads() -> None:
    assert inputs.mistakes(inputs.PHONE, TYPED) == {}
    body = NewPhone.model_validate(inputs.body_of_phone(TYPED))
    assert (body.number, body.label, body.language) == ("+32470123456", "Reception", "nl")
    wrong = {"phone_number": "0470", "phone_label": "x" * 61, "language": "es"}
    assert inputs.mistakes(inputs.PHONE, wrong) == {
        "phone_number": "phone", "phone_label": "name", "language": "choice",
    }  # fmt: skip
    assert inputs.mistakes(inputs.PHONE, {}) == dict.fromkeys(wrong, "missing")


def enrolling(outcome: Any) -> Prepared:
    answers = {f"GET access {PHONES}": {"items": []}, f"POST access {PHONES}": outcome}
    return Prepared(answers={**directory().answers, **answers})


async def test_an_enrolled_phone_shows_its_pin() -> None:
    apis = enrolling({"id": str(ID), "label": "Reception", "pin": "481516"})
    answer = await phones.enrolled(visit(apis, TYPED))
    assert isinstance(answer, View)
    assert (answer.template, answer.values["phone"]["pin"]) == ("access/pin.html", "481516")
    assert bodies(apis, "POST") == [{"number": "+32470123456", "label": "Reception", "language": "nl"}]


@pytest.mark.parametrize(
    ("outcome", "mistakes", "problem"),
    [
        (RefusedError(409, {}), [], phones.NO_PLACE),
        (RefusedError(400, {"issues": [{"name": "label"}]}), ["phone_label"], ""),
        (RefusedError(400, {"issues": [{"name": "other"}]}), ["phone_number"], ""),
    ],
)
async def test_a_refused_phone_comes_back_with_the_mistake(
    outcome: RefusedError, mistakes: list[str], problem: str
) -> None:
    answer = await phones.enrolled(visit(enrolling(outcome), TYPED))
    assert isinstance(answer, View)
    assert (answer.status, list(answer.values["mistakes"]), answer.values["problem"]) == (
        400, mistakes, problem,
    )  # fmt: skip
    assert answer.values["typed"] == TYPED, "nothing typed is lost"


async def test_a_stronger_login_is_left_to_the_gate() -> None:
    challenge = 'Bearer error="insufficient_user_authentication", acr_values="level400"'
    with pytest.raises(RefusedError) as caught:
        await phones.enrolled(visit(enrolling(RefusedError(401, {}, challenge)), TYPED))
    assert caught.value.acr == "level400"


async def end(fields: dict[str, str], **phone: Any) -> tuple[Answer, list[Any]]:
    listed = {"items": [{"id": str(ID), "label": "Reception", **phone}]}
    apis = Prepared(
        answers={
            **directory().answers,
            f"GET access {PHONES}": listed,
            f"DELETE access {PHONES}/{ID}": None,
        }
    )
    answer = await phones.ended(visit(apis, fields, id=ID))
    return answer, [path for method, path, _ in apis.sent if method == "DELETE"]


async def test_a_phone_ends_after_a_confirmation() -> None:
    answer, done = await end({})
    assert isinstance(answer, View)
    assert done == []
    answer, done = await end(dict(answer.values["review"].hidden))
    assert answer == Next("/access/clients/client_1/phones")
    assert done == [f"{PHONES}/{ID}"]


async def test_a_phone_that_has_ended_is_absent() -> None:
    with pytest.raises(LostError):
        await end({CONFIRMED: "yes"}, endedAt="2026-11-30T09:00:00+00:00")
