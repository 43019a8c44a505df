"""Marks in the e-Box: labels, the attention of a colleague, and the consent to digital documents only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import UUID

from services.portal.apis import AwayError, RefusedError
from services.portal.pages.ebox import box
from services.portal.visit import Answer, Need, Next, Page, View, Visit
from shared.domain.rights import Right
from shared.words import later

_BAD_REQUEST: Final = 400
_CONFLICT: Final = 409
_READERS: Final = frozenset({Right.EBOX, Right.EBOX_MANAGEMENT})
#: The rights of which one is needed to see the users of an organization.
_MANAGERS: Final = frozenset({Right.REPRESENTATIVE, Right.ACCESS, Right.USERS, Right.AGENT})
NO_COLLEAGUE: Final = later("This person may not see this message, or the number is wrong.")


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of the organization with the right to see messages: opaque user id and name."""

    id: str
    name: str


async def label(visit: Visit) -> Answer:
    """Put a label on a message, or take it away; with `for_all` that of the whole enterprise."""
    id_, text = visit.parameters["id"], visit.fields.get("label", "")
    if text:
        method = "DELETE" if "take" in visit.fields else "PUT"
        for_all = "?isForAll=true" if "for_all" in visit.fields else ""
        path = f"{box(visit)}/{id_}/labels/{quote(text, safe='')}{for_all}"
        await visit.apis.send(method, "notifier", path)
    return Next(f"/ebox/{id_}")


async def attention(visit: Visit) -> Answer:
    """Show the form to mark a message for the attention of a colleague."""
    return await _attention(visit)


async def _attention(visit: Visit, wrong: str = "") -> View:
    message = await visit.apis.get("notifier", f"{box(visit)}/{visit.parameters['id']}")
    colleagues = await _colleagues(visit)
    names = {each.id: each.name for each in colleagues or ()} | {visit.person.user_id: visit.person.name}
    values = {
        "message": message,
        "colleagues": colleagues,
        "marked": [(id_, names.get(id_, "")) for id_ in message["forTheAttentionOf"]],
        "wrong": wrong,
    }
    return View("ebox/attention.html", values, _BAD_REQUEST if wrong else 200)


async def _colleagues(visit: Visit) -> list[Colleague] | None:
    """Return the persons with the right to see messages, or None if the person may not see the users.

    Without the right the directory is not asked, because it records each refusal.
    """
    if not any(visit.person.may(right) for right in _MANAGERS):
        return None
    try:
        found = await visit.apis.get("access", f"/organizations/{visit.person.organization}/users")
    except (RefusedError, AwayError):
        return None
    return [
        Colleague(user["id"], f"{user['givenName']} {user['familyName']}")
        for user in found["items"]
        if any(right["right"] in _READERS for right in user["rights"])
    ]


async def call_attention(visit: Visit) -> Answer:
    """Mark a message for the attention of a person, or take the mark away."""
    id_ = visit.parameters["id"]
    try:
        colleague = UUID(visit.fields.get("colleague", ""))
    except ValueError:
        return await _attention(visit, NO_COLLEAGUE)
    method = "DELETE" if "take" in visit.fields else "PUT"
    try:
        await visit.apis.send(method, "notifier", f"{box(visit)}/{id_}/attention/{colleague}")
    except RefusedError as error:
        if error.status != _CONFLICT:
            raise
        return await _attention(visit, NO_COLLEAGUE)
    return Next(f"/ebox/{id_}/attention")


async def preferences(visit: Visit) -> Answer:
    """Show whether the enterprise gets digital documents only, and the form to agree or to withdraw."""
    found = await visit.apis.get("notifier", _preferences(visit))
    values = {"preferences": found, "may": visit.person.may(Right.EBOX_MANAGEMENT)}
    return View("ebox/preferences.html", values)


def _preferences(visit: Visit) -> str:
    return f"/eboxes/{visit.person.organization}/preferences"


async def agree(visit: Visit) -> Answer:
    """Store or withdraw the consent of the enterprise to digital documents only."""
    body = {"isExclusivelyDigital": visit.fields.get("digital") == "yes"}
    await visit.apis.send("PUT", "notifier", _preferences(visit), body)
    return Next("/ebox/preferences")


PAGES: Final = (
    Page("POST", "/ebox/{id:uuid}/labels", Need.EMPLOYER, label),
    Page("GET", "/ebox/{id:uuid}/attention", Need.EMPLOYER, attention),
    Page("POST", "/ebox/{id:uuid}/attention", Need.EMPLOYER, call_attention),
    Page("GET", "/ebox/preferences", Need.EMPLOYER, preferences),
    Page("POST", "/ebox/preferences", Need.EMPLOYER, agree),
)
