"""The scopes of a technical client, and the confirmation of their change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from services.portal.access.rules import scopes as rules
from services.portal.access.rules.inputs import YES
from services.portal.access.rules.scopes import SCOPES
from services.portal.apis import RefusedError
from services.portal.pages.access.clients import clients_of, load_client, path_of
from services.portal.pages.access.forms import CONFIRMED, CONFLICT, Review, review_view
from services.portal.visit import Answer, Need, Next, Page, View, Visit
from shared.words import later

GIVEN: Final = later("given: {scope}")
TAKEN: Final = later("taken back: {scope}")
COUNTS: Final = later("This counts for the next token of the client; a token lives for ten minutes.")
UNCHANGED: Final = later("Nothing changes.")
CHANGED_SINCE: Final = later(
    "The scopes changed since you saw the effect. Nothing was sent; this is the new effect."
)
BLOCKED: Final = later("An operator has blocked this client. Nothing was changed.")
HEADING: Final = later("Change the scopes of a technical client")
#: The field of a confirmed form with the scopes for which the effect was shown.
_PRESENT: Final = "present"


async def boxes(visit: Visit) -> Answer:
    """Show a box for each scope that the organization may give."""
    found = await load_client(visit)
    values = {
        "client": found, "heading": HEADING, "yes": YES,
        "boxes": [(rules.box_of(scope), text, scope in found["scopes"]) for scope, text in SCOPES.items()],
    }  # fmt: skip
    return View("access/scopes.html", values)


async def changed(visit: Visit) -> Answer:
    """Ask for the confirmation of changed scopes; change them after it.

    Ask again if the scopes were changed since: the confirmed form replaces all of them.
    """
    found = await load_client(visit)
    present, wanted = rules.given(found["scopes"]), rules.checked(visit.fields)
    if CONFIRMED not in visit.fields or visit.fields.get(_PRESENT) != " ".join(present):
        return review_view(_review(visit, found, present, wanted))
    path = f"{clients_of(visit)}/{quote(found['id'], safe='')}"
    try:
        await visit.apis.send("PATCH", "access", path, {"scopes": wanted})
    except RefusedError as error:
        if error.status != CONFLICT:
            raise
        return View("message.html", {"heading": HEADING, "text": BLOCKED}, CONFLICT)
    return Next(path_of(found))


def _review(visit: Visit, found: Mapping[str, Any], present: Sequence[str], wanted: Sequence[str]) -> Review:
    effects = [
        *((GIVEN, {"scope": visit.words(SCOPES[each])}) for each in wanted if each not in present),
        *((TAKEN, {"scope": visit.words(SCOPES[each])}) for each in present if each not in wanted),
    ]
    path = f"{path_of(found)}/scopes"
    return Review(
        HEADING,
        path,
        later("Change the scopes"),
        [(later("Technical client"), found["id"])],
        [*effects, (COUNTS, {})] if effects else [(UNCHANGED, {})],
        {**dict.fromkeys(map(rules.box_of, wanted), YES), CONFIRMED: YES, _PRESENT: " ".join(present)},
        path,
        CHANGED_SINCE if CONFIRMED in visit.fields else "",
    )


PAGES: Final = (
    Page("GET", "/access/clients/{client}/scopes", Need.EMPLOYER, boxes),
    Page("POST", "/access/clients/{client}/scopes", Need.EMPLOYER, changed),
)
