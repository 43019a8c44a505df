"""No text of a page is outside of the catalogs; files of other projects are those of their packages."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

import pytest

import services.portal
from services.personnel_file.relation.rules import OfDay, OfPeriod
from services.portal import enterprise_numbers, files, rendering
from services.portal.declaration.labels import LABELS
from services.portal.messages import MESSAGES
from services.portal.pages import MENU
from services.portal.pages.declare import HEADINGS
from services.portal.pages.ebox import NO_REASON, SORTS, STATES, TYPES
from services.portal.pages.everybody import KINDS, SUBJECTS
from services.portal.pages.personnel import CHANNELS
from services.portal.rendering import environment, language_of, render
from services.portal.session.rules import Organization, Session, Waiting
from shared.domain.contacts import CONTACTS
from shared.messages import Channel
from tests.pages import Document
from tests.unit.services.portal import many_pages
from tests.unit.services.portal import samples_of_declarations as declarations
from tests.unit.services.portal import samples_of_people as people
from tests.unit.services.portal.access_values import ACCESS
from tests.unit.services.portal.access_values import BARE as BARE_ACCESS
from tests.unit.services.portal.samples_of_declarations import MESSAGE, Pseudo

FOLDER = Path(services.portal.__file__).parent
PERSON = Session("t", 0.0, "u", "⟦An Peeters⟧", (Organization("0477472701", "⟦De Smet⟧", ()),), "0477472701")


CASE = {
    "declarationId": 1, "receivedAt": "2026-11-30T09:00:00+00:00", "reason": "⟦wrong⟧", "state": "open",
    "answerDueOn": "2026-12-21", "contestationId": "1",
}  # fmt: skip
#: The types of the events in the history of a period.
EVENT_TYPES: Final = [
    field.default for event in (*get_args(OfPeriod), *get_args(OfDay)) for field in fields(event)
    if field.name == "type"
]  # fmt: skip
#: Templates that others use; they are no page.
SHARED: Final = frozenset(
    {"layout.html", "macros.html", "access/boxes.html", "agents/macros.html", "declare/macros.html"}
)
#: Values for each template; a new template needs a line.
VALUES: dict[str, dict[str, Any]] = {
    **many_pages.VALUES,
    "everybody/home.html": {},
    "everybody/contact.html": {"contacts": CONTACTS, "subjects": SUBJECTS, "kinds": KINDS},
    "everybody/accessibility.html": {},
    "enterprise/choose.html": {
        "mandators": [{"mandator": "0477472701", "mandatorName": "⟦De Smet⟧"}],
        "wrong": enterprise_numbers.WRONG,
    },
    "ebox/overview.html": {
        "typed": {},
        "types": TYPES,
        "sorts": SORTS,
        "messages": [MESSAGE],
        "wrong": enterprise_numbers.WRONG,
        "total": 1,
        "after": "x",
        "labels": ["⟦check⟧"],
    },
    "ebox/message.html": {
        "message": MESSAGE,
        "types": TYPES,
        "notification": "n",
        "deadline": "2026-12-04",
        "has_letter": True,
        "may_manage": True,
        "wrong": NO_REASON,
        "typed": {},
    },
    "ebox/contestations.html": {"cases": [CASE], "states": STATES},
    "message.html": {
        "heading": MESSAGES["refused"].heading,
        "text": MESSAGES["refused"].text,
        "links": MESSAGES["refused"].links,
    },
    "confirm.html": {
        "waiting": Waiting("/x", (("a", "1"),)),
        "heading": (HEADINGS["in"], "1"),
        "shown": [(LABELS["employer"], "1")],
    },
    **ACCESS,
}
VALUES |= declarations.VALUES
VALUES |= people.VALUES
#: Names that are equal in all languages, the longest first.
NAMES: Final = sorted(
    {
        *rendering.NAMES.values(),
        *many_pages.HEADINGS,
        *(name for contact in CONTACTS.values() for name in contact.service.values()),
        *(text for contact in CONTACTS.values() for text in (contact.post, contact.email) if text),
    },
    key=len,
    reverse=True,
)


def shown(template: str, **changed: Any) -> str:
    values = {
        "session": PERSON, "menu": MENU, "here": "/", "translated": "/", "documentation": "/doc",
        "form_token": "f", "static": files.address, **VALUES[template], **changed,
    }  # fmt: skip
    return render(template, Pseudo(), values)


def without_catalogs(text: str) -> str:
    """Return a text without all that is in brackets, which may be nested."""
    bare = re.sub(r"⟦[^⟦⟧]*⟧", "", text)
    return bare if bare == text else without_catalogs(bare)


def test_every_template_is_tried() -> None:
    names = {name for name in environment().list_templates() if name not in SHARED}
    assert names == set(VALUES)


@pytest.mark.parametrize("template", VALUES)
def test_a_page_has_no_text_outside_of_the_catalogs(template: str) -> None:
    document = Document(shown(template))
    for text in (document.title, document.text):
        bare = without_catalogs(text)
        for name in NAMES:
            bare = bare.replace(name, "")
        assert re.findall(r"[^\W\d_]{2,}", bare) == []


def test_control_a_text_outside_of_the_catalogs_is_found() -> None:
    assert re.findall(r"[^\W\d_]{2,}", without_catalogs("⟦Log in: ⟦x⟧⟧ now")) == ["now"]


#: Pages with as little data as an API may give.
BARE: dict[str, dict[str, Any]] = {
    **many_pages.BARE,
    "enterprise/choose.html": {"mandators": [], "wrong": ""},
    "everybody/home.html": {"documentation": ""},
    "ebox/message.html": {
        "message": {name: MESSAGE[name] for name in MESSAGE if name != "declarationId"},
        "notification": "", "deadline": "", "has_letter": False, "wrong": "",
    },
    "ebox/contestations.html": {"cases": [{n: CASE[n] for n in CASE if n != "answerDueOn"}]},
    **BARE_ACCESS,
}  # fmt: skip
BARE |= declarations.BARE


BARE |= people.BARE


@pytest.mark.parametrize("template", BARE)
def test_a_page_needs_no_optional_data(template: str) -> None:
    assert shown(template, **BARE[template])


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_every_event_of_the_history_has_a_text(type_: str) -> None:
    event = declarations.EVENT | {"type": type_}
    assert type_ not in Document(shown("personnel/period.html", history=[event])).text


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_has_a_text(channel: Channel) -> None:
    page = Document(
        shown("personnel/period.html", history=[declarations.EVENT | {"channel": channel.value}])
    ).text
    assert f"⟦{CHANNELS[channel]}⟧" in page


@pytest.mark.parametrize("template", VALUES)
def test_a_page_has_nothing_inline(template: str) -> None:
    html = shown(template)
    assert not re.search(r"<style|<script(?! src)|\sstyle=|\son[a-z]+=|javascript:", html)


@pytest.mark.parametrize("template", VALUES)
def test_every_form_has_the_token(template: str) -> None:
    assert all(form.fields["form"] == "f" for form in Document(shown(template)).forms)


@pytest.mark.parametrize(
    ("wishes", "accepted", "language"),
    [
        ("de", "fr", "de"),
        ("xx", "nl-BE,fr;q=0.8", "nl"),
        ("", "fr;q=0.2,en", "en"),
        ("", "", "fr"),
        ("", "ja;q=x", "fr"),
    ],
)
def test_the_language_is_chosen_or_that_of_the_browser(wishes: str, accepted: str, language: str) -> None:
    assert language_of(wishes, accepted) == language


def test_a_browser_without_our_languages_gets_that_of_the_person() -> None:
    assert language_of("", "ja", "de") == "de"
    assert language_of("", "nl", "de") == "nl"
    assert language_of("en", "nl", "de") == "en"


MANIFEST = tomllib.loads((FOLDER / "static" / "manifest.toml").read_text())["files"]


@pytest.mark.parametrize("file", MANIFEST, ids=lambda file: str(file["name"]))
def test_a_file_of_another_project_is_that_of_its_package(file: dict[str, str]) -> None:
    content = (FOLDER / "static" / file["name"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert (FOLDER / "static" / file["license_file"]).read_text().strip()


def test_every_static_file_is_ours_or_in_the_manifest() -> None:
    known = {file[name] for file in MANIFEST for name in ("name", "license_file")}
    assert {path.name for path in (FOLDER / "static").iterdir()} == known | {
        "portal.css",
        "keys.js",
        "digits.js",
        "manifest.toml",
    }
