"""The e-Box: overview, message with its letter, contestation and its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from services.portal import enterprise_numbers
from services.portal.apis import Apis, RefusedError
from services.portal.visit import Answer, Document, Need, Next, Page, View, Visit
from shared.domain.rights import MessageType, Right
from shared.words import later

_BAD_REQUEST: Final = 400
_LONGEST_TEXT: Final = 200
_LONGEST_LABEL: Final = 50
_CONFLICT: Final = 409
_PAGE_SIZE: Final = 50
#: Contestations that are read at once, and how often.
_CASES_SIZE: Final = 200
_CASES_PAGES: Final = 5
TYPES: Final[Mapping[str, str]] = {
    MessageType.POSITIVE: later("Accepted declaration"),
    MessageType.NEGATIVE: later("Refused declaration"),
    MessageType.PROVISIONAL: later("Provisional result"),
    MessageType.WORKER_CHANGED: later("Number of a worker replaced"),
    MessageType.EMPLOYER_CHANGED: later("Number of the employer replaced"),
    MessageType.CONTESTATION: later("Contestation"),
    MessageType.ACCESS: later("Access"),
}
SORTS: Final[Mapping[str, str]] = {
    "-depositedAt": later("newest first"),
    "depositedAt": later("oldest first"),
    "messageType": later("by type"),
    "sender": later("by sender"),
    "expiresAt": later("by end of storage"),
}
STATES: Final[Mapping[str, str]] = {
    "open": later("open"),
    "upheld": later("upheld"),
    "rejected": later("rejected"),
    "withdrawn": later("withdrawn"),
}
NOT_CONTESTED: Final = later(
    "It cannot be contested: the last day is over, or a contestation is open already."
)
NO_REASON: Final = later("Give a reason of at most 2,000 characters.")
_LONGEST_REASON: Final = 2000


def box(visit: Visit) -> str:
    """Return the path of the messages of the chosen organization in the API of the notifier."""
    return f"/eboxes/{visit.person.organization}/messages"


async def overview(visit: Visit) -> Answer:
    """Show the newest messages."""
    return await _overview(visit, {})


async def arranged(visit: Visit) -> Answer:
    """Show the messages that meet the criteria of the form, in the chosen order."""
    return await _overview(visit, visit.fields)


async def _overview(visit: Visit, typed: Mapping[str, str]) -> View:
    query: dict[str, str] = {"pageSize": str(_PAGE_SIZE)}
    if typed.get("sort") in SORTS:
        query["sort"] = typed["sort"]
    if typed.get("type") in TYPES:
        query["messageType"] = typed["type"]
    sender = enterprise_numbers.parse(typed.get("sender", ""))
    wrong = enterprise_numbers.WRONG if sender is None and typed.get("sender") else ""
    if sender is not None:
        query["sender"] = sender
    if "unread" in typed:
        query["isRead"] = "false"
    if "mine" in typed:
        query["attentionOf"] = visit.person.user_id
    given = {"q": typed.get("text", "")[:_LONGEST_TEXT], "label": typed.get("label", "")[:_LONGEST_LABEL]}
    query |= {name: text for name, text in {**given, "after": typed.get("after", "")}.items() if text}
    document = await visit.apis.get("notifier", f"{box(visit)}?{urlencode(query)}")
    labels = await visit.apis.get("notifier", f"/eboxes/{visit.person.organization}/labels")
    values = {
        "typed": typed, "types": TYPES, "sorts": SORTS, "messages": document["items"],
        "total": document["total"], "after": document.get("nextAfter", ""),
        "labels": [each["label"] for each in labels["items"]], "wrong": wrong,
    }  # fmt: skip
    return View("ebox/overview.html", values, _BAD_REQUEST if wrong else 200)


async def message(visit: Visit) -> Answer:
    """Show a message: it counts as read from now on."""
    return await _message(visit)


async def _message(visit: Visit, wrong: str = "") -> View:
    path = f"{box(visit)}/{visit.parameters['id']}"
    document = await visit.apis.get("notifier", path)
    data: Mapping[str, Any] = {}
    names = {attachment["name"] for attachment in document["attachments"]}
    if "event.json" in names and "declarationId" in document:
        event = await visit.apis.get("notifier", f"{path}/attachments/event.json")
        data = event.get("data", {})
    values = {
        "message": document,
        "types": TYPES,
        "notification": data.get("notificationId", ""),
        "deadline": data.get("contestation", {}).get("deadline", ""),
        "has_letter": "letter.html" in names,
        "may_manage": visit.person.may(Right.EBOX_MANAGEMENT),
        "wrong": wrong,
        "typed": visit.fields,
    }
    return View("ebox/message.html", values, _BAD_REQUEST if wrong else 200)


async def letter(visit: Visit) -> Answer:
    """Return the letter of a message, as a document of its own to read and print."""
    path = f"{box(visit)}/{visit.parameters['id']}/attachments/letter.html"
    reply = await visit.apis.send("GET", "notifier", path)
    return Document(reply.body, "text/html; charset=utf-8")


async def contest(visit: Visit) -> Answer:
    """Contest the notification of a message, with its reason."""
    reason = visit.fields.get("reason", "")
    if not 0 < len(reason) <= _LONGEST_REASON:
        return await _message(visit, NO_REASON)
    body = {
        "notificationId": visit.fields.get("notification", ""),
        "enterpriseNumber": visit.person.organization,
        "reason": reason,
    }
    try:
        await visit.apis.send("POST", "contact", "/contestations", body)
    except RefusedError as error:
        if error.status not in (_BAD_REQUEST, _CONFLICT):
            raise
        return await _message(visit, NOT_CONTESTED)
    return Next("/contestations")


async def contestations(visit: Visit) -> Answer:
    """Show the contestations of the enterprise with their state, the newest first."""
    cases = await own_contestations(visit.apis, visit.person.organization)
    return View("ebox/contestations.html", {"cases": cases, "states": STATES})


async def withdraw(visit: Visit) -> Answer:
    """Withdraw an open contestation."""
    await visit.apis.send("POST", "contact", f"/contestations/{visit.parameters['id']}/withdrawals", {})
    return Next("/contestations")


async def own_contestations(apis: Apis, organization: str) -> list[dict[str, Any]]:
    """Return the newest contestations of an organization.

    The service gives those of all organizations of the person. Of these the newest thousand are read.
    """
    own: list[dict[str, Any]] = []
    following = ""
    for _ in range(_CASES_PAGES):
        document = await apis.get("contact", f"/contestations?pageSize={_CASES_SIZE}{following}")
        own += [each for each in document["items"] if each["enterpriseNumber"] == organization]
        if len(own) >= _PAGE_SIZE or "nextAfter" not in document:
            break
        following = f"&after={document['nextAfter']}"
    return own[:_PAGE_SIZE]


PAGES: Final = (
    Page("GET", "/ebox", Need.EMPLOYER, overview),
    Page("POST", "/ebox", Need.EMPLOYER, arranged),
    Page("GET", "/ebox/{id:uuid}", Need.EMPLOYER, message),
    Page("GET", "/ebox/{id:uuid}/letter", Need.EMPLOYER, letter),
    Page("POST", "/ebox/{id:uuid}/contest", Need.EMPLOYER, contest),
    Page("GET", "/contestations", Need.EMPLOYER, contestations),
    Page("POST", "/contestations/{id:uuid}/withdrawal", Need.EMPLOYER, withdraw),
)
