"""Pass requests about the personnel file on to its service, so that clients need one address (ADR 23)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

import aiohttp
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.responses import StreamingResponse
from yarl import URL

from services.intake.settings import BASE, IntakeSettings
from shared.runtime import streaming
from shared.runtime.api import TRACE, Bearer, ProblemError, away
from shared.runtime.request_queue import Limits, RequestQueue
from shared.runtime.scope import sharer_of
from shared.runtime.streaming import Streamed

CONSULT: Final = "scope:dimona:declaration:consult"
PREFIXES: Final = ("periods", "relations", "dailyRegistrations", "exports", "savedSearches")
#: Paths without an id after them.
_COLLECTIONS: Final = ("exports", "savedSearches", "quotas")
#: Fewer than the connections that the personnel file allows one source. For it this process is one source.
LIMITS: Final = Limits(at_once=48, of_one_client=16)
#: Longer than the personnel file lets a request wait and run.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=12)
#: The allowed rest of a path. Dots or escapes could lead to other paths of the personnel file.
_REST: Final = re.compile(r"[A-Za-z0-9-]{1,40}(/[A-Za-z]{1,40})?")
_PASSED: Final = ("authorization", "content-type", "accept")
_RETURNED: Final = (
    "content-type", "content-disposition", "location", "www-authenticate", "retry-after", "allow",
)  # fmt: skip
#: Paths with an answer of any length, which is passed on while it arrives. The personnel file sends the first
#: byte after it has read a page.
_LONG: Final = re.compile(r"[A-Za-z0-9-]{1,40}/content")
_LONG_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30)
_CHUNK_BYTES: Final = 64 * 1024
_JSON: Final = "application/json"
_OK: Final = 200
_PROBLEM: Final = "application/problem+json"
_AWAY: Final = (aiohttp.ClientError, TimeoutError, OSError)


@asynccontextmanager
async def connected(app: FastAPI, settings: IntakeSettings) -> AsyncIterator[None]:
    """Keep the HTTP connections to the personnel file open as long as the API runs."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=LIMITS.at_once, ssl=settings.apis_context()),
        timeout=_TIMEOUT,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        app.state.personnel_file = session
        yield


def add_routes(routes: APIRouter, settings: IntakeSettings, bearer: Bearer) -> None:
    """Add routes that pass requests on, for each collection of the personnel file.

    A path that is not allowed answers 404. Without an address of the personnel file, all routes answer 501.
    """
    known: Any = Depends(bearer.needs(CONSULT))
    places = RequestQueue(limits=streaming.LIMITS)

    async def relay(request: Request, rest: str = "") -> Response:
        if rest and not _REST.fullmatch(rest):
            raise ProblemError("resourceNotFound", "There is no such path")
        if not settings.personnel_file_url:
            raise ProblemError("notImplemented", "This deployment does not serve the personnel file")
        url = settings.personnel_file_url.rstrip("/")
        if request.method == "GET" and _LONG.fullmatch(rest):
            return Streamed(places, sharer_of(request.scope), partial(_long, request, url))
        return await _pass_on(request, url)

    for path in [f"{prefix}/{{rest:path}}" for prefix in PREFIXES] + list(_COLLECTIONS):
        routes.add_api_route(
            f"{BASE}/{path}",
            relay,
            methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            dependencies=[known],
            include_in_schema=False,
        )


async def _pass_on(request: Request, url: str) -> Response:
    """Pass a request on to the personnel file, and return its answer.

    Raise ProblemError (503) if the personnel file does not answer.
    """
    try:
        async with _sent(request, url, await request.body(), _TIMEOUT) as answer:
            return _returned(request, answer, await answer.read())
    except _AWAY:
        raise away() from None


@asynccontextmanager
async def _long(request: Request, url: str) -> AsyncIterator[Response]:
    """Yield a response that passes the answer of the personnel file on while it arrives.

    Raise ProblemError (503) if the personnel file does not answer.
    """
    async with AsyncExitStack() as open_:
        try:
            answer = await open_.enter_async_context(_sent(request, url, b"", _LONG_TIMEOUT))
            problem = b"" if answer.status == _OK else await answer.read()
        except _AWAY:
            raise away() from None
        if problem:
            yield _returned(request, answer, problem)
        else:
            yield StreamingResponse(
                answer.content.iter_chunked(_CHUNK_BYTES), answer.status, _headers(answer)
            )


@asynccontextmanager
async def _sent(
    request: Request, url: str, body: bytes, times: aiohttp.ClientTimeout
) -> AsyncIterator[aiohttp.ClientResponse]:
    session: aiohttp.ClientSession = request.app.state.personnel_file
    headers = {"content-type": _JSON} | {
        name: request.headers[name] for name in _PASSED if name in request.headers
    }
    headers[TRACE] = request.scope["trace_id"]
    target = f"{url}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
    async with session.request(
        request.method, URL(target, encoded=True), headers=headers, data=body, allow_redirects=False,
        timeout=times,
    ) as answer:  # fmt: skip
        yield answer


def _returned(request: Request, answer: aiohttp.ClientResponse, body: bytes) -> Response:
    if answer.content_type == _PROBLEM:
        body = _as_own(body, request.scope["trace_id"])
    return Response(body, answer.status, _headers(answer))


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: answer.headers[name] for name in _RETURNED if name in answer.headers}


def _as_own(body: bytes, trace_id: str) -> bytes:
    """Return the problem of the personnel file as JSON, with the trace id of this request as `instance`."""
    problem: Mapping[str, Any] = json.loads(body)
    return json.dumps({**problem, "instance": f"urn:uuid:{trace_id}"}).encode()
