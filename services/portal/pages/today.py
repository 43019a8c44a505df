"""Today: the messages, last days and periods that wait for the person, and the quotas of the enterprise."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from services.portal.apis import RefusedError
from services.portal.pages.codes import name_of
from services.portal.pages.declare_sending import BASE
from services.portal.visit import Answer, Need, Page, View, Visit, present_day
from shared.domain.calendar import contestation_deadline
from shared.domain.rights import MessageType
from shared.words import later

_FEW: Final = 5
_MANY: Final = 200  #: the most messages that the e-Box gives at once
_BACK: Final = timedelta(days=31)
#: The lists of unread messages, with the type of message; None means all types.
UNREAD: Final[tuple[tuple[str, MessageType | None], ...]] = (
    (later("Refused declarations, unread"), MessageType.NEGATIVE),
    (later("Provisional results, unread"), MessageType.PROVISIONAL),
    (later("All unread messages"), None),
)
#: The lists of periods that began in the last month or later, with the criterion that they meet.
PERIODS: Final[tuple[tuple[str, str], ...]] = (
    (later("Declared late in the last month"), "isLate"),
    (later("Beyond a quota in the last month"), "isQuotaExceeded"),
)


@dataclass(frozen=True, slots=True)
class Countdown:
    """A notification that can still be contested: the message, the last day, and the days until then."""

    message: Mapping[str, Any]
    last_day: date
    days: int


@dataclass(frozen=True, slots=True)
class Left:
    """The rest of a quota of the employer: worker type, joint commission, days, limit, and last day."""

    worker_type: str
    joint_commission: str
    days: int
    limit: int
    until: str


async def today(visit: Visit) -> Answer:
    """Show the last days to contest, unread messages by type, late periods, and quotas.

    A list that the person may not see is left out.
    """
    day = present_day()
    last_days, messages, periods, quotas = await asyncio.gather(
        _last_days(visit, day),
        asyncio.gather(*(_messages(visit, type_) for _, type_ in UNREAD)),
        asyncio.gather(*(_periods(visit, day, criterion) for _, criterion in PERIODS)),
        _quotas(visit),
    )
    values = {
        "last_days": last_days,
        "lists": _seen(UNREAD, messages),
        "periods": _seen(PERIODS, periods),
        "quotas": quotas,
    }
    return View("today/today.html", values)


def _seen(rows: Sequence[tuple[str, Any]], found: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return the lists that the person may see, each with its text."""
    return [(text, each) for (text, _), each in zip(rows, found, strict=True) if each is not None]


async def _messages(visit: Visit, type_: MessageType | None) -> dict[str, Any] | None:
    narrowed = {} if type_ is None else {"messageType": str(type_)}
    return await _box(visit, {"isRead": "false", "pageSize": str(_FEW), **narrowed})


async def _last_days(visit: Visit, day: date) -> Sequence[Countdown] | None:
    """Return the notifications among the newest messages with the nearest last days to contest."""
    final = [("messageType", str(each)) for each in (MessageType.NEGATIVE, MessageType.POSITIVE)]
    found = await _box(visit, [*final, ("pageSize", str(_MANY))])
    return None if found is None else countdowns(found["items"], day, visit.weekend)


def countdowns(
    messages: Sequence[Mapping[str, Any]], day: date, weekend: frozenset[int]
) -> Sequence[Countdown]:
    """Return the messages that can be contested on this day, the nearest last day first; refused ones first.

    The last day is the fifth working day after the notification (rule R6). `weekend` has the weekdays that do
    not count.
    """
    found = []
    for message in messages:
        last_day = contestation_deadline(datetime.fromisoformat(message["depositedAt"]), weekend)
        if day <= last_day:
            found.append(Countdown(message, last_day, (last_day - day).days))
    return sorted(found, key=_urgency)[:_FEW]


def _urgency(countdown: Countdown) -> tuple[date, bool]:
    return countdown.last_day, countdown.message["messageType"] != MessageType.NEGATIVE


async def _box(visit: Visit, query: Mapping[str, str] | Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    path = f"/eboxes/{visit.person.organization}/messages?{urlencode(query)}"
    try:
        found: dict[str, Any] = await visit.apis.get("notifier", path)
    except RefusedError as error:
        if error.acr:
            raise
        return None
    return found


async def _periods(visit: Visit, day: date, criterion: str) -> list[dict[str, Any]] | None:
    body = {
        "employer": {"enterpriseNumber": visit.person.employer},
        criterion: True,
        "startPeriod": {"startDate": str(day - _BACK)},
    }
    path = f"{BASE}/periods/search?pageSize={_FEW}&sort=-startDate"
    try:
        found: list[dict[str, Any]] = (await visit.apis.send("POST", "intake", path, body)).json()["items"]
    except RefusedError as error:
        if error.acr:
            raise
        return None
    return found


async def _quotas(visit: Visit) -> list[Left] | None:
    """Return the rest of each quota of the employer; None if the person may not see it."""
    language = visit.words.language
    path = f"{BASE}/quotas?{urlencode({'employer': visit.person.employer})}"
    try:
        found = await visit.apis.get("intake", path)
    except RefusedError as error:
        if error.acr:
            raise
        return None
    return [
        Left(
            name_of("workerType", each["workerType"], language),
            name_of("jointCommission", each["jointCommissionNumber"], language),
            each["remainingDays"], each["limitDays"], each["endDate"],
        )
        for each in found["items"]
    ]  # fmt: skip


PAGES: Final = (Page("GET", "/today", Need.EMPLOYER, today),)
