"""`/disclosures`: the events of an institution on a day or about a worker, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from services.feed.disclosure import store
from services.feed.disclosure.handler import WorkerCode, expand_rows, record_page
from services.feed.disclosure.rules import Disclosure, Row, SentEvent, Way
from services.feed.event.rules import Ssin
from services.feed.event.store import enter
from services.feed.token import Tokens
from shared.domain.calendar import BRUSSELS
from shared.runtime.api import ProblemError
from shared.runtime.database import Connection, transaction
from shared.runtime.guard import guarded_routes

#: Rows of one page, and events after which a page ends. A page has at least one row.
_ROWS, _EVENTS = 100, 1000


class Search(BaseModel):
    """Body of a search for the disclosures about a worker, after the row with a number."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    ssin: Ssin
    after: Annotated[int, Field(strict=True, ge=0, lt=10**18)] = 0


def routes(tokens: Tokens, worker_code: WorkerCode) -> APIRouter:
    """Return the router with the routes of disclosures."""
    caller: Any = Depends(tokens.institution)
    found = guarded_routes(check=tokens.check)

    @found.get("/disclosures")
    async def list_disclosures(request: Request, institution: str = caller) -> Response:
        day, after = _day(request), _after(request)
        async with transaction(tokens.pool) as tx:
            await enter(tx.connection, institution)
            begin, end = _midnight(day), _midnight(day + timedelta(1))
            rows = await store.load_between(tx.connection, institution, begin, end, after, _ROWS)
            return await _shown(tx.connection, institution, rows, worker_code)

    @found.post("/disclosures/search")
    async def search_disclosures(search: Search, institution: str = caller) -> Response:
        async with transaction(tokens.pool) as tx:
            await enter(tx.connection, institution)
            numbers = await store.load_numbers(tx.connection, search.ssin)
            codes = frozenset(map(worker_code, numbers))
            rows = await store.load_about(tx.connection, institution, codes, search.after, _ROWS)
            return await _shown(tx.connection, institution, rows, worker_code, codes)

    return found


async def _shown(
    connection: Connection,
    institution: str,
    rows: Sequence[Row],
    worker_code: WorkerCode,
    codes: Collection[str] | None = None,
) -> Response:
    """Return a page of rows with their events, and record it; with `codes` only events of these workers."""
    page = _page(rows)
    items, repeated = list[str](), list[SentEvent]()
    expanded = await expand_rows(connection, institution, page, worker_code)
    for row, events in zip(page, expanded, strict=True):
        removed = 0 if events is None else len(row.entry.events) - len(events)
        if events is not None and codes is not None:
            events = [event for event in events if event.worker in codes]
        items.append(_item(row, events, removed))
        repeated += events or ()
    await record_page(connection, Disclosure(institution, Way.REPEAT, repeated))
    rest = f', "next": {page[-1].seq}' if len(page) < len(rows) or len(rows) == _ROWS else ""
    return Response(f'{{"items": [{", ".join(items)}]{rest}}}', media_type="application/json")


def _page(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the first rows, up to the one with which the events of the page reach their limit."""
    events = 0
    for place, row in enumerate(rows, 1):
        events += len(row.entry.events)
        if events >= _EVENTS:
            return rows[:place]
    return rows


def _item(row: Row, events: Sequence[SentEvent] | None, removed: int) -> str:
    entry = row.entry
    facts: Mapping[str, str | int] = {
        "number": row.seq,
        "way": entry.way,
        "at": entry.disclosed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "authorizationId": str(entry.authorization_id),
        "version": entry.version,
        "count": len(entry.events),
        "digest": entry.digest.hex(),
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
    }
    if events is None:
        return json.dumps(facts)
    text = json.dumps({**facts, "removed": removed} if removed else facts)
    # The events are inserted unchanged, because their bytes are the answer.
    return f'{text[:-1]}, "events": [{", ".join(event.text for event in events)}]}}'


def _day(request: Request) -> date:
    """Return the day of a request. Raise ProblemError (400) if it is missing or no day."""
    text = request.query_params.get("day", "")
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-30") else None
    except ValueError:
        day = None
    if day is None or not date(2000, 1, 1) <= day <= date(9000, 1, 1):
        raise ProblemError("badRequest", "`day` must be a Belgian day, written 2026-11-30")
    return day


def _after(request: Request) -> int:
    """Return the number after which the page begins. Raise ProblemError (400) if it is no number."""
    text = request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ProblemError("badRequest", "`after` must be the `next` of an earlier answer")
    return int(text)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BRUSSELS)
