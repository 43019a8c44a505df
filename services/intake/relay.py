"""Pass requests about the personnel file on to its service: clients know one address (ADR 23)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from fastapi import APIRouter, Depends, Request, Response

from services.intake.settings import BASE, IntakeSettings
from shared.runtime.api import TRACE, Bearer, ProblemError, away

CONSULT: Final = "scope:dimona:declaration:consult"
PREFIXES: Final = ("periods", "relations", "dailyRegistrations")
#: Longer than a request may wait and run there.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=12)
_SENT: Final = ("authorization", "content-type", "accept")
_RETURNED: Final = ("content-type", "www-authenticate", "retry-after", "allow")
_PROBLEM: Final = "application/problem+json"


def add_routes(routes: APIRouter, settings: IntakeSettings, bearer: Bearer) -> None:
    """Add a route for each collection of the personnel file. That service has a queue for the requests."""
    known: Any = Depends(bearer.needs(CONSULT))

    async def relay(request: Request) -> Response:
        if not settings.personnel_file_url:
            raise ProblemError("notImplemented", "This deployment does not serve the personnel file")
        return await _pass_on(request, settings.personnel_file_url.rstrip("/"))

    for prefix in PREFIXES:
        routes.add_api_route(
            f"{BASE}/{prefix}/{{rest:path}}",
            relay,
            methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            dependencies=[known],
            include_in_schema=False,
        )


async def _pass_on(request: Request, url: str) -> Response:
    """Return the answer of the service. Raise ProblemError (503) when there is none."""
    headers = {name: request.headers[name] for name in _SENT if name in request.headers}
    headers[TRACE] = request.scope["trace_id"]
    session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
    target = f"{url}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
    try:
        async with (
            session,
            session.request(
                request.method, target, headers=headers, data=await request.body(), allow_redirects=False
            ) as answer,
        ):
            body = await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise away() from None
    returned = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
    if answer.content_type == _PROBLEM:
        body = _as_own(body, request.scope["trace_id"])
    return Response(body, answer.status, returned)


def _as_own(body: bytes, trace_id: str) -> bytes:
    """Return a problem with the trace id of this answer."""
    problem: Mapping[str, Any] = json.loads(body)
    return json.dumps({**problem, "instance": f"urn:uuid:{trace_id}"}).encode()
