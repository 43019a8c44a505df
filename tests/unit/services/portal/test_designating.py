"""The designation of a principal access manager: its effect, and the confirmation."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.portal.apis import RefusedError
from services.portal.pages.access import users
from services.portal.pages.access.forms import CONFIRMED
from services.portal.rendering import speak
from services.portal.session.rules import Organization, Session
from services.portal.visit import Answer, Next, View, Visit
from shared.domain.rights import Right
from tests.unit.services.portal.prepared import Prepared
from tests.unit.services.portal.test_access_forms import DESIGNATION

NUMBER: Final = "0477472701"
PERSON: Final = Session("t", 0.0, "u", "Jef", (Organization(NUMBER, "De Smet", ()),), NUMBER, NUMBER)
USERS: Final = f"GET access /organizations/{NUMBER}/users"
DESIGNATE: Final = "POST access /principalAccessManagers"
SELF: Final = "GET access /users/self"
MANAGER: Final = {"givenName": "Eva", "familyName": "Maes", "rights": [{"right": Right.ACCESS}]}
LOCAL: Final = {"givenName": "Tom", "familyName": "Claes", "rights": [{"right": Right.USERS}]}


async def send(fields: dict[str, str], **answers: Any) -> tuple[Answer, list[Any]]:
    """Send the form of a designation. Return the answer and the designations that the directory got."""
    prepared = {USERS: {"items": [MANAGER, LOCAL], "grantable": []}, SELF: {"organizations": []}}
    apis = Prepared(answers={**prepared, DESIGNATE: {}, **answers})
    answer = await users.designated(Visit(speak("en"), apis, PERSON, {}, fields))
    return answer, [body for method, _, body in apis.sent if method == "POST"]


async def test_a_designation_is_sent_after_its_effect_was_shown() -> None:
    answer, sent = await send(DESIGNATION)
    assert isinstance(answer, View)
    review = answer.values["review"]
    assert (answer.status, sent) == (200, [])
    assert review.effects == [
        (users.BECOMES, {"name": "An Peeters", "enterprise": "De Smet"}),
        (users.REPLACED, {"name": "Eva Maes"}),
        (users.KEPT, {}),
    ]
    assert DESIGNATION["ssin"] in dict(review.facts).values()
    answer, (body,) = await send(dict(review.hidden))
    assert isinstance(answer, Next)
    assert body["person"]["ssin"] == DESIGNATION["ssin"]
    assert body["responsible"]["ssin"] == DESIGNATION["own_ssin"]


async def test_the_first_manager_of_an_enterprise_replaces_no_person() -> None:
    answer, _ = await send(DESIGNATION, **{USERS: {"items": [LOCAL], "grantable": []}})
    assert isinstance(answer, View)
    assert [text for text, _ in answer.values["review"].effects] == [users.BECOMES]


async def test_a_confirmed_form_with_a_mistake_is_not_sent() -> None:
    answer, sent = await send({**DESIGNATION, CONFIRMED: "yes", "phone": "12"})
    assert isinstance(answer, View)
    assert (answer.status, list(answer.values["mistakes"]), sent) == (400, ["phone"], [])


@pytest.mark.parametrize(("refusing", "fields"), [(USERS, {}), (DESIGNATE, {CONFIRMED: "yes"})])
async def test_a_person_other_than_the_representative_reads_why_it_does_not_count(
    refusing: str, fields: dict[str, str]
) -> None:
    answer, _ = await send({**DESIGNATION, **fields}, **{refusing: RefusedError(403, {})})
    assert isinstance(answer, View)
    assert answer.values["problem"] == users.NOT_REPRESENTATIVE
