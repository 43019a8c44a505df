"""Affiliations from both sides: lists, begin with a preview of their effect, and end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from services.portal.access.rules import inputs
from services.portal.access.rules.inputs import ENDING, YES, digits
from services.portal.apis import RefusedError
from services.portal.pages.access.forms import CONFIRMED, Form, Review, form_view, refused, review_view
from services.portal.pages.access.mandates import following, is_place
from services.portal.values import enterprise
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit
from shared.domain.rights import Right
from shared.words import Words, later

_PAGE_SIZE: Final = 50
BEGIN: Final = Form(
    later("Affiliate to an approved secretariat"),
    "/access/affiliations/new",
    inputs.affiliation(),
    later("Show the effect"),
    later(
        "An affiliation changes the addressee of your notifications. It gives no right to act: that is a "
        "mandate."
    ),
    "/access/affiliations",
)
LISTS: Final = (
    ("employer", later("Our notifications go to a secretariat")),
    ("secretariat", later("Notifications of these employers come to us")),
)
GOES: Final = later("From {first} on, notifications about workers of {employer} go to {secretariat}.")
DECLARATIONS: Final = later(
    "This holds for all its declarations, of every sender. Messages that were sent before stay where they "
    "are."
)
STOPS: Final = later("The affiliation to {secretariat} ends on {last}.")
REMOVED: Final = later("The affiliation to {secretariat} that was planned from {first} is removed.")
RETURNS: Final = later("From {first} on, notifications about workers of {employer} go to {employer} itself.")


def _list(visit: Visit) -> str:
    return f"/organizations/{visit.person.organization}/affiliations"


async def affiliations(visit: Visit) -> Answer:
    """Show the affiliations of the organization, on both sides, a page at a time."""
    place = visit.fields.get("after", "")
    after = f"&after={place}" if is_place(place) else ""
    document = await visit.apis.get("access", f"{_list(visit)}?pageSize={_PAGE_SIZE}{after}")
    organization = visit.person.organization
    lists = [
        (text, [each for each in document["items"] if each[side] == organization]) for side, text in LISTS
    ]
    return View(
        "access/affiliations.html", {"lists": lists, "after": following(document), "ends": _manages(visit)}
    )


def _manages(visit: Visit) -> bool:
    return visit.person.may(Right.ACCESS) or visit.person.may(Right.REPRESENTATIVE)


async def new(_visit: Visit) -> Answer:
    """Show the form of an affiliation."""
    return form_view(BEGIN, {})


async def begun(visit: Visit) -> Answer:
    """Show the effect of the affiliation of the form; begin it after the confirmation."""
    typed = visit.fields
    if found := inputs.mistakes(BEGIN.inputs, typed):
        return form_view(BEGIN, typed, found)
    body = {
        "employer": visit.person.organization,
        "secretariat": digits(typed["secretariat"]),
        "validFrom": typed["valid_from"],
    }
    is_confirmed = CONFIRMED in typed
    path = "/affiliations" if is_confirmed else "/affiliations/previews"
    try:
        reply = await visit.apis.send("POST", "access", path, body)
    except RefusedError as error:
        return refused(BEGIN, typed, error)
    if is_confirmed:
        return Next("/access/affiliations")
    preview = reply.json()
    return review_view(
        Review(
            later("Affiliate to this secretariat?"),
            BEGIN.path,
            later("Affiliate"),
            _facts(visit.words, preview),
            _effects(visit.words, preview),
            {**typed, CONFIRMED: YES},
            BEGIN.path,
        )
    )


def _facts(words: Words, affiliation: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (later("Employer"), _party(affiliation, "employer")),
        (later("Approved secretariat"), _party(affiliation, "secretariat")),
        (later("First day"), words.day(date.fromisoformat(affiliation["validFrom"]))),
    ]


def _party(affiliation: Mapping[str, Any], side: str) -> str:
    return f"{affiliation.get(f'{side}Name', '')} ({enterprise(affiliation[side])})".strip()


def _effects(words: Words, preview: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return the effect of an affiliation: the addressee of notifications, and what ends by it."""

    def day(text: str) -> str:
        return words.day(date.fromisoformat(text))

    names = {"employer": preview["employerName"], "secretariat": preview["secretariatName"]}
    return [
        (GOES, {"first": day(preview["validFrom"]), **names}),
        (DECLARATIONS, {}),
        *(
            (STOPS, {"secretariat": each["secretariatName"], "last": day(each["validUntil"])})
            for each in preview["ended"]
        ),
        *(
            (REMOVED, {"secretariat": each["secretariatName"], "first": day(each["validFrom"])})
            for each in preview["removed"]
        ),
    ]


async def ending(visit: Visit) -> Answer:
    """Show an affiliation with the form of its last day."""
    found = await _read(visit)
    return form_view(_ending(found), {"valid_until": found.get("validUntil", "")})


def _ending(found: Mapping[str, Any]) -> Form:
    path = f"/access/affiliations/{found['id']}"
    return Form(
        later("End an affiliation"), path, ENDING, later("Show the effect"), back="/access/affiliations"
    )


async def ended(visit: Visit) -> Answer:
    """Show the effect of the last day of an affiliation; set it after the confirmation."""
    found = await _read(visit)
    form, typed = _ending(found), visit.fields
    if wrong := inputs.mistakes(form.inputs, typed):
        return form_view(form, typed, wrong)
    last = date.fromisoformat(typed["valid_until"])
    if CONFIRMED not in typed:
        names = {"employer": found.get("employerName", ""), "secretariat": found.get("secretariatName", "")}
        effects = [
            (STOPS, {"last": visit.words.day(last), **names}),
            (RETURNS, {"first": visit.words.day(last + timedelta(days=1)), **names}),
        ]
        hidden = {"valid_until": typed["valid_until"], CONFIRMED: YES}
        return review_view(
            Review(
                form.heading, form.path, later("End the affiliation"), _facts(visit.words, found), effects,
                hidden, form.path,
            )
        )  # fmt: skip
    body = {"validUntil": typed["valid_until"]}
    try:
        await visit.apis.send("PATCH", "access", f"/affiliations/{found['id']}", body)
    except RefusedError as error:
        return refused(form, typed, error)
    return Next("/access/affiliations")


async def _read(visit: Visit) -> dict[str, Any]:
    """Return the affiliation of the address. Raise LostError if the organization has none with this id.

    A page of the list begins behind an id, so the id before this one finds it.
    """
    id_: UUID = visit.parameters["id"]
    if not id_.int:
        raise LostError("no such affiliation")
    document = await visit.apis.get("access", f"{_list(visit)}?pageSize=1&after={UUID(int=id_.int - 1)}")
    found: dict[str, Any] | None = next((each for each in document["items"] if each["id"] == str(id_)), None)
    if found is None:
        raise LostError("no such affiliation")
    return found


PAGES: Final = (
    Page("GET", "/access/affiliations", Need.EMPLOYER, affiliations),
    Page("POST", "/access/affiliations", Need.EMPLOYER, affiliations),
    Page("GET", "/access/affiliations/new", Need.EMPLOYER, new),
    Page("POST", "/access/affiliations/new", Need.EMPLOYER, begun),
    Page("GET", "/access/affiliations/{id:uuid}", Need.EMPLOYER, ending),
    Page("POST", "/access/affiliations/{id:uuid}", Need.EMPLOYER, ended),
)
