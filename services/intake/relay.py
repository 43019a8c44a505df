"""Pass requests about the personnel file on to its service: clients know one address (ADR 23)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from yarl import URL

from services.intake.settings import BASE, IntakeSettings
from shared.runtime.api import TRACE, Bearer, ProblemError, away
from shared.runtime.request_queue import Limits

CONSULT: Final = "scope:dimona:declaration:consult"
PREFIXES: Final = ("periods", "relations", "dailyRegistrations")
#: Fewer than one source may have connections at the personnel file, of which this process is one source.
LIMITS: Final = Limits(at_once=48, of_one_client=16)
#: Longer than a request may wait and run there.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=12)
#: The rest of a path; dots or escapes could lead to other paths of that service.
_REST: Final = re.compile(r"[A-Za-z0-9]{1,40}(/[A-Za-z]{1,40})?")
_SENT: Final = ("authorization", "content-type", "accept")
_RETURNED: Final = ("content-type", "www-authenticate", "retry-after", "allow")
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[None]:
    """Hold the connections to the personnel file while the API is served."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=LIMITS.at_once),
        timeout=_TIMEOUT,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        app.state.personnel_file = session
        yield


def add_routes(routes: APIRouter, settings: IntakeSettings, bearer: Bearer) -> None:
    """Add a route for each collection of the personnel file."""
    known: Any = Depends(bearer.needs(CONSULT))

    async def relay(request: Request, rest: str) -> Response:
        if not _REST.fullmatch(rest):
            raise ProblemError("resourceNotFound", "There is no such path")
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
    session: aiohttp.ClientSession = request.app.state.personnel_file
    headers = {"content-type": _JSON} | {
        name: request.headers[name] for name in _SENT if name in request.headers
    }
    headers[TRACE] = request.scope["trace_id"]
    target = f"{url}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
    try:
        async with session.request(
            request.method, URL(target, encoded=True), headers=headers, data=await request.body(),
            allow_redirects=False,
        ) as answer:  # fmt: skip
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
