"""Declare: an IN for a worker type, and OUT, UPDATE and CANCEL of a period; the result of a declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from services.portal.apis import RefusedError
from services.portal.declaration import rules
from services.portal.declaration.rules import Choice, Field
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit
from shared.domain.data import rows
from shared.domain.identifiers import parse_dimona_number
from shared.words import later

_BASE: Final = "/REST/dimona/v2"
_ORGANIZATION: Final = "Dimona-Organization"
_BAD_REQUEST: Final = 400
_LOST: Final = 404
#: Names of worker types and joint commissions, by list, code and language.
_CODES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    (row["list"], row["code"]): row for row in rows("code_names")
}
WRONG_NUMBER: Final = later("The number of a period has 12 digits, and its check digits must be right.")
#: The changes of a period, with the text of their button.
CHANGES: Final = {
    "out": later("Declare the end"),
    "update": later("Change"),
    "cancel": later("Cancel"),
}
HEADINGS: Final = {
    "in": later("Declare that a worker begins"),
    "out": later("Declare the end of a period"),
    "update": later("Change a period"),
    "cancel": later("Cancel a period"),
}


#: Parts of the path of a form: `/declare/`, the kind of declaration, then the pair or the period.
_FORM_PATH: Final = re.compile(r"/declare/(in|out|update|cancel)/(.+)", re.ASCII)
#: How often a page without result loads itself: after one second, then two, to seven: for 28 seconds.
_TURNS: Final = 7


def heading_of(path: str) -> tuple[str, str]:
    """Return the heading of a form of a declaration by its path, and its pair or period; else empty texts."""
    found = _FORM_PATH.fullmatch(path)
    return (HEADINGS[found[1]], found[2].replace("/", ", ")) if found else ("", "")


def name_of(kind: str, code: str, language: str) -> str:
    """Return the name of a worker type (`workerType`) or joint commission (`jointCommission`)."""
    row = _CODES.get((kind, code))
    return code if row is None else f"{row[language]} ({code})"


async def choose(visit: Visit) -> Answer:
    """Show the pairs of joint commission and worker type for an IN, and the field for a period."""
    return _choice(visit)


def _choice(visit: Visit, wrong: str = "") -> View:
    by_commission: dict[str, list[tuple[str, str]]] = {}
    language = visit.words.language
    for choice in rules.choices(rules.today(datetime.now(UTC))):
        heading = name_of("jointCommission", choice.joint_commission, language)
        path = f"/declare/in/{choice.joint_commission}/{choice.worker_type}"
        by_commission.setdefault(heading, []).append(
            (path, name_of("workerType", choice.worker_type, language))
        )
    values = {"choices": by_commission, "changes": CHANGES, "wrong": wrong}
    return View("declare/choose.html", values, _BAD_REQUEST if wrong else 200)


async def find(visit: Visit) -> Answer:
    """Lead from the number of a period to the form of its change."""
    number, change = rules.digits(visit.fields.get("period", "")), visit.fields.get("change", "")
    if not number.isdecimal() or parse_dimona_number(int(number[:18])) is None or change not in CHANGES:
        return _choice(visit, WRONG_NUMBER)
    return Next(f"/declare/{change}/{number}")


async def form_of_in(visit: Visit) -> Answer:
    """Show the form of an IN, with the fields that the chosen pair needs."""
    return _form_of_in(visit, _chosen(visit), {}, {})


def _chosen(visit: Visit) -> Choice:
    choice = Choice(visit.parameters["commission"], visit.parameters["type"])
    if choice not in rules.choices(rules.today(datetime.now(UTC))):
        raise LostError("no such pair")
    return choice


def _form_of_in(
    visit: Visit,
    choice: Choice,
    typed: Mapping[str, str],
    mistakes: Mapping[str, str],
    *,
    late: str = "",
    moved: bool = False,
) -> View:
    language = visit.words.language
    subject = (
        f"{name_of('jointCommission', choice.joint_commission, language)}, "
        f"{name_of('workerType', choice.worker_type, language)}"
    )
    path = f"/declare/in/{choice.joint_commission}/{choice.worker_type}"
    fields = rules.fields_of_in(choice)
    return _form(path, HEADINGS["in"], subject, fields, typed, mistakes, late=late, moved=moved)


def _form(
    path: str, heading: str, subject: str, fields: Sequence[Field], typed: Mapping[str, str],
    mistakes: Mapping[str, str], *, late: str = "", moved: bool = False,
) -> View:  # fmt: skip
    """Return the form. `late` is the late start to confirm; a form that `moved` gets a key of its own."""
    values = {
        "path": path,
        "heading": heading,
        "subject": subject,
        "fields": fields,
        "typed": typed,
        "mistakes": {name: rules.WRONG[mistake] for name, mistake in mistakes.items()},
        "late": late,
        "moved": moved,
        "key": str(uuid4()) if moved else typed.get("key") or str(uuid4()),
    }
    return View("declare/form.html", values, _BAD_REQUEST if mistakes or moved else 200)


def _is_moved(visit: Visit) -> bool:
    """Return whether the form was made for another organization or employer than the present choice.

    The session has one choice for all windows, so another window can change it while a form is filled in.
    """
    person, fields = visit.person, visit.fields
    made_for = (fields.get("organization"), fields.get("employer"))
    return made_for != (person.organization, person.employer)


async def declare_in(visit: Visit) -> Answer:
    """Check the form of an IN, warn before a late one is sent, and send it."""
    choice, typed = _chosen(visit), visit.fields
    if _is_moved(visit):
        return _form_of_in(visit, choice, typed, {}, moved=True)
    if found := rules.mistakes(rules.fields_of_in(choice), typed):
        return _form_of_in(visit, choice, typed, found)
    start = rules.start_of(typed)
    if rules.is_late(typed, datetime.now(UTC)) and typed.get("confirmed") != start:
        return _form_of_in(visit, choice, typed, {}, late=start)
    return await _send(visit, rules.body_of_in(choice, typed, visit.person.employer))


async def form_of_change(visit: Visit) -> Answer:
    """Show the form of an OUT, UPDATE or CANCEL, with the present values of the period."""
    change, period = await _period(visit)
    typed = rules.values_of(period) if change == "update" else {}
    return _form_of_change(change, period, typed, {})


async def declare_change(visit: Visit) -> Answer:
    """Check the form of an OUT, UPDATE or CANCEL, and send it."""
    change, period = await _period(visit)
    if _is_moved(visit):
        return _form_of_change(change, period, visit.fields, {}, moved=True)
    if found := rules.mistakes(_fields(change, period), visit.fields):
        return _form_of_change(change, period, visit.fields, found)
    number = period["periodId"]
    bodies = {
        "out": lambda: rules.body_of_out(number, visit.fields),
        "update": lambda: rules.body_of_update(number, visit.fields),
        "cancel": lambda: rules.body_of_cancel(number),
    }
    return await _send(visit, bodies[change]())


async def _period(visit: Visit) -> tuple[str, Mapping[str, Any]]:
    """Return the change in the address, and the period. Raise LostError for an unknown change."""
    if (change := visit.parameters["change"]) not in CHANGES:
        raise LostError("no such change")
    return change, await visit.apis.get("intake", f"{_BASE}/periods/{visit.parameters['number']}")


def _fields(change: str, period: Mapping[str, Any]) -> tuple[Field, ...]:
    tables = {"out": (rules.END,), "update": rules.fields_of_update(period), "cancel": ()}
    return tables[change]


def _form_of_change(
    change: str, period: Mapping[str, Any], typed: Mapping[str, str], mistakes: Mapping[str, str],
    *, moved: bool = False,
) -> View:  # fmt: skip
    worker = period["worker"]
    subject = f"{worker.get('givenName', '')} {worker.get('familyName', '')} · {period['startDate']}"
    path = f"/declare/{change}/{period['periodId']}"
    return _form(path, HEADINGS[change], subject, _fields(change, period), typed, mistakes, moved=moved)


async def _send(visit: Visit, body: Mapping[str, Any]) -> Answer:
    headers = {
        _ORGANIZATION: visit.person.organization,
        "Idempotency-Key": visit.fields.get("key") or str(uuid4()),
    }
    reply = await visit.apis.send("POST", "intake", f"{_BASE}/declarations", body, headers)
    number = reply.headers["location"].rpartition("/")[2]
    return Next(f"/declarations/{number}")


async def result(visit: Visit) -> Answer:
    """Show the result of a declaration. While there is none, the page loads itself, for half a minute.

    A provisional result takes up to ten working days, so its page does not load itself.
    """
    return await _result(visit, visit.parameters["number"], 1)


async def result_again(visit: Visit) -> Answer:
    """Show the result of a declaration, on a page that has loaded itself some times."""
    return await _result(visit, visit.parameters["declaration"], visit.parameters["turn"] + 1)


async def _result(visit: Visit, number: int, turn: int) -> View:
    answer = None
    headers = {_ORGANIZATION: visit.person.organization}
    try:
        reply = await visit.apis.send("GET", "intake", f"{_BASE}/declarations/{number}", None, headers)
        answer = reply.json()
    except RefusedError as error:
        if error.status != _LOST:
            raise
    status = {} if answer is None else answer["declarationStatus"]
    final = status.get("result", "S") != "S"
    values = {
        "number": number,
        "status": status,
        "final": final,
        "results": RESULTS,
        "turn": turn if answer is None and turn <= _TURNS else 0,
    }
    return View("declare/result.html", values)


#: The meaning of each result.
RESULTS: Final = {
    "A": later("Accepted."),
    "W": later("Accepted, with a warning."),
    "B": later("Refused: the declaration has no effect. Correct the data and declare again."),
    "S": later("Provisional: the worker is being identified. The final result follows."),
}

PAGES: Final = (
    Page("GET", "/declare", Need.EMPLOYER, choose),
    Page("POST", "/declare", Need.EMPLOYER, find),
    Page("GET", "/declare/in/{commission}/{type}", Need.EMPLOYER, form_of_in),
    Page("POST", "/declare/in/{commission}/{type}", Need.EMPLOYER, declare_in),
    Page("GET", "/declare/{change}/{number:int}", Need.EMPLOYER, form_of_change),
    Page("POST", "/declare/{change}/{number:int}", Need.EMPLOYER, declare_change),
    Page("GET", "/declarations/{number:int}", Need.EMPLOYER, result),
    Page("GET", "/declarations/{declaration:int}/{turn:int}", Need.EMPLOYER, result_again),
)
