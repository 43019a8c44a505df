"""`GET /events?after=`: the feed for institutions that read it by HTTP. Its events equal those by queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.feed.disclosure.handler import WorkerCode, disclose_page
from services.feed.disclosure.rules import Way
from services.feed.event import store
from services.feed.event.store import Place, Seen
from services.feed.token import Tokens
from shared.runtime.api import ProblemError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Record, Transaction, transaction
from shared.runtime.guard import guarded_routes

LIMIT, MAX_LIMIT = 100, 1000
#: Rows of the feed that one request reads at most, also those that the institution may not see.
PIECE: Final = 2000
_CHUNK: Final = 25  #: events that are written between two turns of the event loop
#: Seconds of pause after each second of computing, so that readers leave the processors to settling (ADR 18).
_REST: Final = 3.0


def routes(tokens: Tokens, code: WorkerCode) -> APIRouter:
    """Return the router with the routes of the feed."""
    caller: Any = Depends(tokens.institution)
    found, computing = guarded_routes(check=tokens.check), asyncio.Lock()

    @found.get("/events")
    async def list_events(request: Request, institution: str = caller) -> Response:
        limit = _limit(request)
        async with transaction(tokens.pool) as tx:
            cursor, horizon = await _cursor(tx, request)
            await store.enter(tx.connection, institution)
            after = Place(cursor.xid, cursor.id)
            piece = await store.find_piece(tx.connection, after, max(PIECE, limit))
            rows = [] if piece is None else await store.load_rows(tx.connection, after, piece, limit)
            async with computing:
                events = await _written(rows)
            await disclose_page(tx.connection, institution, Way.PULL, events, code)
        until, more = (after, False) if piece is None else (piece.until, piece.more)
        if len(events) == limit:
            until, more = events[-1].place, True
        items = ", ".join(event.text for event in events)
        return Response(
            f'{{"items": [{items}], "cursor": "{Cursor(cursor.epoch, until.xid, until.id)}", '
            f'"more": {str(more).lower()}, "horizon": "{horizon}", "time": "{tx.now.isoformat()}"}}',
            media_type="application/json",
        )

    @found.get("/events/days/{day}")
    async def read_day(day: date, institution: str = caller) -> Mapping[str, Any]:
        async with transaction(tokens.pool) as tx:
            await store.enter(tx.connection, institution)
            epoch, horizon = await store.load_epoch(tx.connection)
            row = await store.load_day(tx.connection, day)
        place = str(Cursor(epoch, str(horizon)))
        return {"day": str(day), **row, "horizon": place, "time": tx.now.isoformat()}

    return found


def _limit(request: Request) -> int:
    """Return the largest number of events. Raise ProblemError (400) for an invalid one."""
    try:
        limit = int(request.query_params.get("limit", LIMIT))
    except ValueError:
        limit = 0
    if not 1 <= limit <= MAX_LIMIT:
        raise ProblemError("badRequest", f"`limit` must be a number between 1 and {MAX_LIMIT}")
    return limit


async def _cursor(tx: Transaction, request: Request) -> tuple[Cursor, Cursor]:
    """Return the cursor of a request and the horizon, which is above every cursor that was given out.

    A cursor of the epoch before a restore is valid up to the last event that was restored. Raise ProblemError
    (400) for a later one, for a text that is no cursor, and for a cursor of another epoch or of the future.
    """
    epoch, horizon = await store.load_epoch(tx.connection)
    after = request.query_params.get("after")
    try:
        cursor = Cursor.parse(after) if after else Cursor(epoch)
    except ValueError:
        raise ProblemError("badRequest", "`after` must be a cursor from an earlier answer") from None
    if cursor.epoch != epoch:
        cursor = await _restored(tx, cursor, epoch)
    if int(cursor.xid) >= horizon:
        raise ProblemError("badRequest", "`after` is not a cursor of this feed: start again without `after`")
    return cursor, Cursor(epoch, str(horizon))


async def _restored(tx: Transaction, cursor: Cursor, epoch: str) -> Cursor:
    """Return the place of a cursor of the epoch before the last restore. Raise ProblemError (400)."""
    restore = await store.load_restore(tx.connection)
    if restore is None or cursor.epoch != restore[0]:
        raise ProblemError("badRequest", "The feed was restored: start again without `after`")
    head = Cursor(epoch, restore[1].xid, restore[1].id)
    if (int(cursor.xid), cursor.id) > (int(head.xid), head.id):
        raise ProblemError(
            "badRequest", f"The feed was restored to an earlier event: go on with `after={head}`"
        )
    return Cursor(epoch, cursor.xid, cursor.id)


async def _written(rows: Sequence[Record]) -> list[Seen]:
    """Return the events of rows as the institution sees them.

    The events are written in chunks. After each chunk there is a pause, in which other tasks run.
    """
    written: list[Seen] = []
    for start in range(0, len(rows), _CHUNK):
        began = time.perf_counter()
        written += map(Seen.of, rows[start : start + _CHUNK])
        await asyncio.sleep(_REST * (time.perf_counter() - began))
    return written
