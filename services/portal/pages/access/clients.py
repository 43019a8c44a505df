"""Technical clients of an organization: queue, keys and password of the message queue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from services.portal.access.rules import keys
from services.portal.access.rules.inputs import CLIENT, KEY, WRONG, YES, mistakes
from services.portal.access.rules.scopes import SCOPES
from services.portal.apis import RefusedError
from services.portal.pages.access.forms import (
    BAD_REQUEST,
    CONFIRMED,
    CONFLICT,
    NOT_POSSIBLE,
    Review,
    review_view,
)
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit
from shared.domain.calendar import end_of_day
from shared.domain.rights import Right
from shared.words import later

_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
ACCOUNTS: Final = {
    "pending": later("Its account is being made; load the page again in a few seconds."),
    "noPassword": later("It has no password yet: make one below."),
    "ready": later("The program can connect."),
    "byOperator": later("An operator made its account."),
}
FULL: Final = later(
    "The client has two keys for that time, or had this key before: end one of them, or make a new one."
)
NO_ROOM: Final = later(
    "At most 20 clients, of which five have a queue; and none while an operator blocks one."
)
QUEUE_ENDS: Final = later(
    "The account at the message queue is deleted. Replies that were not read stay until the client gets its "
    "queue back."
)
QUEUE_BEGINS: Final = later("The client gets a reply queue. Afterwards make its password.")
KEY_ENDS: Final = later(
    "Programs that use this key get no token any more, at once. The key cannot be used again."
)
PASSWORD_CHANGES: Final = later(
    "The present password stops at once, and open connections of the program end. The new one is shown once."
)


def clients_of(visit: Visit) -> str:
    """Return the path of the clients of the organization in the API."""
    return f"/organizations/{visit.person.organization}/clients"


def may_change(visit: Visit) -> bool:
    """Return whether the person changes technical clients of the organization."""
    return visit.person.may(Right.ACCESS) or visit.person.may(Right.REPRESENTATIVE)


async def clients(visit: Visit) -> Answer:
    """Show the technical clients of the organization, and the form of a new one."""
    return await _list(visit, {})


async def _list(visit: Visit, found: Mapping[str, str], problem: str = "") -> View:
    document = await visit.apis.get("access", clients_of(visit))
    values = {
        "clients": document["items"],
        "changes": may_change(visit),
        "queue": CLIENT[0],
        "typed": visit.fields,
        "mistakes": {name: WRONG[mistake] for name, mistake in found.items()},
        "problem": problem,
    }
    return View("access/clients.html", values, BAD_REQUEST if found or problem else 200)


async def added(visit: Visit) -> Answer:
    """Add a technical client, with or without a queue."""
    if found := mistakes(CLIENT, visit.fields):
        return await _list(visit, found)
    try:
        body = {"queue": visit.fields["queue"] == YES}
        client = (await visit.apis.send("POST", "access", clients_of(visit), body)).json()
    except RefusedError as error:
        if error.status != CONFLICT:
            raise
        return await _list(visit, {}, NO_ROOM)
    return Next(f"/access/clients/{client['id']}")


async def client(visit: Visit) -> Answer:
    """Show a technical client with its keys, and the forms that change it."""
    return await _client(visit, {})


async def _client(visit: Visit, found: Mapping[str, str], problem: str = "") -> View:
    values = {
        "client": await load_client(visit),
        "accounts": ACCOUNTS,
        "scopes": SCOPES,
        "changes": may_change(visit),
        "inputs": KEY,
        # A key that was refused is not repeated: it could be a private one.
        "typed": {} if "key" in found else visit.fields,
        "mistakes": {name: WRONG[mistake] for name, mistake in found.items()},
        "problem": problem,
    }
    return View("access/client.html", values, BAD_REQUEST if found or problem else 200)


async def load_client(visit: Visit) -> dict[str, Any]:
    """Return the client of the address. Raise LostError if the organization has no such client."""
    document = await visit.apis.get("access", clients_of(visit))
    id_ = visit.parameters["client"]
    found: dict[str, Any] | None = next((each for each in document["items"] if each["id"] == id_), None)
    if found is None:
        raise LostError("no such client")
    return found


def path_of(client: Mapping[str, Any]) -> str:
    """Return the path of the page of a client."""
    return f"/access/clients/{quote(client['id'], safe='')}"


async def key_added(visit: Visit) -> Answer:
    """Register the public key of the form."""
    typed = visit.fields
    if found := mistakes(KEY, typed):
        return await _client(visit, found)
    body = keys.body_of(typed["key"])
    if isinstance(body, str):
        return await _client(visit, {"key": body})
    if typed.get("valid_until"):
        body["validUntil"] = end_of_day(date.fromisoformat(typed["valid_until"])).isoformat()
    found_client = await load_client(visit)
    try:
        path = f"{clients_of(visit)}/{quote(found_client['id'], safe='')}/keys"
        await visit.apis.send("POST", "access", path, body)
    except RefusedError as error:
        if error.acr or error.status not in (BAD_REQUEST, CONFLICT):
            raise
        if error.status == CONFLICT:
            return await _client(visit, {}, FULL)
        wrong = {issue.get("name") for issue in error.problem.get("issues", [])}
        return await _client(visit, {"valid_until": "refused"} if wrong == {"validUntil"} else {"key": "key"})
    return Next(path_of(found_client))


async def key_ended(visit: Visit) -> Answer:
    """Ask for the confirmation of the end of a key; end it after the confirmation."""
    found, key = await load_client(visit), visit.fields.get("key", "")
    if not _KEY_ID.fullmatch(key):
        raise LostError("no such key")
    path = path_of(found)
    if CONFIRMED not in visit.fields:
        facts = [(later("Technical client"), found["id"]), (later("Key"), key)]
        return review_view(
            Review(
                later("End a key"), f"{path}/keys/end", later("End this key"), facts, [(KEY_ENDS, {})],
                {"key": key, CONFIRMED: YES}, path,
            )
        )  # fmt: skip
    await visit.apis.send("DELETE", "access", f"{clients_of(visit)}/{quote(found['id'], safe='')}/keys/{key}")
    return Next(path)


async def queue_changed(visit: Visit) -> Answer:
    """Ask for the confirmation before a client gets or loses its queue; change it afterwards."""
    found = await load_client(visit)
    path, queue = path_of(found), not found["queue"]
    if CONFIRMED not in visit.fields:
        return review_view(
            Review(
                later("Give the client a queue") if queue else later("Take the queue away"),
                f"{path}/queue",
                later("Give the client a queue") if queue else later("Take the queue away"),
                [(later("Technical client"), found["id"])],
                [(QUEUE_BEGINS if queue else QUEUE_ENDS, {})],
                {"queue": YES if queue else "no", CONFIRMED: YES},
                path,
            )
        )
    body = {"queue": visit.fields.get("queue") == YES}
    return await _changed(visit, found, body)


async def _changed(visit: Visit, found: Mapping[str, Any], body: Mapping[str, Any]) -> Answer:
    try:
        await visit.apis.send("PATCH", "access", f"{clients_of(visit)}/{quote(found['id'], safe='')}", body)
    except RefusedError as error:
        if error.status != CONFLICT:
            raise
        return await _client(visit, {}, NO_ROOM)
    return Next(path_of(found))


async def password_renewed(visit: Visit) -> Answer:
    """Ask for the confirmation of a new password of the message queue; make and show it afterwards, once."""
    found = await load_client(visit)
    path = path_of(found)
    if CONFIRMED not in visit.fields:
        return review_view(
            Review(
                later("Make a new password"), f"{path}/password", later("Make the password"),
                [(later("Technical client"), found["id"])], [(PASSWORD_CHANGES, {})], {CONFIRMED: YES}, path,
            )
        )  # fmt: skip
    try:
        reply = await visit.apis.send(
            "POST", "access", f"{clients_of(visit)}/{quote(found['id'], safe='')}/passwords"
        )
    except RefusedError as error:
        if error.status != CONFLICT:
            raise
        return await _client(visit, {}, NOT_POSSIBLE)
    return View("access/password.html", {"account": reply.json(), "back": path})


PAGES: Final = (
    Page("GET", "/access/clients", Need.EMPLOYER, clients),
    Page("POST", "/access/clients", Need.EMPLOYER, added),
    Page("GET", "/access/clients/{client}", Need.EMPLOYER, client),
    Page("POST", "/access/clients/{client}/keys", Need.EMPLOYER, key_added, has_secret=True),
    Page("POST", "/access/clients/{client}/keys/end", Need.EMPLOYER, key_ended),
    Page("POST", "/access/clients/{client}/queue", Need.EMPLOYER, queue_changed),
    Page("POST", "/access/clients/{client}/password", Need.EMPLOYER, password_renewed),
)
