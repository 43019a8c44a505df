"""No text of a page is outside of the catalogs; files of other projects are those of their packages."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args

import pytest

import services.portal
from services.personnel_file.relation.rules import OfDay, OfPeriod
from services.portal import files, rendering
from services.portal.declaration.rules import LABELS, WRONG, Choice, fields_of_in
from services.portal.messages import MESSAGES
from services.portal.pages import MENU
from services.portal.pages.declare import CHANGES, HEADINGS, RESULTS, WRONG_NUMBER
from services.portal.pages.ebox import NO_REASON, SORTS, STATES, TYPES
from services.portal.pages.enterprise import WRONG_NUMBER as WRONG_EMPLOYER
from services.portal.pages.everybody import KINDS, SUBJECTS
from services.portal.pages.personnel import CHANNELS, EVENTS, FLAGS, SEARCH_REFUSED, SPANS, STATUSES
from services.portal.pages.today import UNREAD as TODAY_LISTS
from services.portal.rendering import environment, language_of, render
from services.portal.session.rules import Organization, Session, Waiting
from shared.domain.contacts import CONTACTS
from shared.messages import Channel
from shared.words import Words
from tests.pages import Document
from tests.unit.services.portal import many_pages
from tests.unit.services.portal.access_values import ACCESS
from tests.unit.services.portal.access_values import BARE as BARE_ACCESS

FOLDER = Path(services.portal.__file__).parent
PERSON = Session("t", 0.0, "u", "⟦An Peeters⟧", (Organization("0477472701", "⟦De Smet⟧", ()),), "0477472701")


class Pseudo(Words):
    """An invented language: every text of the catalogs, and every day, in brackets."""

    def __init__(self) -> None:
        super().__init__("en", {})

    def __call__(self, text: str, **values: object) -> str:
        return f"⟦{text.format(**values) if values else text}⟧"

    def day(self, day: date) -> str:
        return f"⟦{day}⟧"

    def moment(self, instant: datetime) -> str:
        return f"⟦{instant}⟧"


FORM = {
    "path": "/x", "heading": HEADINGS["out"], "subject": "⟦An⟧", "typed": {},
    "fields": fields_of_in(Choice("XXX", "FLX")),
    "mistakes": dict.fromkeys(("ssin", "start_date"), WRONG["missing"]), "late": "2026-11-28", "key": "k",
    "moved": True,
}  # fmt: skip
STATUS = {
    "result": "W", "period": {"id": 1}, "contestationDeadline": "2026-12-01", "notificationId": "n",
    "anomalies": [{"errorId": "90373-460", "label": {"en": "⟦late⟧"}}],
}  # fmt: skip
MESSAGE = {
    "id": "m", "messageType": "dimonaPositive", "sender": {"enterpriseNumber": "0206731645"}, "isRead": False,
    "subject": {"en": "⟦accepted⟧"}, "depositedAt": "2026-11-30T09:00:00+00:00", "labels": ["⟦check⟧"],
    "declarationId": 605114838201, "forTheAttentionOf": ["u"],
}  # fmt: skip
PERIOD = {
    "periodId": 1, "worker": {"ssin": "93051822361", "familyName": "⟦Peeters⟧"}, "status": "OPEN",
    "cancelled": False, "isLate": True, "startDate": "2026-11-30", "startHour": "0900",
    "endDate": "2026-12-01", "endHour": "1000", "plannedHoursNumber": 8, "features": {"workerType": "STU"},
}  # fmt: skip
EVENT = {
    "type": "periodOpened", "recordedAt": "2026-11-30T09:00:00+00:00", "declaration": {"id": 1},
    "channel": "web", "sender": {"enterpriseNumber": "0206731645"},
}  # fmt: skip
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
SHARED: Final = frozenset({"layout.html", "macros.html", "access/boxes.html"})
#: Values for each template; a new template needs a line.
VALUES: dict[str, dict[str, Any]] = {
    **many_pages.VALUES,
    "everybody/home.html": {},
    "everybody/contact.html": {"contacts": CONTACTS, "subjects": SUBJECTS, "kinds": KINDS},
    "everybody/accessibility.html": {},
    "enterprise/choose.html": {
        "mandators": [{"mandator": "0477472701", "mandatorName": "⟦De Smet⟧"}],
        "wrong": WRONG_EMPLOYER,
    },
    "declare/choose.html": {
        "choices": {"⟦Other⟧": [("/declare/in/XXX/OTH", "⟦Ordinary⟧")]},
        "changes": CHANGES,
        "wrong": WRONG_NUMBER,
    },
    "declare/form.html": FORM,
    "declare/result.html": {
        "number": 1,
        "status": STATUS,
        "final": False,
        "results": RESULTS,
        "turn": 1,
    },
    "personnel/search.html": {
        "typed": {},
        "types": {},
        "commissions": {},
        "statuses": STATUSES,
        "spans": SPANS,
        "flags": FLAGS,
        "periods": [PERIOD | {"features": {"workerType": "⟦STU⟧"}}],
        "after": "x",
        "wrong": SEARCH_REFUSED,
    },
    "personnel/period.html": {
        "period": PERIOD,
        "history": [EVENT],
        "type": "⟦student⟧",
        "commission": "⟦other⟧",
        "statuses": STATUSES,
        "flags": FLAGS,
        "events": EVENTS,
        "channels": CHANNELS,
        "changes": CHANGES,
    },
    "today/today.html": {
        "lists": [(TODAY_LISTS[0][0], {"total": 1, "items": [MESSAGE]})],
        "late": [PERIOD],
    },
    "ebox/overview.html": {
        "typed": {},
        "types": TYPES,
        "sorts": SORTS,
        "messages": [MESSAGE],
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
    "message.html": {"heading": MESSAGES["lost"].heading, "text": MESSAGES["lost"].text},
    "confirm.html": {
        "waiting": Waiting("/x", (("a", "1"),)),
        "heading": (HEADINGS["in"], "1"),
        "shown": [(LABELS["employer"], "1")],
    },
    **ACCESS,
}
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
    "declare/result.html": {"status": {"result": "B"}, "final": True},
    "personnel/period.html": {
        "period": {
            "periodId": 1, "worker": {"ssin": "93051822361"}, "status": "OPEN", "cancelled": False,
            "startDate": "2026-11-30", "features": {"workerType": "OTH"},
        },
        "history": [{"type": "periodJoined", "recordedAt": "2026-11-30T09:00:00+00:00"}],
    },
    "enterprise/choose.html": {"mandators": [], "wrong": ""},
    "everybody/home.html": {"documentation": ""},
    "personnel/search.html": {"periods": None, "after": "", "wrong": ""},
    "ebox/message.html": {
        "message": {name: MESSAGE[name] for name in MESSAGE if name != "declarationId"},
        "notification": "", "deadline": "", "has_letter": False, "wrong": "",
    },
    "ebox/contestations.html": {"cases": [{n: CASE[n] for n in CASE if n != "answerDueOn"}]},
    **BARE_ACCESS,
}  # fmt: skip


@pytest.mark.parametrize("template", BARE)
def test_a_page_needs_no_optional_data(template: str) -> None:
    assert shown(template, **BARE[template])


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_every_event_of_the_history_has_a_text(type_: str) -> None:
    event = EVENT | {"type": type_}
    assert type_ not in Document(shown("personnel/period.html", history=[event])).text


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_has_a_text(channel: Channel) -> None:
    page = Document(shown("personnel/period.html", history=[EVENT | {"channel": channel.value}])).text
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
        "manifest.toml",
    }
