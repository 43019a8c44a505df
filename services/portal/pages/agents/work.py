"""The pages of work lists: the overview, each list, each case, and each act after its confirmation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from services.portal.apis import RefusedError
from services.portal.declaration.rules import digits
from services.portal.pages.agents.access import for_agents, rights_of
from services.portal.pages.agents.subjects import SUBJECTS, Act, Field, Subject, shown
from services.portal.pages.agents.words import PROPERTIES, SOURCES, STATES
from services.portal.visit import Answer, Handler, LostError, Need, Next, Page, View, Visit
from shared.domain.identifiers import parse_ssin
from shared.words import later

_BAD_REQUEST: Final = 400
_CONFLICT: Final = 409
_PAGE_SIZE: Final = 50
_BOOLEANS: Final = {"true": True, "false": False}
CONFIRMED: Final = "confirmed"
WRONG: Final[Mapping[str, str]] = {
    "missing": later("Fill in this field."),
    "long": later("This text is too long."),
    "date": later("Give a day."),
    "number": later("The number has 11 digits, and its check digits must be right."),
    "choice": later("Choose one of the answers."),
}
NOT_DONE: Final = (
    later("Not done"),
    later(
        "The state of the case does not allow this: it has ended, it was not claimed or heard before, "
        "or you have decided already. Load the case again."
    ),
)


async def overview(visit: Visit) -> Answer:
    """Show the lists that the rights of the agent open. No list is read for it."""
    rights = rights_of(visit.person)
    lists = [subject for subject in SUBJECTS if subject.rights & rights]
    if not lists:
        raise LostError("not an agent")
    return View("agents/overview.html", {"lists": lists})


def list_of(subject: Subject) -> Handler:
    """Return the handler of a list, which shows the page after `after` of the form."""

    async def handler(visit: Visit) -> Answer:
        query = {"pageSize": str(_PAGE_SIZE)}
        query |= {"after": visit.fields["after"]} if visit.fields.get("after") else {}
        joint = "&" if "?" in subject.listed else "?"
        found = await visit.apis.get(subject.service, f"{subject.listed}{joint}{urlencode(query)}")
        values = {
            "subject": subject, "items": found["items"], "after": _after(found), "states": STATES,
            "own": visit.person.user_id,
        }  # fmt: skip
        return View("agents/list.html", values)

    return handler


def _after(found: Mapping[str, Any]) -> str:
    """Return the place after which the next page begins, in both forms of the APIs; else an empty text."""
    following = parse_qs(urlsplit(found.get("next", "")).query)
    return str(found.get("nextAfter", following.get("after", [""])[0]))


def case_of(subject: Subject) -> Handler:
    """Return the handler of a single case."""

    async def handler(visit: Visit) -> Answer:
        return await _case(visit, subject)

    return handler


async def _case(visit: Visit, subject: Subject, act: Act | None = None, **mistakes: str) -> View:
    """Show a case. `mistakes` are those in the form of an act, by field."""
    found = await visit.apis.get(subject.service, _path(subject.item, visit))
    values = {
        "subject": subject, "item": found, "id": _id(visit), "states": STATES, "own": visit.person.user_id,
        "typed": visit.fields, "wrong_act": "" if act is None else act.name,
        "mistakes": {name: WRONG[mistake] for name, mistake in mistakes.items()},
        "sources": SOURCES, "properties": PROPERTIES,
    }  # fmt: skip
    if subject.beside is not None:
        service, path = subject.beside
        values["beside"] = await visit.apis.get(service, _path(path, visit))
    return View(subject.template, values, _BAD_REQUEST if mistakes else 200)


def _id(visit: Visit) -> str:
    return str(visit.parameters.get("id", visit.parameters.get("number")))


def _path(path: str, visit: Visit) -> str:
    return path.replace("{id}", _id(visit))


def act_of(subject: Subject, act: Act) -> Handler:
    """Return the handler of an act: it names mistakes, then shows the act, then does it."""
    back = f"/agents/{subject.name}"

    async def handler(visit: Visit) -> Answer:
        here = f"{back}/{_id(visit)}" if subject.item else back
        if not subject.rights & rights_of(visit.person) and CONFIRMED not in visit.fields:
            raise LostError("no API is asked before the confirmation")
        if mistakes := dict(_mistakes(act.fields, visit.fields)):
            if not subject.item:
                raise LostError("an act of a list has no fields")
            return await _case(visit, subject, act, **mistakes)
        if visit.fields.get(CONFIRMED) != act.name:
            return _confirmation(subject, act, visit, here)
        try:
            await visit.apis.send("POST", subject.service, _path(act.path, visit), _body(act, visit.fields))
        except RefusedError as error:
            if error.status != _CONFLICT:
                raise
            heading, text = NOT_DONE
            return View("message.html", {"heading": heading, "text": text}, _CONFLICT)
        return Next(here)

    return handler


def _confirmation(subject: Subject, act: Act, visit: Visit, back: str) -> View:
    typed = {each.name: visit.fields.get(each.name, "") for each in act.fields}
    values = {
        "subject": subject, "act": act, "typed": typed, "back": back, "confirmed": CONFIRMED,
        "path": f"/agents/{subject.name}/{_id(visit)}/{act.name}",
        "shown": [
            *([(later("Number"), _id(visit))] if subject.is_numbered else []),
            *((each.label, shown(visit.words, each.name, typed[each.name])) for each in act.fields),
        ],
    }  # fmt: skip
    return View("agents/confirm.html", values)


def _mistakes(fields: tuple[Field, ...], typed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for each in fields:
        if mistake := _mistake(each, typed.get(each.name, "")):
            yield each.name, mistake


def _mistake(field: Field, text: str) -> str:
    if not text:
        return "missing" if field.required else ""
    checks = {
        "choice": text in field.choices,
        "date": _is_day(text),
        "number": parse_ssin(digits(text)) is not None,
    }
    if not checks.get(field.kind, True):
        return field.kind
    return "long" if len(text) > field.longest else ""


def _is_day(text: str) -> bool:
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def _body(act: Act, typed: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the body for the API; None for an act without values."""
    given = dict(act.sent) | {
        each.name: _value(each, typed[each.name]) for each in act.fields if typed.get(each.name)
    }
    return given or None


def _value(field: Field, text: str) -> str | bool:
    """Return the value of a field for the API: a number without points, yes and no as a boolean."""
    if field.kind == "number":
        return digits(text)
    return _BOOLEANS.get(text, text) if field.kind == "choice" else text


def _pages() -> Iterator[Page]:
    yield Page("GET", "/agents", Need.PERSON, for_agents(overview))
    for subject in SUBJECTS:
        for method in ("GET", "POST"):
            path = f"/agents/{subject.name}"
            yield Page(method, path, Need.PERSON, for_agents(list_of(subject)))
        yield from pages_of_cases(subject)


def pages_of_cases(subject: Subject) -> Iterator[Page]:
    """Yield the pages of the single cases of a subject: the case, and each act."""
    path, parameter = f"/agents/{subject.name}", "{number:int}" if subject.is_numbered else "{id:uuid}"
    if subject.item:
        yield Page("GET", f"{path}/{parameter}", Need.PERSON, for_agents(case_of(subject)))
    for act in subject.acts:
        yield Page("POST", f"{path}/{parameter}/{act.name}", Need.PERSON, for_agents(act_of(subject, act)))


PAGES: Final = tuple(_pages())
