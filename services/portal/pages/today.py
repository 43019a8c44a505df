"""Today: the messages and periods that wait for the person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.portal.apis import RefusedError
from services.portal.declaration.rules import today as today_in_belgium
from services.portal.visit import Answer, Need, Page, View, Visit
from shared.domain.rights import MessageType
from shared.words import later

_FEW: Final = 5
_BACK: Final = timedelta(days=31)
#: The lists of unread messages, with the type of message; None means all types.
UNREAD: Final[tuple[tuple[str, MessageType | None], ...]] = (
    (later("Refused declarations, unread"), MessageType.NEGATIVE),
    (later("Provisional results, unread"), MessageType.PROVISIONAL),
    (later("All unread messages"), None),
)


async def today(visit: Visit) -> Answer:
    """Show the newest unread messages by type, and the periods of the last month that were declared late.

    A list that the person may not see is left out.
    """
    lists = [(text, await _messages(visit, type_)) for text, type_ in UNREAD]
    late = await _late(visit)
    values = {"lists": [(text, found) for text, found in lists if found is not None], "late": late}
    return View("today/today.html", values)


async def _messages(visit: Visit, type_: MessageType | None) -> dict[str, Any] | None:
    narrowed = f"&messageType={type_}" if type_ else ""
    path = f"/eboxes/{visit.person.organization}/messages?isRead=false&pageSize={_FEW}{narrowed}"
    try:
        found: dict[str, Any] = await visit.apis.get("notifier", path)
    except RefusedError as error:
        if error.acr:
            raise
        return None
    return found


async def _late(visit: Visit) -> list[dict[str, Any]] | None:
    begun = today_in_belgium(datetime.now(UTC)) - _BACK
    body = {
        "employer": {"enterpriseNumber": visit.person.employer},
        "isLate": True,
        "startPeriod": {"startDate": str(begun)},
    }
    path = f"/REST/dimona/v2/periods/search?pageSize={_FEW}&sort=-startDate"
    try:
        found: list[dict[str, Any]] = (await visit.apis.send("POST", "intake", path, body)).json()["items"]
    except RefusedError as error:
        if error.acr:
            raise
        return None
    return found


PAGES: Final = (Page("GET", "/today", Need.EMPLOYER, today),)
