"""Mandates from both sides: lists, proposals with a preview of their effect, and their end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from services.portal.access.rules import inputs
from services.portal.access.rules.inputs import GROUPS, YES, body_of_mandate
from services.portal.apis import RefusedError
from services.portal.pages.access.forms import (
    CONFIRMED,
    Form,
    Review,
    form_view,
    refused,
    review_view,
)
from services.portal.values import enterprise
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit
from shared.domain.calendar import first_day, last_day, local_date
from shared.domain.rights import Right
from shared.words import Words, later

_PAGE_SIZE: Final = 50
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
STATUSES: Final = {
    "pending": later("prepared by a local manager"),
    "toFinalize": later("waits for the other side"),
    "active": later("in force"),
    "closed": later("ended"),
    "refused": later("refused"),
}
#: Act → operation, heading of its confirmation, text of its button.
ACTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "validate": ("validations", later("Validate a mandate"), later("Validate")),
    "refuse": ("refusals", later("Refuse a mandate"), later("Refuse")),
    "revoke": ("revocations", later("Revoke a mandate"), later("Revoke at once")),
}
#: Status → acts that it allows.
ALLOWED: Final[Mapping[str, Sequence[str]]] = {
    "pending": ("validate", "refuse"),
    "toFinalize": ("validate", "refuse"),
    "active": ("revoke",),
}
NOTE: Final = later(
    "Either side proposes; it is in force when both have validated it. The next page shows the effect, "
    "before anything is stored."
)
NOTE_OF_REPLACING: Final = later(
    "The new mandate begins with a later quarter, and the present one ends with the quarter before, when "
    "both sides have validated the new one."
)
NOT_PROPOSED: Final = later(
    "These parties have a mandate for these quarters already, or a proposal of one; or the mandate to "
    "replace is not in force."
)
SENT: Final = later("From {first} on, {mandatary} may do this for {mandator}: {group}. No end is set.")
SENT_UNTIL: Final = later("From {first} to {last}, {mandatary} may do this for {mandator}: {group}.")
SEES: Final = later("{mandatary} then reaches all periods of {mandator} for these acts, also past ones.")
WAITS: Final = later("It is in force only when the other side has validated it.")
PREPARED: Final = later(
    "A local manager prepares it: the principal access managers of both sides still validate it."
)
REPLACED: Final = later("The mandate of {mandatary} ends on {last}.")
NOTIFICATIONS: Final = later(
    "Notifications go where they went before: only an affiliation changes their addressee."
)
REVOKED: Final = later(
    "{mandatary} may not act for {mandator} any more, at once. Declarations that were received before are "
    "settled; later ones are refused."
)
NEVER: Final = later("The proposal ends and has no effect.")
SHORTENED: Final = later("The last day becomes {last}. Only a new mandate makes it longer again.")


def _now() -> date:
    return local_date(datetime.now(UTC))


def _form(replaces: str = "") -> Form:
    """Return the form of a proposal; `replaces` is the id of a mandate that ends by it."""
    return Form(
        later("Propose a mandate"),
        "/access/mandates/new",
        inputs.mandate(_now()),
        later("Show the effect"),
        NOTE_OF_REPLACING if replaces else NOTE,
        "/access/mandates",
        {"replaces": replaces} if replaces else {},
    )


async def mandates(visit: Visit) -> Answer:
    """Show the mandates of the organization, on both sides, a page at a time."""
    place = visit.fields.get("after", "")
    after = f"&after={place}" if is_place(place) else ""
    organization = visit.person.organization
    path = f"/organizations/{organization}/mandates?pageSize={_PAGE_SIZE}{after}"
    document = await visit.apis.get("access", path)
    items = document["items"]
    sides = [
        (inputs.SIDES["mandator"], [each for each in items if each["mandator"] == organization]),
        (inputs.SIDES["mandatary"], [each for each in items if each["mandatary"] == organization]),
    ]
    values = {"sides": sides, "groups": GROUPS, "statuses": STATUSES, "after": following(document)}
    return View("access/mandates.html", values)


def following(document: Mapping[str, Any]) -> str:
    """Return the id after which the next page of a collection begins; an empty text for the last page."""
    query = urlsplit(str(document.get("next", ""))).query
    return parse_qs(query).get("after", [""])[0]


def is_place(text: str) -> bool:
    """Return whether a text can be the id after which a page begins."""
    return _ID.fullmatch(text) is not None


async def new(_visit: Visit) -> Answer:
    """Show the form of a proposal."""
    return form_view(_form(), {})


async def replacing(visit: Visit) -> Answer:
    """Show the form of a proposal to another mandatary, in place of a mandate in force."""
    found = await _read(visit)
    if found["mandator"] != visit.person.organization:
        raise LostError("only the employer replaces a mandatary")
    return form_view(_form(found["id"]), {"side": "mandator", "group": found["applicationGroup"]})


async def proposed(visit: Visit) -> Answer:
    """Show the effect of the mandate of the form; propose it after the confirmation."""
    typed = visit.fields
    replaces = typed.get("replaces", "")
    form = _form(replaces if is_place(replaces) else "")
    if found := inputs.mistakes(form.inputs, typed):
        return form_view(form, typed, found)
    body = {**body_of_mandate(typed, visit.person.organization), **form.hidden}
    is_confirmed = CONFIRMED in typed
    try:
        reply = await visit.apis.send(
            "POST", "access", "/mandates" if is_confirmed else "/mandates/previews", body
        )
    except RefusedError as error:
        return refused(form, typed, error, NOT_PROPOSED)
    if is_confirmed:
        return Next(f"/access/mandates/{reply.json()['id']}")
    preview = reply.json()
    return review_view(
        Review(
            later("Propose this mandate?"),
            form.path,
            later("Propose the mandate"),
            facts(visit.words, preview),
            [*_effects(visit.words, preview), (WAITS if preview["status"] != "pending" else PREPARED, {})],
            {**typed, CONFIRMED: YES},
            form.path,
        )
    )


def facts(words: Words, mandate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return labels and values of a mandate, or of the preview of one."""
    end = mandate.get("endQuarter")
    return [
        (later("Employer"), _party(mandate, "mandator")),
        (later("Acts for the employer"), _party(mandate, "mandatary")),
        (
            later("For which acts"),
            words(GROUPS.get(mandate["applicationGroup"], mandate["applicationGroup"])),
        ),
        (later("First day"), words.day(first_day(mandate["beginQuarter"]))),
        (later("Last day"), words.day(last_day(end)) if end else "–"),
    ]


def _party(mandate: Mapping[str, Any], side: str) -> str:
    return f"{mandate.get(f'{side}Name', '')} ({enterprise(mandate[side])})".strip()


def _effects(words: Words, mandate: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return the effect of a mandate: employers, acts and days, the mandate that ends, and notifications."""
    group = words(GROUPS.get(mandate["applicationGroup"], mandate["applicationGroup"]))
    sides = {side: mandate.get(f"{side}Name", mandate[side]) for side in ("mandator", "mandatary")}
    first, end = words.day(first_day(mandate["beginQuarter"])), mandate.get("endQuarter")
    until = {"last": words.day(last_day(end))} if end else {}
    effects = [
        (SENT_UNTIL if end else SENT, {"first": first, "group": group, **sides, **until}),
        (SEES, sides),
        (NOTIFICATIONS, {}),
    ]
    if replaced := mandate.get("replaced"):
        last = words.day(date.fromisoformat(replaced["lastDay"]))
        effects.append((REPLACED, {"mandatary": replaced["mandataryName"], "last": last}))
    return effects


async def mandate(visit: Visit) -> Answer:
    """Show a mandate with its effect, and the acts that its status allows."""
    found = await _read(visit)
    decides = visit.person.may(Right.ACCESS) or visit.person.may(Right.REPRESENTATIVE)
    is_own = found["mandator"] == visit.person.organization
    side = "Mandator" if is_own else "Mandatary"
    acts = [
        (act, ACTS[act][2])
        for act in ALLOWED.get(found["status"], ())
        if decides and not (act == "validate" and f"validatedBy{side}At" in found)
    ]
    values = {
        "mandate": found,
        "facts": facts(visit.words, found),
        "status": STATUSES[found["status"]],
        "acts": acts,
        "replaceable": decides and is_own and found["status"] == "active",
        "shortening": inputs.shortening(found["beginQuarter"], _now())[0]
        if decides and found["status"] == "active"
        else None,
    }
    return View("access/mandate.html", values)


async def _read(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = await visit.apis.get("access", f"/mandates/{visit.parameters['id']}")
    return found


async def acted(visit: Visit) -> Answer:
    """Ask for the confirmation of an act on a mandate, with its effect; do it after the confirmation."""
    act, id_ = visit.parameters["act"], visit.parameters["id"]
    if act not in ACTS:
        raise LostError("no such act")
    operation, heading, button = ACTS[act]
    path = f"/access/mandates/{id_}"
    if CONFIRMED in visit.fields:
        await visit.apis.send("POST", "access", f"/mandates/{id_}/{operation}")
        return Next(path)
    found = await _read(visit)
    return review_view(
        Review(
            heading, f"{path}/act/{act}", button, facts(visit.words, found), _of_act(visit.words, act, found),
            {CONFIRMED: YES}, path,
        )
    )  # fmt: skip


def _of_act(words: Words, act: str, found: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    if act == "validate":
        effects = _effects(words, found)
        return effects if found["status"] == "toFinalize" else [*effects, (WAITS, {})]
    if act == "refuse":
        return [(NEVER, {})]
    sides = {side: found.get(f"{side}Name", found[side]) for side in ("mandator", "mandatary")}
    return [(REVOKED, sides), (NOTIFICATIONS, {})]


async def shortened(visit: Visit) -> Answer:
    """Ask for the confirmation of an earlier end of a mandate; set it after the confirmation."""
    found = await _read(visit)
    path = f"/access/mandates/{visit.parameters['id']}"
    form = Form(
        later("Shorten a mandate"),
        f"{path}/end",
        inputs.shortening(found["beginQuarter"], _now()),
        later("Show the effect"),
        back=path,
    )
    if wrong := inputs.mistakes(form.inputs, visit.fields):
        return form_view(form, visit.fields, wrong)
    end = visit.fields["end"]
    if CONFIRMED not in visit.fields:
        effects = [(SHORTENED, {"last": visit.words.day(last_day(end))})]
        hidden = {"end": end, CONFIRMED: YES}
        return review_view(
            Review(
                form.heading, form.path, later("Shorten"), facts(visit.words, found), effects, hidden, path
            )
        )
    try:
        await visit.apis.send("PUT", "access", f"/mandates/{found['id']}/endQuarter", {"endQuarter": end})
    except RefusedError as error:
        return refused(form, visit.fields, error)
    return Next(path)


PAGES: Final = (
    Page("GET", "/access/mandates", Need.EMPLOYER, mandates),
    Page("POST", "/access/mandates", Need.EMPLOYER, mandates),
    Page("GET", "/access/mandates/new", Need.EMPLOYER, new),
    Page("POST", "/access/mandates/new", Need.EMPLOYER, proposed),
    Page("GET", "/access/mandates/{id:uuid}", Need.EMPLOYER, mandate),
    Page("GET", "/access/mandates/{id:uuid}/replace", Need.EMPLOYER, replacing),
    Page("POST", "/access/mandates/{id:uuid}/end", Need.EMPLOYER, shortened),
    Page("POST", "/access/mandates/{id:uuid}/act/{act}", Need.EMPLOYER, acted),
)
