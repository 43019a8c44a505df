"""The base of every API: Belgif problems, trace ids and bearer tokens (ADR 11)."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import invalid_request, problem
from shared.runtime import metrics, tracing
from shared.runtime.errors import Fault, OurError, classify
from shared.runtime.logs import log
from shared.runtime.pace import Pace
from shared.runtime.scope import AUTHENTICATED, HEAD, MOST_BYTES, note_authenticated, sharer_of
from shared.runtime.tokens import Caller, IssuerAwayError, TokenRefusedError, Verifier

_VERIFIED: Final = "dimona.verified"
_RETRY_SECONDS: Final = 5
_NO_METHOD: Final = 405

TRACE: Final = "BelGov-Trace-Id"
RELATED_TRACE: Final = "BelGov-Related-Trace-Id"
_OWN_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class ProblemError(OurError):
    """An error that is answered with a problem. `detail` and the extras contain no data of the caller."""

    def __init__(
        self, name: str, detail: str, *, headers: Mapping[str, str] | None = None, **extras: Any
    ) -> None:
        super().__init__(detail)
        self.body = problem(name, detail, **extras)
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> ProblemError:
        """Return the error for an existing problem document; its `retryAfterSec` also becomes a header."""
        error = cls("badRequest", str(body["detail"]))
        error.body = dict(body)
        if (seconds := body.get("retryAfterSec")) is not None:
            error.headers["Retry-After"] = str(seconds)
        return error


def wrap(app: FastAPI, most_bytes: int) -> None:
    """Make an application answer every error with a problem, limit bodies, and add the common headers."""
    app.add_exception_handler(ProblemError, _told)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_middleware(_Envelope, most_bytes=most_bytes)


class Authentication(ABC):
    """Base class of dependencies that authenticate a caller. The guard calls them before it reads a body."""

    @abstractmethod
    async def __call__(self, request: Request) -> Any:
        """Authenticate the caller of a request. Return the `Caller` or the `Call`, as the subclass says.

        Raise ProblemError (401, 403 or 503) for a refused request.
        """


class Bearer:
    """A maker of dependencies that check the bearer token: `Depends(bearer.needs("scope"))`."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def needs(self, *scopes: str, level: int | None = None, clients: bool = False) -> TokenCheck:
        """Return a dependency that returns the caller if the token has at least one of these scopes.

        The operation itself checks the rights of the caller, on every request.

        Args:
            *scopes: The accepted scopes; empty: any token.
            level: The lowest assurance level of the login of a person. A lower level leads to a new login
                (RFC 9470). A technical client is refused, unless `clients` is True.
            clients: Whether a technical client is accepted where a level is required.
        """
        return TokenCheck(self._verifier, scopes, level, clients)


class TokenCheck(Authentication):
    """A dependency that checks the scopes and the level of the token of a request."""

    def __init__(self, verifier: Verifier, scopes: Sequence[str], level: int | None, clients: bool) -> None:
        self._verifier, self._scopes, self._level, self._clients = verifier, scopes, level, clients

    async def __call__(self, request: Request) -> Caller:
        verified: dict[Verifier, Caller] = request.scope.setdefault(_VERIFIED, {})
        if self._verifier not in verified:
            verified[self._verifier] = await self._caller(request)
        found = verified[self._verifier]
        self._check(found)
        note_authenticated(request.scope, found.subject)
        return found

    def _check(self, found: Caller) -> None:
        if self._scopes and not found.scopes & set(self._scopes):
            raise ProblemError(
                "missingScope",
                "The token lacks the scope that this operation needs",
                requiredScopes=list(self._scopes),
                headers=_challenge("insufficient_scope", scope=" ".join(self._scopes)),
            )
        if self._level is None or (not found.is_person and self._clients):
            return
        if not found.is_person:
            raise ProblemError("missingPermission", "This operation is for persons who have logged in")
        if found.level < self._level:
            raise ProblemError(
                "invalidAccessToken",
                f"Log in with assurance level {self._level} for this operation",
                headers=_challenge(
                    "insufficient_user_authentication", acr_values=self._verifier.names_from(self._level)
                ),
            )

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
    """Return the ProblemError (503) for a dependency that is down or busy."""
    return ProblemError("serviceUnavailable", "Try again in a moment", **retry_after())


def retry_after() -> dict[str, Any]:
    """Return the arguments of a ProblemError that say after how many seconds to try again."""
    return {"headers": {"Retry-After": str(_RETRY_SECONDS)}, "retryAfterSec": _RETRY_SECONDS}


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return _answer(request, error.body, error.headers)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, invalid_request([_located(each, error.body) for each in error.errors()]))


def _located(found: dict[str, Any], body: object) -> dict[str, Any]:
    """Return an error of FastAPI. For broken JSON give the line and column of the error, as pydantic does."""
    if found["type"] != "json_invalid" or not isinstance(body, str):
        return found
    before = body[: found["loc"][1]]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return {**found, "loc": ("body",), "ctx": {"error": f"at line {line} column {column}"}}


async def _not_here(request: Request, error: Exception) -> Response:
    """Answer a request with an unknown path or method, or with a body that is too large."""
    assert isinstance(error, HTTPException)
    nothing = "There is no operation for this method and path"
    refused = {
        404: ("resourceNotFound", nothing),
        405: ("methodNotAllowed", nothing),
        413: ("payloadTooLarge", "The body is larger than the limit of this API"),
    }
    body = problem(*refused.get(error.status_code, ("badRequest", nothing)))
    headers = {"Allow": _allowed(request)} if error.status_code == _NO_METHOD else error.headers
    return _answer(request, body, headers or {})


def _allowed(request: Request) -> str:
    """Return the methods of all routes with the path of a request, for the header Allow.

    The route with exactly this path, such as `…/search`, is meant rather than one with a parameter.
    """
    scope = request.scope
    found = [route for route in each_route(request.app.routes) if route.matches(scope)[0] is not Match.NONE]
    exact = [route for route in found if route.path == scope["path"]]
    methods = {method for route in exact or found for method in getattr(route, "methods", None) or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def each_route(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield all routes, including the routes of included routers."""
    for route in routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from each_route(included.routes)
        else:
            yield route


def _failed(request: Request, error: Exception) -> Response:
    """Answer an outage with 503 and any other unforeseen error with 500, without any text of the error."""
    log.warning("request_failed", route=_route(request), error=error)
    if classify(error) is Fault.DETERMINISTIC:
        return _answer(request, problem("internalServerError", "Internal error; it has been logged"))
    return _answer(request, (told := away()).body, told.headers)


def _route(request: Request) -> str:
    """Return the pattern of the path for logs, because the path itself may contain a number of a person."""
    return getattr(request.scope.get("route"), "path", "unknown")


def _operation(scope: Scope) -> str:
    """Return method and path pattern of a request as a label of metrics; "unknown" without an operation."""
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
    """The middleware of every request: trace ids, limit of the body, delay of refusals, headers, errors."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app, self._most_bytes, self._pace = app, most_bytes, Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", HEAD: scope}  # the server drops the body
        scope["trace_id"] = trace_id = str(uuid4())
        related = _related(scope)
        tracing.begin_request(scope)
        taken, begun = 0, False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > scope.get(MOST_BYTES, self._most_bytes):
                raise HTTPException(413)  # the only error that FastAPI lets through while it reads a body
            return message

        async def answered(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                stranger = AUTHENTICATED not in scope
                await self._pace.slow_down(sharer_of(scope), message["status"], stranger=stranger)
                metrics.REQUESTS.labels(_operation(scope), message["status"]).inc()
                tracing.end_request(scope, _operation(scope), message["status"])
                _add_headers(message, trace_id, related)
            await send(message)

        try:
            await self._app(scope, bounded, answered)
        except ClientDisconnect:  # also at the deadline for the body
            return
        except Exception as error:
            # Caught here: Starlette would raise it again, and the server would log it with its text.
            response = _failed(Request(scope), error)
            if not begun:
                await response(scope, receive, answered)


def _add_headers(message: MutableMapping[str, Any], trace_id: str, related: str | None) -> None:
    headers = MutableHeaders(raw=message["headers"])
    headers[TRACE] = trace_id
    if related is not None:
        headers[RELATED_TRACE] = related
    for name, value in _OWN_HEADERS.items():
        headers.setdefault(name, value)
    message["headers"] = headers.raw


def _related(scope: Scope) -> str | None:
    """Return the trace id that the caller sent, or None when it is absent or not a UUID."""
    for name, value in scope["headers"]:
        if name == TRACE.lower().encode():
            try:
                return str(UUID(value.decode("ascii")))
            except ValueError:
                return None
    return None
