"""On the first visit of a person, no link leads nowhere, and no step acts for another enterprise."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.portal.pages import declare
from services.portal.pages.access import registration
from services.portal.pages.declare_sending import Shown
from services.portal.rendering import speak
from services.portal.session.rules import Organization, Session
from services.portal.visit import View, Visit
from shared.domain.rights import Right
from tests.pages import Document
from tests.unit.services.portal.access_values import EMPLOYER, REQUEST
from tests.unit.services.portal.prepared import Prepared
from tests.unit.services.portal.test_texts import PERSON, shown

OWN: Final = "0477472701"
NEW: Final = "0990101368"
LIST: Final = "GET access /users/self/registrations"
SELF: Final = "GET access /users/self"


def answered(number: int, period: int, result: str) -> Shown:
    """Return a declaration with a result, and the number of a period in the answer."""
    status = {"result": result, "period": {"id": period}, "contestationDeadline": "2026-12-08"}
    return Shown(number, {"declarationStatus": status})


@pytest.mark.parametrize(
    ("number", "period", "result", "has_link"),
    [(1, 1, "A", True), (1, 1, "B", False), (2, 1, "B", True), (1, 1, "S", True)],
)
def test_a_result_leads_to_a_period_that_exists(
    number: int, period: int, result: str, *, has_link: bool
) -> None:
    page = Document(shown("declare/result.html", declarations=[("", answered(number, period, result))]))
    assert (f"/periods/{period}" in page.links) == has_link


@pytest.mark.parametrize(("rights", "has_link"), [((Right.CONTEST,), True), ((Right.DECLARE,), False)])
def test_a_result_has_a_link_to_its_message_for_persons_with_the_right_to_contest(
    rights: tuple[str, ...], *, has_link: bool
) -> None:
    person = Session("t", 0.0, "u", "An", (Organization(OWN, "De Smet", rights),), OWN)
    page = Document(shown("declare/result.html", session=person, declarations=[("", answered(1, 1, "B"))]))
    in_menu = 1
    assert page.links.count("/ebox") == in_menu + has_link


@pytest.mark.parametrize(("number", "has_links"), [(OWN, True), (NEW, False)])
def test_the_steps_of_a_registration_act_for_its_own_enterprise(number: str, *, has_links: bool) -> None:
    employer = EMPLOYER | {"enterpriseNumber": number}
    accepted = REQUEST | {"status": "accepted"}
    page = Document(shown("access/receipt.html", registration=accepted, employer=employer, menu=()))
    assert PERSON.organization == OWN
    assert [path in page.links for path in registration.STEPS] == [has_links] * len(registration.STEPS)
    assert any(form.action == "/enterprise" for form in page.forms) != has_links


def test_the_page_without_a_right_does_not_lead_to_itself() -> None:
    assert "/access/users" in Document(shown("message.html", here="/declare")).links
    assert "/access/users" not in Document(shown("message.html", here="/access/users")).links


def test_a_mistake_is_said_next_to_its_field_and_before_the_hint() -> None:
    html = shown("access/form.html")
    assert html.index('id="employer_id"') < html.index('id="employer_id-wrong"')
    assert html.index('id="employer_id-wrong"') < html.index('id="employer_id-hint"')


def test_a_period_without_the_name_of_the_worker_shows_the_number_alone() -> None:
    worker = {"ssin": "93051822361"}
    period: dict[str, Any] = {
        "periodId": 1, "relationId": 2, "worker": worker, "status": "CANCELLED", "cancelled": True,
        "startDate": "2026-11-30", "features": {"workerType": "OTH"},
    }  # fmt: skip
    assert ", 93051822361" not in Document(shown("personnel/period.html", period=period)).text


async def sessions_after(status: str, number: str) -> tuple[Session | None, int]:
    """Open the registrations of a person with one. Return the new session, and the number of requests."""
    rights = [{"right": Right.REPRESENTATIVE}]
    person = {"organizations": [{"enterpriseNumber": NEW, "name": "Neuf", "rights": rights}]}
    items = [REQUEST | {"status": status, "enterpriseNumber": number}]
    apis = Prepared(answers={LIST: {"items": items}, SELF: person})
    answer = await registration.registrations(Visit(speak("en"), apis, PERSON))
    assert isinstance(answer, View)
    return answer.session, len(apis.sent)


async def test_an_accepted_enterprise_can_be_chosen_after_the_list_of_registrations() -> None:
    session, _ = await sessions_after("accepted", NEW)
    assert session is not None
    assert [each.number for each in session.organizations] == [NEW]


@pytest.mark.parametrize(("status", "number"), [("pending", NEW), ("refused", NEW), ("accepted", OWN)])
async def test_the_rights_are_not_read_again_without_a_new_enterprise(status: str, number: str) -> None:
    assert await sessions_after(status, number) == (None, 1)


def test_an_agent_reads_the_name_of_the_applicant_before_the_decision() -> None:
    text = Document(shown("agents/registration.html")).text
    assert "⟦An Peeters⟧" in text.partition("⟦De Smet⟧")[0]


@pytest.mark.parametrize("given", [(), (Right.DECLARE,)])
async def test_the_page_of_declarations_knows_a_right_that_was_given_since_the_login(
    given: tuple[str, ...],
) -> None:
    rights = [{"right": right} for right in (Right.CONSULT, *given)]
    organization = {"enterpriseNumber": OWN, "name": "De Smet", "rights": rights}
    apis = Prepared(answers={SELF: {"organizations": [organization]}})
    answer = await declare.choose(Visit(speak("en"), apis, PERSON))
    assert isinstance(answer, View)
    assert answer.session is not None
    assert answer.session.may(Right.DECLARE) == bool(given)
    page = shown(answer.template, session=answer.session, **answer.values)
    assert ("You have no right to declare" in page) != bool(given)


async def test_the_page_of_declarations_asks_nothing_of_the_directory_for_a_person_with_the_right() -> None:
    person = Session("t", 0.0, "u", "An", (Organization(OWN, "De Smet", (Right.DECLARE,)),), OWN, OWN)
    apis = Prepared()
    await declare.choose(Visit(speak("en"), apis, person))
    assert apis.sent == []
