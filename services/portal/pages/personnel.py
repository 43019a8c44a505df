"""The personnel file: a search by criteria in all combinations, a period with its history, a time line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from services.portal.apis import RefusedError
from services.portal.declaration.quota import planned_of_student
from services.portal.pages import personnel_kept
from services.portal.pages.codes import name_of
from services.portal.pages.declare_forms import WRONG_DIGITS
from services.portal.pages.declare_sending import BASE
from services.portal.pages.personnel_export import Export, export
from services.portal.pages.personnel_search import (
    ANSWERS,
    BOXES,
    DAYS,
    FLAGS,
    LEVELS,
    OTHERS,
    SORTS,
    SPANS,
    STATUSES,
    WORKER,
    WRONG,
    criteria,
    mistakes,
)
from services.portal.pages.personnel_timeline import WIDTH, time_line
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit, present_day
from shared.messages import Channel
from shared.words import later

_BAD_REQUEST: Final = 400
_PAGE_SIZE: Final = 50
_MOST_OF_WORKER: Final = 100  #: periods in a time line
#: A place in the history of a period, which its API gives.
_PLACE: Final = re.compile(r"[0-9]{1,16}_[0-9]{1,9}", re.ASCII)
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
    """Show the form of a search, with the kept searches."""
    return await _view(visit, visit.fields)


async def found(visit: Visit) -> Answer:
    """Show the periods or relations that meet all criteria of the form, a page at a time."""
    return await _found(visit, visit.fields)


async def _found(visit: Visit, typed: Mapping[str, str]) -> Answer:
    if wrong := mistakes(typed):
        return await _view(visit, typed, wrong=wrong)
    query: dict[str, Any] = {"pageSize": _PAGE_SIZE}
    query |= {"sort": typed["sort"]} if typed.get("sort") in SORTS else {}
    query |= {"after": typed["after"]} if typed.get("after") else {}
    query |= {"total": "true"} if typed.get("count") else {}
    path = f"{BASE}/{_level(typed)}s/search?{urlencode(query)}"
    try:
        reply, kept = await asyncio.gather(
            visit.apis.send("POST", "intake", path, criteria(typed, visit.person.employer)),
            personnel_kept.load_all(visit),
        )
    except RefusedError as error:
        if error.status != _BAD_REQUEST:
            raise
        return await _view(visit, typed, message=SEARCH_REFUSED)
    return await _view(visit, typed, reply.json(), kept=kept)


def _level(typed: Mapping[str, str]) -> str:
    level = typed.get("level", "")
    return level if level in LEVELS else "period"


async def _view(
    visit: Visit, typed: Mapping[str, str], document: Mapping[str, Any] | None = None, *,
    wrong: Mapping[str, str] | None = None, message: str = "", kept: list[dict[str, Any]] | None = None,
) -> View:  # fmt: skip
    language = visit.words.language
    following = urlsplit(document["next"]).query if document and "next" in document else ""
    boxes = {
        "status": {code: visit.words(text) for code, text in STATUSES.items()},
        "worker_type": {code: name_of("workerType", code, language) for code in BOXES["worker_type"][1]},
        "joint_commission": {
            code: name_of("jointCommission", code, language) for code in BOXES["joint_commission"][1]
        },
    }
    values = {
        "typed": typed,
        "worker": WORKER, "others": OTHERS, "days": DAYS, "spans": SPANS, "flags": FLAGS, "answers": ANSWERS,
        "levels": LEVELS, "sorts": SORTS, "statuses": STATUSES, "boxes": boxes, "level": _level(typed),
        "found": document,
        "after": parse_qs(following).get("after", [""])[0],
        "kept": await personnel_kept.load_all(visit) if kept is None else kept,
        "presets": personnel_kept.PRESETS,
        "message": message,
        "mistakes": {name: WRONG[key] for name, key in (wrong or {}).items()},
        "wrong_digits": WRONG_DIGITS,
    }  # fmt: skip
    return View("personnel/search.html", values, _BAD_REQUEST if wrong or message else 200)


async def open_kept(visit: Visit) -> Answer:
    """Search by a preset or a kept search, for the chosen employer."""
    return await _found(visit, await personnel_kept.load(visit))


async def keep(visit: Visit) -> Answer:
    """Keep the search of the form under its name."""
    if wrong := mistakes(visit.fields) or personnel_kept.mistakes(visit.fields):
        return await _view(visit, visit.fields, wrong=wrong)
    if message := await personnel_kept.keep(visit, _level(visit.fields)):
        return await _view(visit, visit.fields, message=message)
    return Next("/personnel")


async def forget(visit: Visit) -> Answer:
    """Delete a kept search."""
    await personnel_kept.forget(visit)
    return Next("/personnel")


async def download(visit: Visit) -> Answer:
    """Return the rows of the search as a file."""
    if wrong := mistakes(visit.fields) or personnel_kept.names_worker(visit.fields):
        return await _view(visit, visit.fields, wrong=wrong)
    made = await export(visit, Export(_level(visit.fields), visit.fields))
    return await _view(visit, visit.fields, message=made) if isinstance(made, str) else made


async def period(visit: Visit) -> Answer:
    """Show a period with its history, and the way to correct it."""
    return await _period(visit, "")


async def period_later(visit: Visit) -> Answer:
    """Show a period with a further page of its history."""
    if not _PLACE.fullmatch(visit.parameters["after"]):
        raise LostError("no place in a history")
    return await _period(visit, f"?after={visit.parameters['after']}")


async def _period(visit: Visit, query: str) -> View:
    number = visit.parameters["number"]
    document = await visit.apis.get("intake", f"{BASE}/periods/{number}")
    history = await visit.apis.get("intake", f"{BASE}/periods/{number}/changes{query}")
    following = urlsplit(history.get("next", "")).query
    language, features = visit.words.language, document["features"]
    values = {
        "period": document,
        "history": history["items"],
        "after": parse_qs(following).get("after", [""])[0],
        "type": name_of("workerType", features["workerType"], language),
        "commission": name_of("jointCommission", features.get("jointCommissionNumber", "–"), language),
        "statuses": STATUSES,
        "flags": FLAGS,
        "events": EVENTS,
        "channels": CHANNELS,
    }
    return View("personnel/period.html", values)


async def worker(visit: Visit) -> Answer:
    """Show the time line of all periods of the worker of a relation, at its employer."""
    body = {"relationId": visit.parameters["number"]}
    relations = (await visit.apis.send("POST", "intake", f"{BASE}/relations/search", body)).json()["items"]
    if not relations:
        raise LostError("no relation with this number")
    relation = relations[0]
    parties = {
        "employer": {"enterpriseNumber": relation["employer"]["enterpriseNumber"]},
        "worker": {"ssin": relation["worker"]["ssin"]},
    }
    path = f"{BASE}/periods/search?pageSize={_MOST_OF_WORKER}&sort=startDate"
    document = (await visit.apis.send("POST", "intake", path, parties)).json()
    periods, language = document["items"], visit.words.language
    values = {
        "relation": relation,
        "periods": periods,
        "has_more": "next" in document,
        "line": time_line(periods, present_day()),
        "planned": None if "next" in document else planned_of_student(periods, present_day()),
        "width": WIDTH,
        "types": {
            code: name_of("workerType", code, language)
            for code in {each["features"]["workerType"] for each in periods}
        },
        "statuses": STATUSES,
    }
    return View("personnel/worker.html", values)


PAGES: Final = (
    Page("GET", "/personnel", Need.EMPLOYER, search),
    Page("POST", "/personnel", Need.EMPLOYER, found),
    Page("POST", "/personnel/kept", Need.EMPLOYER, open_kept),
    Page("POST", "/personnel/keep", Need.EMPLOYER, keep),
    Page("POST", "/personnel/forget", Need.EMPLOYER, forget),
    Page("POST", "/personnel/export", Need.EMPLOYER, download),
    Page("GET", "/periods/{number:int}", Need.EMPLOYER, period),
    Page("GET", "/periods/{number:int}/history/{after}", Need.EMPLOYER, period_later),
    Page("GET", "/relations/{number:int}", Need.EMPLOYER, worker),
)
