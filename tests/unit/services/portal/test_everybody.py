"""Pages without login: texts of the register, states of functions, fields of a complaint."""

from __future__ import annotations

import asyncio

import pytest

from services.contact.complaint.api import ComplaintRequest
from services.contact.complaint.rules import Subject
from services.contact.processing.rules import document
from services.portal import probes
from services.portal.apis import AwayError, Reply, client
from services.portal.pages import complaint, privacy
from services.portal.pages.complaint import ENTRIES, _mistake
from services.portal.pages.status import FUNCTIONS, state_of
from services.portal.probes import Probes
from shared.domain.processing import TEXTS
from shared.runtime.processing import load_register
from shared.topology import SERVICES


@pytest.mark.parametrize(
    ("list_", "texts"),
    [
        ("purposes", privacy.PURPOSES),
        ("categories", privacy.CATEGORIES),
        ("subjects", privacy.SUBJECTS),
        ("legalBases", privacy.LEGAL_BASES),
        ("recipients", privacy.RECIPIENTS),
    ],
)
def test_every_value_of_the_register_has_its_text(list_: str, texts: dict[str, str]) -> None:
    assert {name: text for name, text in TEXTS[list_].items() if name != "none"} == texts


def test_the_register_is_shown_by_purpose_without_loss() -> None:
    """Every table with personal data is counted once, and every value of it is shown."""
    tables = document(load_register())["tables"]
    personal = [table for table in tables if any(column["category"] != "none" for column in table["columns"])]
    found = privacy.purposes(tables)
    assert sum(each.bounded + each.undecided for each in found) == len(personal)
    assert {each.name for each in found} == {table["purpose"] for table in personal}
    for each in found:
        of_purpose = [table for table in personal if table["purpose"] == each.name]
        assert set(each.recipients) == {name for table in of_purpose for name in table["recipients"]}
        assert each.undecided == sum("decision" in table for table in of_purpose)


def test_every_function_needs_services_that_exist() -> None:
    assert {name for services in FUNCTIONS.values() for name in services} == set(SERVICES)


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ({"a": True, "b": True}, True),
        ({"a": True, "b": False}, False),
        ({"b": False}, False),
        ({"a": True}, None),
        ({}, None),
    ],
)
def test_a_function_works_if_all_its_services_do(states: dict[str, bool], state: bool | None) -> None:
    assert state_of(("a", "b"), states) is state


async def test_many_visitors_cause_one_look_at_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is away, or that answers DOWN, does not work."""
    asked: list[str] = []

    async def ask(_http: object, _method: str, url: str, _headers: object) -> Reply:
        asked.append(url)
        await asyncio.sleep(0)
        if url == "away":
            raise AwayError("no answer")
        return Reply(200 if url == "up" else 404, {}, b"")

    monkeypatch.setattr(probes, "ask", ask)
    async with client() as http:
        found = Probes(http, {"x": "up", "y": "away", "z": "else"})
        states = await asyncio.gather(*(found.states() for _ in range(20)))
        assert states == [{"x": True, "y": False, "z": False}] * 20
        assert sorted(asked) == ["away", "else", "up"]
        found._looked -= 11
        await found.states()
        assert len(asked) == 6


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        ("name", "", "missing"),
        ("name", "An", ""),
        ("name", "x" * 201, "long"),
        ("email", "", ""),
        ("email", "an@example.be", ""),
        ("email", "an", "email"),
        ("enterpriseNumber", "0990101368", ""),
        ("enterpriseNumber", "99", "enterpriseNumber"),
    ],
)
def test_a_field_of_a_complaint_has_its_mistake(name: str, text: str, mistake: str) -> None:
    (entry,) = (entry for entry in ENTRIES if entry.name == name)
    assert _mistake(entry, text) == mistake
    assert mistake in ("", *complaint.WRONG)


def test_the_fields_of_a_complaint_are_those_of_the_service() -> None:
    """A field that the form accepts is not refused by the API, also at its greatest length."""
    longest = {entry.name: "x" * entry.most for entry in ENTRIES}
    longest |= {"email": f"{'x' * (254 - 5)}@x.be", "enterpriseNumber": "0990101368"}
    assert ComplaintRequest.model_validate({**longest, "subject": "privacy", "language": "de"})
    needed = {entry.name: "x" for entry in ENTRIES if entry.required}
    assert ComplaintRequest.model_validate(needed)
    assert set(complaint.SUBJECTS) == set(Subject)
