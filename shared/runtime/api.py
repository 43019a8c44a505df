"""HTTP faces: FastAPI with Belgif's problems, trace ids and bearer tokens (docs/adr/0011)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final
from uuid import UUID, uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import invalid_request, problem
from shared.runtime import metrics
from shared.runtime.errors import Fault, OurError, classify
from shared.runtime.logs import log
from shared.runtime.tokens import Caller, IssuerAwayError, TokenRefusedError, Verifier

MOST_BYTES: Final = 1024 * 1024  #: of a request's body, unless a face says otherwise
_RETRY_SECONDS: Final = 5

TRACE: Final = "BelGov-Trace-Id"
RELATED_TRACE: Final = "BelGov-Related-Trace-Id"
_OWN_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class ProblemError(OurError):
    """An answer that is a problem; `detail` and the extras are our own words, never the caller's."""

    def __init__(
        self, name: str, detail: str, *, headers: Mapping[str, str] | None = None, **extras: Any
    ) -> None:
        super().__init__(detail)
        self.body = problem(name, detail, **extras)
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> ProblemError:
        """The answer to a problem that is there already."""
        error = cls("badRequest", str(body["detail"]))
        error.body = dict(body)
        return error


def face(most_bytes: int = MOST_BYTES) -> FastAPI:
    """An application without routes yet: what goes wrong in it is answered with a problem."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(ProblemError, _told)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_middleware(_Envelope, most_bytes=most_bytes)
    return app


class Bearer:
    """Who may call: `reader = Depends(bearer.needs("scope"))`, then a parameter `caller: Caller = reader`."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def needs(
        self, *scopes: str, level: int | None = None, clients: bool = False
    ) -> Callable[[Request], Awaitable[Caller]]:
        """A caller whose token has one of these scopes.

        With a `level` it is a person who has logged in with at least that assurance: one who has less is
        asked to log in again (RFC 9470), a technical client is refused unless the operation is for
        `clients` too. What he may do for whom is for the operation to find out, on every request.
        """

        async def caller(request: Request) -> Caller:
            found = await self._caller(request)
            if scopes and not found.scopes & set(scopes):
                raise ProblemError(
                    "missingScope",
                    "The token lacks the scope that this operation needs",
                    requiredScopes=list(scopes),
                    headers=_challenge("insufficient_scope", scope=" ".join(scopes)),
                )
            if not found.is_person and clients:
                return found
            if level is not None and not found.is_person:
                raise ProblemError("missingPermission", "This operation is for persons who have logged in")
            if level is not None and found.level < level:
                raise ProblemError(
                    "invalidAccessToken",
                    f"Log in with assurance level {level} for this operation",
                    headers=_challenge(
                        "insufficient_user_authentication", acr_values=self._verifier.names_from(level)
                    ),
                )
            return found

        return caller

    async def _caller(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ProblemError(
                "noAccessToken", "Give an access token as bearer token", headers=_challenge(None)
            )
        try:
            return await self._verifier.caller(token.strip())
        except TokenRefusedError as error:
            name = "expiredAccessToken" if error.expired else "invalidAccessToken"
            raise ProblemError(name, str(error), headers=_challenge("invalid_token")) from None
        except IssuerAwayError:
            raise away() from None


def _challenge(error: str | None, **parameters: str) -> dict[str, str]:
    said = {"realm": "dimona"} | ({"error": error} if error else {}) | parameters
    return {"WWW-Authenticate": "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())}


def away() -> ProblemError:
    """What is needed to answer is away, or busy."""
    return ProblemError("serviceUnavailable", "Try again in a moment", **retry_after())


def retry_after() -> dict[str, Any]:
    """When to ask again, as a problem says it."""
    return {"headers": {"Retry-After": str(_RETRY_SECONDS)}, "retryAfterSec": _RETRY_SECONDS}


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return _answer(request, error.body, error.headers)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, invalid_request(error.errors()))


async def _not_here(request: Request, error: Exception) -> Response:
    """What no route gets to see: an unknown path, another method of a known one, a body without end."""
    assert isinstance(error, HTTPException)
    nothing = "There is nothing here for this request"
    refused = {
        404: ("resourceNotFound", nothing),
        405: ("methodNotAllowed", nothing),
        413: ("payloadTooLarge", "The body is larger than what is taken here"),
    }
    body = problem(*refused.get(error.status_code, ("badRequest", nothing)))
    return _answer(request, body, error.headers or {})


def _failed(request: Request, error: Exception) -> Response:
    """A dependency is away, or something nobody thought of: no word of it goes outside."""
    log.warning("request_failed", route=_route(request), error=error)
    if classify(error) is Fault.DETERMINISTIC:
        return _answer(request, problem("internalServerError", "This went wrong here; it has been noted"))
    return _answer(request, (told := away()).body, told.headers)


def _route(request: Request) -> str:
    """The pattern of the path, never the path: it may hold a number."""
    return getattr(request.scope.get("route"), "path", "unknown")


def _operation(scope: Scope) -> str:
    """What was asked, from a closed set: a path or a method that nobody serves is of the caller's making."""
    route = scope.get("route")
    if route is None or scope["method"] not in (getattr(route, "methods", None) or ()):
        return "unknown"
    return f"{scope['method']} {route.path}"


def _answer(request: Request, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    instance = f"urn:uuid:{request.scope.get('trace_id', uuid4())}"
    return Response(
        json.dumps({**body, "instance": instance}), body["status"], headers, "application/problem+json"
    )


class _Envelope:
    """Around every request: an id of its own, the caller's id told back, bounds, and careful headers."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app, self._most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["trace_id"] = trace_id = str(uuid4())
        related = _related(scope)
        taken, begun = 0, False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most_bytes:
                raise HTTPException(413)  # the one kind of error that FastAPI lets pass while it reads
            return message

        async def answered(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                metrics.REQUESTS.labels(_operation(scope), message["status"]).inc()
                headers = MutableHeaders(raw=message["headers"])
                headers[TRACE] = trace_id
                if related is not None:
                    headers[RELATED_TRACE] = related
                for name, value in _OWN_HEADERS.items():
                    headers.setdefault(name, value)
                message["headers"] = headers.raw
            await send(message)

        try:
            await self._app(scope, bounded, answered)
        except Exception as error:
            # Caught here: Starlette would raise it again, and the server would log it with its text.
            response = _failed(Request(scope), error)
            if not begun:
                await response(scope, receive, answered)


def _related(scope: Scope) -> str | None:
    """The caller's own trace id, where it is one."""
    for name, value in scope["headers"]:
        if name == TRACE.lower().encode():
            try:
                return str(UUID(value.decode("ascii")))
            except ValueError:
                return None
    return None
