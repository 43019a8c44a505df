"""`GET /events?after=`: the feed for an institution that pulls; the events equal the pushed ones."""

from __future__ import annotations

import hashlib

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.personnel_file.feed import store
from services.personnel_file.feed.store import Institution
from shared.runtime.cursor import Cursor
from shared.runtime.database import Pool
from shared.runtime.http import answer_problem
from shared.runtime.logs import log
from shared.runtime.stage import Stage

LIMIT, MAX_LIMIT = 100, 1000


def app(stage: Stage) -> Starlette:
    """Return the API of the personnel file."""
    pool = stage.pool

    async def list_events(request: Request) -> Response:
        institution = await _caller(pool, request)
        if institution is None:
            return answer_problem("invalidAccessToken", "Send the token of your institution as bearer token")
        epoch = await store.load_epoch(pool)
        try:
            after = request.query_params.get("after")
            cursor = Cursor.parse(after) if after else Cursor(epoch)
            limit = int(request.query_params.get("limit", LIMIT))
        except ValueError:
            return answer_problem(
                "badRequest", "`after` must be a cursor from an earlier answer, `limit` a number"
            )
        if cursor.epoch != epoch:
            return answer_problem("badRequest", "The feed was restored: start again without `after`")
        if not 1 <= limit <= MAX_LIMIT:
            return answer_problem("badRequest", f"`limit` must be between 1 and {MAX_LIMIT}")
        events = await store.load_after(pool, cursor, limit, institution.fields)
        place = events[-1][0] if events else cursor
        items = ", ".join(event.seen_by(institution.fields) for _, event in events)
        return Response(f'{{"items": [{items}], "cursor": "{place}"}}', media_type="application/json")

    return Starlette(
        routes=[Route("/events", list_events)],
        exception_handlers={HTTPException: _answer_not_found, Exception: _answer_unavailable},
    )


async def _answer_not_found(_request: Request, _error: Exception) -> Response:
    return answer_problem("resourceNotFound", "This API has one operation: GET /events")


async def _answer_unavailable(_request: Request, error: Exception) -> Response:
    """Answer 503 when the database is away or on an unexpected error; reveal no detail."""
    log.warning("events_unavailable", error=error)
    return answer_problem("serviceUnavailable", "The feed is temporarily unavailable. Retry later.")


async def _caller(pool: Pool, request: Request) -> Institution | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return await store.load_institution(pool, hashlib.sha256(token.encode()).digest())
