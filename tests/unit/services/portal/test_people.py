"""The menu and the first page of a person, the parts of a statement, and the forms of acts."""

from __future__ import annotations

import pytest

from services.portal.pages import MENU, OWN, WORK, first_page_of, menu_of
from services.portal.pages.agents.subjects import SUBJECTS, Field, shown
from services.portal.pages.agents.work import _after, _body, _mistake
from services.portal.pages.worker import _blocks
from services.portal.session.rules import Organization, Session
from shared.domain.rights import AUTHORITY
from shared.words import words

BAKERY = "0477472701"


def session(*organizations: Organization, employer: str = "") -> Session:
    return Session("t", 0.0, "u", "An Peeters", organizations, employer, employer)


EMPLOYED = session(Organization(BAKERY, "Bakery", ("declare", "agent")), employer=BAKERY)
READER = session(Organization(BAKERY, "Bakery", ("consult",)), employer=BAKERY)
#: An organization in which the person declares, but which is not the chosen one.
ELSEWHERE = session(
    Organization(BAKERY, "Bakery", ("consult",)), Organization("0477472800", "Hotel", ("declare",)),
    employer=BAKERY,
)  # fmt: skip
READING = tuple(each for each in MENU if each[0] not in ("/declare", "/spreadsheet"))
AGENT = session(Organization(AUTHORITY, "NSSO", ("agent",)), employer=AUTHORITY)
OFFICER = session(Organization(AUTHORITY, "NSSO", ("privacy",)))


@pytest.mark.parametrize(
    ("person", "menu", "first"),
    [
        (session(), (OWN,), "/person"),
        (EMPLOYED, (*MENU, OWN), "/"),
        (READER, (*READING, OWN), "/"),
        (ELSEWHERE, (*READING, OWN), "/"),
        (AGENT, (WORK, *READING, OWN), "/agents"),
        (OFFICER, (WORK, OWN), "/agents"),
    ],
    ids=["worker", "declarer", "reader", "declarer_elsewhere", "agent", "officer"],
)
def test_the_menu_and_the_first_page_follow_the_rights(
    person: Session, menu: tuple[tuple[str, str], ...], first: str
) -> None:
    """The right of an agent counts at the authority only."""
    assert menu_of(person) == menu
    assert first_page_of(person) == first


def test_without_a_login_there_is_no_menu() -> None:
    assert menu_of(None) == ()


def test_a_statement_is_parted_into_headings_and_lines() -> None:
    text = "Data of a person\nMade today\n\nYour employers\n- De Smet\n- one - two\n\nYour periods\n"
    assert _blocks(text) == [
        ("Data of a person", ["Made today"]),
        ("Your employers", ["De Smet", "one - two"]),
        ("Your periods", []),
    ]


@pytest.mark.parametrize(
    ("field", "text", "mistake"),
    [
        (Field("a", "A"), "", "missing"),
        (Field("a", "A", required=False), "", ""),
        (Field("a", "A", longest=3), "four", "long"),
        (Field("a", "A"), "text", ""),
        (Field("a", "A", "choice", {"x": "X"}), "y", "choice"),
        (Field("a", "A", "choice", {"x": "X"}), "x", ""),
        (Field("a", "A", "date"), "2026-02-30", "date"),
        (Field("a", "A", "date"), "20260228", "date"),
        (Field("a", "A", "date"), "2026-02-28", ""),
        (Field("a", "A", "number"), "93.05.18-223.62", "number"),
        (Field("a", "A", "number"), "93.05.18-223.61", ""),
    ],
)
def test_a_mistake_in_a_field_is_named(field: Field, text: str, mistake: str) -> None:
    assert _mistake(field, text) == mistake


def act(subject: str, name: str) -> object:
    acts = next(each.acts for each in SUBJECTS if each.name == subject)
    return next(each for each in acts if each.name == name)


@pytest.mark.parametrize(
    ("subject", "name", "typed", "body"),
    [
        ("registrations", "decide", {"accepted": "false", "other": "x"}, {"accepted": False}),
        ("contestations", "claim", {"other": "x"}, None),
        ("contestations", "answer", {"answer": "true"}, {"answer": "true"}),
        ("identifications", "identify", {"ssin": "93.05.18-223.61"}, {"ssin": "93051822361"}),
    ],
)
def test_the_body_of_an_act_has_its_fields_only(
    subject: str, name: str, typed: dict[str, str], body: dict[str, object] | None
) -> None:
    assert _body(act(subject, name), typed) == body  # type: ignore[arg-type]


def test_a_choice_is_shown_in_words() -> None:
    say = words("portal", "en")
    assert shown(say, "accepted", "true") == "accepted"
    assert shown(say, "answer", "true") == "true"


@pytest.mark.parametrize(
    ("found", "after"),
    [
        ({"items": []}, ""),
        ({"items": [], "nextAfter": 12}, "12"),
        ({"items": [], "next": "https://x/registrations?after=a-b&pageSize=5"}, "a-b"),
    ],
)
def test_the_next_page_is_found_in_both_forms_of_the_apis(found: dict[str, object], after: str) -> None:
    assert _after(found) == after
