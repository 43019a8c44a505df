"""`GET /events?after=`: the feed for institutions that read it by HTTP. Its events equal those by queue."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.feed.event import store
from services.feed.event.store import Institution
from shared.runtime.api import ProblemError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Pool, Record
from shared.runtime.guard import guarded_routes
from shared.runtime.request_queue import RequestQueue
from shared.runtime.scope import note_authenticated

LIMIT, MAX_LIMIT = 100, 1000
_CHUNK: Final = 25  #: events that are written between two turns of the event loop
#: Seconds of pause after each second of computing, so that readers leave processors to settlement (ADR 18).
_REST: Final = 3.0


def routes(pool: Pool, queue: RequestQueue) -> APIRouter:
    """Return the router with the route of the feed; `queue` limits the rate of each institution."""
    found, computing = guarded_routes(), asyncio.Lock()

    @found.get("/events")
    async def list_events(request: Request) -> Response:
        institution = await _caller(pool, request)
        queue.check_rate(institution.id)
        cursor, limit = await _place(pool, request)
        rows = await store.load_after(pool, cursor, limit, institution.fields)
        async with computing:
            items = await _written(rows, institution.fields)
        place = store.cursor_of(rows[-1], cursor.epoch) if rows else cursor
        return Response(f'{{"items": [{items}], "cursor": "{place}"}}', media_type="application/json")

    return found


async def _caller(pool: Pool, request: Request) -> Institution:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        # Read for each request: a token that was replaced or withdrawn counts no longer.
        institution = await store.load_institution(pool, hashlib.sha256(token.encode()).digest())
        if institution is not None:
            note_authenticated(request.scope, institution.id)
            return institution
    raise ProblemError(
        "invalidAccessToken" if token else "noAccessToken",
        "Send the token of your institution as bearer token",
        headers={"WWW-Authenticate": 'Bearer realm="dimona"'},
    )


async def _place(pool: Pool, request: Request) -> tuple[Cursor, int]:
    """Return the cursor of a request, and its largest number of events.

    Raise ProblemError (400) if one of them is invalid.
    """
    epoch, horizon = await store.load_epoch(pool)
    try:
        after = request.query_params.get("after")
        cursor = Cursor.parse(after) if after else Cursor(epoch)
        limit = int(request.query_params.get("limit", LIMIT))
    except ValueError:
        raise ProblemError(
            "badRequest", "`after` must be a cursor from an earlier answer, `limit` a number"
        ) from None
    if cursor.epoch != epoch:
        raise ProblemError("badRequest", "The feed was restored: start again without `after`")
    if int(cursor.xid) >= horizon:
        raise ProblemError("badRequest", "`after` is not a cursor of this feed: start again without `after`")
    if not 1 <= limit <= MAX_LIMIT:
        raise ProblemError("badRequest", f"`limit` must be between 1 and {MAX_LIMIT}")
    return cursor, limit


async def _written(rows: Sequence[Record], fields: Sequence[str]) -> str:
    """Return the events as JSON with only these fields, separated by commas.

    The events are written in chunks. After each chunk there is a pause, in which other tasks run.
    """
    written: list[str] = []
    for start in range(0, len(rows), _CHUNK):
        began = time.perf_counter()
        written += [store.event_of(row).seen_by(fields) for row in rows[start : start + _CHUNK]]
        await asyncio.sleep(_REST * (time.perf_counter() - began))
    return ", ".join(written)
