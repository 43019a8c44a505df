"""`GET /events?after=`: the feed for an institution that pulls; the same events as are pushed to it."""

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

LIMIT, MOST = 100, 1000


def app(stage: Stage) -> Starlette:
    """The API of the personnel file."""
    pool = stage.pool

    async def events(request: Request) -> Response:
        institution = await _caller(pool, request)
        if institution is None:
            return answer_problem("invalidAccessToken", "Give the token of your institution as bearer token")
        epoch = await store.epoch(pool)
        try:
            after = request.query_params.get("after")
            cursor = Cursor.parse(after) if after else Cursor(epoch)
            limit = int(request.query_params.get("limit", LIMIT))
        except ValueError:
            return answer_problem("badRequest", "`after` is a cursor given here earlier, `limit` a number")
        if cursor.epoch != epoch:
            return answer_problem("badRequest", "The feed was restored; start again without `after`")
        if not 1 <= limit <= MOST:
            return answer_problem("badRequest", f"`limit` lies between 1 and {MOST}")
        found = await store.after(pool, cursor, limit, institution.fields)
        place = found[-1][0] if found else cursor
        items = ", ".join(event.seen_by(institution.fields) for _, event in found)
        return Response(f'{{"items": [{items}], "cursor": "{place}"}}', media_type="application/json")

    return Starlette(
        routes=[Route("/events", events)],
        exception_handlers={HTTPException: _not_here, Exception: _unavailable},
    )


async def _not_here(_request: Request, _error: Exception) -> Response:
    return answer_problem("resourceNotFound", "There is GET /events here, and nothing else")


async def _unavailable(_request: Request, error: Exception) -> Response:
    """The database is away, or something nobody thought of: no word of it goes outside."""
    log.warning("events_unavailable", error=error)
    return answer_problem("serviceUnavailable", "Try again in a moment")


async def _caller(pool: Pool, request: Request) -> Institution | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    return await store.institution_with(pool, hashlib.sha256(token.encode()).digest())
