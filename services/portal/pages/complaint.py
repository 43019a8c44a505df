"""A complaint about the service or about personal data, with its receipt; no login is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.portal import enterprise_numbers
from services.portal.apis import RefusedError
from services.portal.declaration.rules import digits
from services.portal.visit import Answer, Need, Page, View, Visit
from shared.words import later

_BAD_REQUEST: Final = 400
_LOST: Final = 404
_EMAIL: Final = re.compile(r"\A[^@\s]+@[^@\s]+")
_CASE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_CODE: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of the form: its name in the API, its label, its length, and the way to fill it in."""

    name: str
    label: str
    most: int
    required: bool = True
    rows: int = 1  #: more than one: a field for long text
    autocomplete: str = "off"


ENTRIES: Final = (
    Entry("name", later("Your name"), 200, autocomplete="name"),
    Entry("address", later("Your postal address"), 500, rows=2, autocomplete="street-address"),
    Entry("email", later("Your e-mail address, if the answer may come there"), 254, False, 1, "email"),
    Entry("enterpriseNumber", later("Enterprise number, if it is about an enterprise"), 20, required=False),
    Entry("serviceConcerned", later("The office or function, if you know it"), 200, required=False),
    Entry("description", later("What happened"), 10_000, rows=8),
)
SUBJECTS: Final[Mapping[str, str]] = {
    "service": later("The service"),
    "privacy": later("The treatment of my personal data"),
}
WRONG: Final[Mapping[str, str]] = {
    "missing": later("Fill in this field."),
    "long": later("This text is too long."),
    "email": later("This is no e-mail address."),
    "enterpriseNumber": enterprise_numbers.WRONG,
}
NOT_CONFIRMED: Final = later("This number or code is wrong, or the code was used before.")
_PATTERNS: Final = {"email": _EMAIL, "enterpriseNumber": enterprise_numbers.PATTERN}


async def form(_visit: Visit) -> Answer:
    """Show the form of a complaint."""
    return _form({}, {})


def _form(typed: Mapping[str, str], mistakes: Mapping[str, str]) -> View:
    values = {
        "entries": ENTRIES,
        "subjects": SUBJECTS,
        "typed": typed,
        "mistakes": {name: WRONG[mistake] for name, mistake in mistakes.items()},
    }
    return View("everybody/complaint.html", values, _BAD_REQUEST if mistakes else 200)


async def complain(visit: Visit) -> Answer:
    """Send a complaint, and show its receipt: number, day of the answer, contact point."""
    typed = {entry.name: visit.fields.get(entry.name, "") for entry in ENTRIES}
    typed["enterpriseNumber"] = digits(typed["enterpriseNumber"])
    subject = visit.fields.get("subject", "")
    mistakes = {entry.name: mistake for entry in ENTRIES if (mistake := _mistake(entry, typed[entry.name]))}
    if mistakes:
        return _form({**typed, "subject": subject}, mistakes)
    given = {name: text for name, text in typed.items() if text}
    body: dict[str, Any] = {
        **given, "subject": subject if subject in SUBJECTS else "service", "language": visit.words.language,
    }  # fmt: skip
    # The service counts complaints by source. Without this header all visitors would be one source.
    source = {"X-Forwarded-For": visit.source} if visit.source else {}
    reply = await visit.apis.send("POST", "contact", "/complaints", body, source)
    values = {"receipt": reply.json(), "with_code": "email" in given}
    return View("everybody/receipt.html", values, 201)


def _mistake(entry: Entry, text: str) -> str:
    if not text:
        return "missing" if entry.required else ""
    if len(text) > entry.most:
        return "long"
    pattern = _PATTERNS.get(entry.name)
    return "" if pattern is None or pattern.fullmatch(text) else entry.name


async def confirmation(_visit: Visit) -> Answer:
    """Show the form to confirm an e-mail address with the code of the acknowledgement."""
    return _confirmation({})


def _confirmation(typed: Mapping[str, str], *, wrong: bool = False, done: bool = False) -> View:
    values = {"typed": typed, "wrong": NOT_CONFIRMED if wrong else "", "done": done}
    return View("everybody/confirmation.html", values, _BAD_REQUEST if wrong else 200)


async def confirm(visit: Visit) -> Answer:
    """Confirm an e-mail address."""
    case, code = (visit.fields.get(name, "").lower() for name in ("case", "code"))
    if not (_CASE.fullmatch(case) and _CODE.fullmatch(code)):
        return _confirmation(visit.fields, wrong=True)
    source = {"X-Forwarded-For": visit.source} if visit.source else {}
    try:
        await visit.apis.send("POST", "contact", f"/complaints/{case}/confirmations", {"code": code}, source)
    except RefusedError as error:
        if error.status != _LOST:
            raise
        return _confirmation(visit.fields, wrong=True)
    return _confirmation({}, done=True)


PAGES: Final = (
    Page("GET", "/complaint", Need.NOTHING, form),
    Page("POST", "/complaint", Need.NOTHING, complain),
    Page("GET", "/complaint/confirmation", Need.NOTHING, confirmation),
    Page("POST", "/complaint/confirmation", Need.NOTHING, confirm),
)
