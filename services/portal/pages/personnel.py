"""The personnel file: a search by criteria in all combinations, and the page of a period with its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from services.portal.apis import RefusedError
from services.portal.declaration import rules
from services.portal.pages.declare import CHANGES, name_of
from services.portal.visit import Answer, Need, Page, View, Visit
from shared.domain.features import JOINT_COMMISSIONS, WORKER_TYPES
from shared.messages import Channel
from shared.words import later

_BASE: Final = "/REST/dimona/v2"
_BAD_REQUEST: Final = 400
_PAGE_SIZE: Final = 50
STATUSES: Final = {"OPEN": later("open"), "CLOSED": later("closed"), "CANCELLED": later("cancelled")}
SPANS: Final = {
    "activePeriod": later("Active"),
    "startPeriod": later("Begins"),
    "endPeriod": later("Ends"),
}
FLAGS: Final = {
    "isLate": later("Declared late"),
    "isLocked": later("Locked"),
    "isQuotaExceeded": later("Beyond a quota"),
    "hasDailyRegistrations": later("With daily registrations"),
}
#: Events of the history, by their type.
EVENTS: Final = {
    "periodOpened": later("Opened"),
    "periodClosed": later("Ended"),
    "periodUpdated": later("Changed"),
    "periodReopened": later("Opened again"),
    "periodCanceled": later("Withdrawn"),
    "dayRegistered": later("Day registered"),
    "dayUpdated": later("Registered day changed"),
    "dayCanceled": later("Registered day withdrawn"),
    "periodJoined": later("Moved to the present number of the worker"),
    "periodLocked": later("Locked by an agent"),
    "periodUnlocked": later("Lock ended"),
    "ssinReplaced": later("Number of the worker replaced"),
    "employerIdReplaced": later("Number of the employer replaced"),
}
CHANNELS: Final = {
    Channel.QUEUE: later("message queue"),
    Channel.REST: later("REST service"),
    Channel.SFTP: later("file transfer"),
    Channel.WEB: later("secured web"),
    Channel.MQ: later("message queue"),
    Channel.OPEN_WEB: later("open web"),
    Channel.SMS: later("SMS"),
    Channel.VOICE: later("voice server"),
}
SEARCH_REFUSED: Final = later("This search cannot be made. Check the numbers and the days.")


async def search(visit: Visit) -> Answer:
    """Show the form of a search."""
    return _view(visit, None)


async def found(visit: Visit) -> Answer:
    """Show the periods that meet all criteria of the form, a page at a time."""
    query = {"pageSize": _PAGE_SIZE, **({"after": after} if (after := visit.fields.get("after")) else {})}
    body = criteria(visit.fields, visit.person.employer)
    try:
        reply = await visit.apis.send("POST", "intake", f"{_BASE}/periods/search?{urlencode(query)}", body)
    except RefusedError as error:
        if error.status != _BAD_REQUEST:
            raise
        return _view(visit, None, wrong=True)
    return _view(visit, reply.json())


def _view(visit: Visit, document: Mapping[str, Any] | None, *, wrong: bool = False) -> View:
    language = visit.words.language
    following = urlsplit(document["next"]).query if document and "next" in document else ""
    values = {
        "typed": visit.fields,
        "types": {code: name_of("workerType", code, language) for code in sorted(WORKER_TYPES)},
        "commissions": {
            code: name_of("jointCommission", code, language) for code in sorted(JOINT_COMMISSIONS)
        },
        "statuses": STATUSES,
        "spans": SPANS,
        "flags": FLAGS,
        "periods": None if document is None else document["items"],
        "after": parse_qs(following).get("after", [""])[0],
        "wrong": SEARCH_REFUSED if wrong else "",
    }
    return View("personnel/search.html", values, _BAD_REQUEST if wrong else 200)


def criteria(typed: Mapping[str, str], employer: str) -> dict[str, Any]:
    """Return the body of a search for the periods of an employer. Empty fields are no criteria."""
    worker = _given(
        ssin=rules.digits(typed.get("ssin", "")),
        familyName=typed.get("family_name", ""),
        givenName=typed.get("given_name", ""),
    )
    features = _given(
        workerType=typed.get("worker_type", ""), jointCommissionNumber=typed.get("joint_commission", "")
    )
    spans = {
        name: _given(startDate=typed.get(f"{name}_from", ""), endDate=typed.get(f"{name}_until", ""))
        for name in SPANS
    }
    return {
        "employer": {"enterpriseNumber": employer},
        **_given(worker=worker, features=features, status=typed.get("status", "")),
        **_given(**spans),
        **{name: True for name in FLAGS if name in typed},
    }


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


async def period(visit: Visit) -> Answer:
    """Show a period with its history and the declarations that can change it."""
    number = visit.parameters["number"]
    document = await visit.apis.get("intake", f"{_BASE}/periods/{number}")
    history = await visit.apis.get("intake", f"{_BASE}/periods/{number}/changes")
    language, features = visit.words.language, document["features"]
    values = {
        "period": document,
        "history": history["items"],
        "type": name_of("workerType", features["workerType"], language),
        "commission": name_of("jointCommission", features.get("jointCommissionNumber", "–"), language),
        "statuses": STATUSES,
        "flags": FLAGS,
        "events": EVENTS,
        "channels": CHANNELS,
        "changes": CHANGES,
    }
    return View("personnel/period.html", values)


PAGES: Final = (
    Page("GET", "/personnel", Need.EMPLOYER, search),
    Page("POST", "/personnel", Need.EMPLOYER, found),
    Page("GET", "/periods/{number:int}", Need.EMPLOYER, period),
)
