"""The data of the organization as an employer, and their change by its managers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.portal.access.rules import inputs
from services.portal.access.rules.inputs import EMPLOYER, LANGUAGES, WRONG, YES
from services.portal.apis import RefusedError
from services.portal.pages.access.forms import BAD_REQUEST, CONFIRMED, Review, review_view
from services.portal.visit import Answer, Need, Next, Page, View, Visit
from shared.domain.rights import Right
from shared.words import later

PATH: Final = "/access/employer"
HEADING: Final = later("Data of the enterprise")
NO_EMPLOYER: Final = later("Your organization is not registered as an employer.")
CHANGED: Final = later("{label}: {before} becomes {after}.")
UNCHANGED: Final = later("Nothing changes.")
COUNTS: Final = later("This counts at once, for all users and programs of the enterprise.")
_LOST: Final = 404
_ANSWERS: Final = {YES: later("yes"), "": later("no")}


async def employer(visit: Visit) -> Answer:
    """Show the data of the employer, and to its managers the form that changes them."""
    try:
        found = await _read(visit)
    except RefusedError as error:
        if error.status != _LOST:
            raise
        return View("message.html", {"heading": HEADING, "text": NO_EMPLOYER}, _LOST)
    return _view(visit, found, inputs.typed_of_employer(found))


async def _read(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = await visit.apis.get("access", f"/employers/{visit.person.organization}")
    return found


def _view(
    visit: Visit,
    found: Mapping[str, Any],
    typed: Mapping[str, str],
    mistakes: Mapping[str, str] | None = None,
) -> View:
    values = {
        "employer": found,
        "inputs": EMPLOYER,
        "typed": typed,
        "mistakes": {name: WRONG[mistake] for name, mistake in (mistakes or {}).items()},
        "changes": visit.person.may(Right.ACCESS) or visit.person.may(Right.REPRESENTATIVE),
    }
    return View("access/employer.html", values, BAD_REQUEST if mistakes else 200)


async def changed(visit: Visit) -> Answer:
    """Show the effect of the form; change the data after the confirmation."""
    found, typed = await _read(visit), visit.fields
    if wrong := inputs.mistakes(EMPLOYER, typed):
        return _view(visit, found, typed, wrong)
    if CONFIRMED not in typed:
        return review_view(_review(visit, found, typed))
    path = f"/employers/{visit.person.organization}"
    try:
        await visit.apis.send("PATCH", "access", path, inputs.body_of_employer(typed))
    except RefusedError as error:
        if error.acr or error.status != BAD_REQUEST:
            raise
        return _view(visit, found, typed, {"name": "refused"})
    return Next(PATH, await visit.with_present_organizations())


def _review(visit: Visit, found: Mapping[str, Any], typed: Mapping[str, str]) -> Review:
    before = inputs.typed_of_employer(found)
    wanted = {each.name: typed.get(each.name, "") for each in EMPLOYER}
    effects = [
        (CHANGED, {
            "label": visit.words(each.label),
            "before": _text(visit, each.name, before[each.name]),
            "after": _text(visit, each.name, wanted[each.name]),
        })
        for each in EMPLOYER
        if wanted[each.name] != before[each.name]
    ]  # fmt: skip
    return Review(
        later("Change the data of the enterprise"),
        PATH,
        later("Change the data"),
        [(later("Enterprise"), found["name"])],
        [*effects, (COUNTS, {})] if effects else [(UNCHANGED, {})],
        {**{name: value for name, value in wanted.items() if value}, CONFIRMED: YES},
        PATH,
    )


def _text(visit: Visit, name: str, value: str) -> str:
    """Return a value as the page says it: a choice in words, the name of the enterprise as it is."""
    choices: Mapping[str, Mapping[str, str]] = {"language": LANGUAGES, "daily_registration": _ANSWERS}
    text = choices.get(name, {}).get(value)
    return value if text is None else visit.words(text)


PAGES: Final = (
    Page("GET", PATH, Need.EMPLOYER, employer),
    Page("POST", PATH, Need.EMPLOYER, changed),
)
