"""The phones that may declare by SMS and by voice for a technical client (docs/phones.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from services.portal.access.rules.inputs import LANGUAGES, PHONE, WRONG, YES, body_of_phone, mistakes
from services.portal.apis import RefusedError
from services.portal.pages.access.clients import clients_of, load_client, may_change, path_of
from services.portal.pages.access.forms import (
    BAD_REQUEST,
    CONFIRMED,
    CONFLICT,
    Review,
    review_view,
)
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit
from shared.words import later

NO_PLACE: Final = later(
    "The client has this phone already, or 20 phones: end one of them. Or an operator has blocked the client."
)
ENDS: Final = later(
    "The phone declares no more, at once. To use it again, enroll it anew: it gets another PIN."
)
#: Properties of a phone in a problem of the directory, with the field of the form.
_FIELDS: Final = {"number": "phone_number", "label": "phone_label", "language": "language"}


def _phones(visit: Visit, client: Mapping[str, Any]) -> str:
    return f"{clients_of(visit)}/{quote(client['id'], safe='')}/phones"


async def phones(visit: Visit) -> Answer:
    """Show the phones of a client, also ended ones, and the form that enrolls another one."""
    return await _list(visit, {})


async def _list(visit: Visit, found: Mapping[str, str], problem: str = "") -> View:
    client = await load_client(visit)
    document = await visit.apis.get("access", _phones(visit, client))
    values = {
        "client": client,
        "back": path_of(client),
        "phones": document["items"],
        "languages_of_phones": LANGUAGES,
        "changes": may_change(visit),
        "inputs": PHONE,
        "typed": visit.fields,
        "mistakes": {name: WRONG[mistake] for name, mistake in found.items()},
        "problem": problem,
    }
    return View("access/phones.html", values, BAD_REQUEST if found or problem else 200)


async def enrolled(visit: Visit) -> Answer:
    """Enroll the phone of the form, and show its PIN, once."""
    if found := mistakes(PHONE, visit.fields):
        return await _list(visit, found)
    client = await load_client(visit)
    try:
        reply = await visit.apis.send("POST", "access", _phones(visit, client), body_of_phone(visit.fields))
    except RefusedError as error:
        if error.acr or error.status not in (BAD_REQUEST, CONFLICT):
            raise
        if error.status == CONFLICT:
            return await _list(visit, {}, NO_PLACE)
        issues = error.problem.get("issues", [])
        wrong = {_FIELDS[each["name"]] for each in issues if each.get("name") in _FIELDS}
        return await _list(visit, dict.fromkeys(sorted(wrong or {"phone_number"}), "refused"))
    return View("access/pin.html", {"phone": reply.json(), "back": f"{path_of(client)}/phones"})


async def ended(visit: Visit) -> Answer:
    """Ask for the confirmation of the end of a phone; end it after the confirmation."""
    client, id_ = await load_client(visit), str(visit.parameters["id"])
    back = f"{path_of(client)}/phones"
    listed = (await visit.apis.get("access", _phones(visit, client)))["items"]
    phone = next((each for each in listed if each["id"] == id_ and "endedAt" not in each), None)
    if phone is None:
        raise LostError("no such phone")
    if CONFIRMED not in visit.fields:
        facts = [(later("Technical client"), client["id"]), (later("Phone"), phone["label"])]
        return review_view(
            Review(
                later("End a phone"), f"{back}/{id_}/end", later("End this phone"), facts, [(ENDS, {})],
                {CONFIRMED: YES}, back,
            )
        )  # fmt: skip
    await visit.apis.send("DELETE", "access", f"{_phones(visit, client)}/{id_}")
    return Next(back)


PAGES: Final = (
    Page("GET", "/access/clients/{client}/phones", Need.EMPLOYER, phones),
    Page("POST", "/access/clients/{client}/phones", Need.EMPLOYER, enrolled),
    Page("POST", "/access/clients/{client}/phones/{id:uuid}/end", Need.EMPLOYER, ended),
)
