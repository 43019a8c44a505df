"""Reading the personnel file over REST v2: searches, single periods and daily registrations."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query, Request

from services.personnel_file.consultation import handler
from services.personnel_file.consultation.channels.answer import (
    PATHS,
    change,
    daily_registration,
    item,
    period,
)
from services.personnel_file.consultation.channels.request import SearchRequest
from services.personnel_file.consultation.handler import WorkerCode
from services.personnel_file.consultation.rules import Level, Order, Place
from services.personnel_file.consultation.rules import Query as Search
from services.personnel_file.consultation.store import Look, Moment, store_look
from services.personnel_file.settings import BASE
from shared.domain.rights import Right
from shared.runtime import searching
from shared.runtime.authorization import Call, Called, Operation, Refusal, Work, not_found
from shared.runtime.database import Transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.negotiation import json_only
from shared.runtime.request_queue import Limits, RequestQueue

_NUMBER: Final = re.compile(r"[1-9]\d{11}", re.ASCII)
_PLACE: Final = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{1,18})", re.ASCII)
_MOMENT: Final = re.compile(r"(\d{1,16})_(\d{1,9})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def _operation(*, hidden: bool = False) -> Operation:
    rights = frozenset({Right.CONSULT, Right.AGENT})
    return Operation(handler.CONSULT, 300, rights, clients=True, hidden=hidden, text=handler.REFUSED)


#: The operations by name. The audit rows of requests have this name too.
OPERATIONS: Final[Mapping[str, Operation]] = {
    "searchPeriods": _operation(),
    "searchRelations": _operation(),
    "getPeriod": _operation(hidden=True),
    "getPeriodChanges": _operation(hidden=True),
    "getDailyRegistration": _operation(hidden=True),
    "getQuotas": _operation(),
    "createExport": _operation(),
    "getExport": _operation(hidden=True),
    "getExportContent": _operation(),
    "deleteExport": _operation(hidden=True),
    "getSavedSearches": _operation(),
    "getSavedSearch": _operation(hidden=True),
    "putSavedSearch": _operation(),
    "deleteSavedSearch": _operation(hidden=True),
}


async def store_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Store an audit row for a request that was refused because a right was missing."""
    caller, employer = refusal.caller, next(iter(refusal.organizations), None)
    await store_look(
        tx, Look(refusal.operation, caller.subject, caller.client_id, employer, refused=refusal.reason)
    )


class Paging(searching.Paging):
    """The parameters of a search in its address: page, order, and whether to count all rows."""

    sort: Order = Order.NUMBER
    total: bool = False

    @property
    def place(self) -> Place | None:
        """The place after which the page begins; None if `after` is absent.

        Raise ProblemError (400) if `after` is not a place.
        """
        if self.after is None:
            return None
        if found := _PLACE.fullmatch(self.after):
            try:
                return Place(date.fromisoformat(found[1]), int(found[2]))
            except ValueError:  # 30 February
                pass
        raise searching.wrong("after")


async def _base_url(request: Request) -> str:
    url: str = request.app.state.base_url
    return url


async def _worker_code(request: Request) -> WorkerCode:
    code: WorkerCode = request.app.state.worker_code
    return code


#: The public address of the API.
Base = Annotated[str, Depends(_base_url)]
_Code = Annotated[WorkerCode, Depends(_worker_code)]
_Paging = Annotated[Paging, Query()]

#: Searches have a queue without requests for the feed, and one client can use only a part of the queue.
LIMITS: Final = Limits(of_one_client=2)

queue = RequestQueue(limits=LIMITS)
routes = guarded_routes(own_queue=queue)
routes.dependencies += [Depends(json_only)]


@asynccontextmanager
async def _begun(call: Call) -> AsyncIterator[Work]:
    """Open the transaction of a request. Raise TimeoutError if it takes longer than LONGEST seconds."""
    async with asyncio.timeout(handler.LONGEST), call.begin(None) as work:
        yield work


@routes.post(f"{BASE}/periods/search", name="searchPeriods")
async def search_periods(
    request: SearchRequest, paging: _Paging, call: Called, base: Base, code: _Code
) -> dict[str, Any]:
    """Return a page of the periods that meet the criteria and that the caller may see."""
    return await _searched(call, request, paging, Level.PERIOD, base, code)


@routes.post(f"{BASE}/relations/search", name="searchRelations")
async def search_relations(
    request: SearchRequest, paging: _Paging, call: Called, base: Base, code: _Code
) -> dict[str, Any]:
    """Return a page of the relations that meet the criteria and that the caller may see."""
    return await _searched(call, request, paging, Level.RELATION, base, code)


@routes.get(f"{BASE}/periods/{{periodId}}", name="getPeriod")
async def read_period(
    period_id: Annotated[str, Path(alias="periodId")], call: Called, base: Base, code: _Code
) -> dict[str, Any]:
    """Return a period; 404 if it does not exist or the caller may not see it."""
    async with _begun(call) as work:
        row = await handler.read_period(work, call.name, _number(period_id), code)
    if row is None:
        raise not_found()
    return period(row, base)


@routes.get(f"{BASE}/periods/{{periodId}}/changes", name="getPeriodChanges")
async def read_changes(
    period_id: Annotated[str, Path(alias="periodId")],
    call: Called,
    base: Base,
    code: _Code,
    after: Annotated[str, Query(max_length=40)] = "0_0",
) -> dict[str, Any]:
    """Return a page of the history of a period; 404 if it does not exist or the caller may not see it."""
    moment = _moment(after)
    async with _begun(call) as work:
        seen = await handler.read_changes(work, call.name, _number(period_id), moment, code)
    if seen is None:
        raise not_found()
    answer: dict[str, Any] = {"items": [change(each, base) for each in seen.changes]}
    if seen.rest is not None:
        place = f"{(seen.rest.recorded_at - _EPOCH) // _MICROSECOND}_{seen.rest.version}"
        answer["next"] = f"{base}/periods/{period_id}/changes?after={place}"
    return answer


@routes.get(f"{BASE}/dailyRegistrations/{{dailyRegistrationId}}", name="getDailyRegistration")
async def read_day(
    id_: Annotated[str, Path(alias="dailyRegistrationId")], call: Called, base: Base, code: _Code
) -> dict[str, Any]:
    """Return a daily registration; 404 if it does not exist or the caller may not see it."""
    async with _begun(call) as work:
        seen = await handler.read_day(work, call.name, _number(id_), code)
    if seen is None:
        raise not_found()
    return daily_registration(*seen, base)


async def _searched(
    call: Call, request: SearchRequest, paging: Paging, level: Level, base: str, code: WorkerCode
) -> dict[str, Any]:
    walked = paging.walked
    query = Search(level, request.criteria(), paging.sort, paging.place, walked + paging.page_size)
    async with _begun(call) as work:
        seen = await handler.search(
            work, call.name, query, request.employer_id,
            counted=paging.total, walked=walked, worker_code=code,
        )  # fmt: skip
    answer: dict[str, Any] = {
        "items": [item(level, row, base) for row in seen.found.rows[walked:]],
        "page": paging.page,
        "pageSize": paging.page_size,
    }
    if seen.count is not None:
        answer |= {"total": seen.count.rows, "isTotalComplete": seen.count.whole}
    if seen.found.rest is not None:
        # A day and a number of a row, never one of a person.
        place = f"{seen.found.rest.day}_{seen.found.rest.number}"
        sort = {} if paging.sort is Order.NUMBER else {"sort": paging.sort.value}
        answer["next"] = paging.next(f"{base}/{PATHS[level]}/search", place, sort)
    return answer


def _moment(text: str) -> Moment:
    """Read the parameter `after`: microseconds since 1970, and a version.

    Raise ProblemError (400) for a text of another form.
    """
    if found := _MOMENT.fullmatch(text):
        return Moment(_EPOCH + int(found[1]) * _MICROSECOND, int(found[2]))
    raise searching.wrong("after")


def _number(text: str) -> int:
    """Return the Dimona number in a text; 0 if the text is no number. No period has the number 0."""
    return int(text) if _NUMBER.fullmatch(text) else 0
