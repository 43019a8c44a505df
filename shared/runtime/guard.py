"""The guard of every operation. It checks token, rate, room, body and slot before the operation (ADR 18)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.problems import invalid_request
from shared.runtime import metrics
from shared.runtime.api import (
    Authentication,
    ProblemError,
    away,
    each_route,
    wrap,
)
from shared.runtime.bodies import Bodies, BodiesFullError
from shared.runtime.database import Pool
from shared.runtime.errors import Fault, classify, is_canceled
from shared.runtime.organizations import Organizations
from shared.runtime.request_queue import RequestQueue, too_many
from shared.runtime.scope import AUTHENTICATED, MOST_BYTES, SHARER, sharer_of
from shared.runtime.structure import StructureError, check

DEFAULT_BYTES: Final = 1024 * 1024  #: limit of a request body, unless an API sets its own
#: Limit of the body of an operation that needs no token.
MOST_OF_STRANGERS: Final = 64 * 1024
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _GuardedRoute(APIRoute):
    """A route with a guard. Its operation runs only for a request that the guard has admitted."""

    queued = True
    most_bytes: int | None = None  #: limit of the body; None: the limit of the API
    own_queue: RequestQueue | None = None  #: queue of its slots, with a further rate; None: that of the API
    bounded: bool = True  #: whether the guard limits the structure of a JSON body
    check: Authentication | None = None  #: authentication; None: that of a parameter of the operation

    def get_route_handler(self) -> _Handler:
        """Return the handler of the operation, with the guard around it."""
        handle = super().get_route_handler()
        calls = (dependency.call for dependency in self.dependant.dependencies)
        named = next((call for call in calls if isinstance(call, Authentication)), None)
        authenticate = self.check or named

        async def guarded(request: Request) -> Response:
            if self.param_convertors and request.scope["path"] in _exact_paths(request):
                raise HTTPException(405)  # `GET …/search`: not the resource with the id `search`
            queue, bodies = request.app.state.queue, request.app.state.bodies
            most = self.most_bytes or request.app.state.most_bytes
            stranger = authenticate is None
            if authenticate is None:
                most = min(most, MOST_OF_STRANGERS)
            else:
                await authenticate(request)
                _name_sharer(request)
            request.scope[MOST_BYTES] = most
            sharer = sharer_of(request.scope)
            queue.check_rate(sharer)
            if self.own_queue is not None:
                self.own_queue.check_rate(sharer)
            with _room(bodies, sharer, request, most, stranger):
                body = await request.body()  # before the slot, which a slow sender must not hold
                _require_utf8(body)
                if self.bounded:
                    _require_bounds(body)
                slots = self.own_queue or queue
                async with slots.slot(sharer, stranger=stranger) if self.queued else nullcontext():
                    return await _handled(handle, request)

        return guarded


def _exact_paths(request: Request) -> frozenset[str]:
    """Return the paths of the routes without parameters."""
    state = request.app.state
    if state.exact_paths is None:
        state.exact_paths = frozenset(
            route.path for route in each_route(request.app.routes) if "{" not in route.path
        )
    found: frozenset[str] = state.exact_paths
    return found


def _name_sharer(request: Request) -> None:
    """Note the organization of an authenticated client. All clients of it have one share of the limits."""
    organizations: Organizations = request.app.state.organizations
    if (pool := request.app.state.pool) is not None:
        organizations.refresh(pool)
    request.scope[SHARER] = organizations.of(request.scope[AUTHENTICATED])


def _require_utf8(body: bytes) -> None:
    """Raise ProblemError (400) for a body that is not UTF-8.

    Python would also read JSON in UTF-16 and UTF-32, which RFC 8259 forbids.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # no JSON text and no form has it, and UTF-16 without accents is UTF-8 with many
        raise ProblemError.of(invalid_request([{"type": "encoding_invalid", "loc": ("body",)}]))


def _require_bounds(body: bytes) -> None:
    """Raise ProblemError (400) for a JSON body with too many parts, or with a property twice.

    Validation collects all errors, so it would take long for a body with too many parts.
    """
    try:
        check(body)
    except StructureError as error:
        raise ProblemError("badRequest", str(error)) from None


async def _handled(handle: _Handler, request: Request) -> Response:
    """Run an operation. If it fails because of an outage, expire the connections to the database.

    The next operations then get new connections, perhaps to another primary.
    """
    try:
        return await handle(request)
    except Exception as error:
        pool: Pool | None = request.app.state.pool
        if pool is not None and classify(error) is Fault.OUTAGE and not is_canceled(error):
            await pool.expire_connections()
        raise


def face(queue: RequestQueue, most_bytes: int = DEFAULT_BYTES) -> FastAPI:
    """Return an application without routes, which guards every operation and answers errors with problems."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.router.route_class = _GuardedRoute
    app.state.pool = None  # set by the service that runs the application
    app.state.organizations = Organizations()
    app.state.exact_paths = None  # known with the first request, when all routes are there
    app.state.queue, app.state.bodies, app.state.most_bytes = queue, Bodies(), most_bytes
    wrap(app, most_bytes)
    return app


def guarded_routes(
    prefix: str = "",
    *,
    queued: bool = True,
    most_bytes: int | None = None,
    own_queue: RequestQueue | None = None,
    bounded: bool = True,
    check: Authentication | None = None,
) -> APIRouter:
    """Return a router that puts the guard before each of its operations.

    Args:
        prefix: The beginning of the paths.
        queued: Whether the guard waits for a slot; otherwise the operation itself waits for it.
        most_bytes: The limit of a body in bytes; None: the limit of the API.
        own_queue: The queue that gives the slots and has a further rate; None: the queue of the API.
        bounded: Whether the guard limits the structure of a JSON body; otherwise the operation does.
        check: The authentication of all operations; None: each has a parameter that authenticates.
    """
    settings = {
        "queued": queued, "most_bytes": most_bytes, "own_queue": own_queue, "bounded": bounded,
        "check": check,
    }  # fmt: skip
    return APIRouter(prefix=prefix, route_class=type("_Route", (_GuardedRoute,), settings))


@contextmanager
def _room(bodies: Bodies, sharer: str, request: Request, most: int, stranger: bool) -> Iterator[None]:
    try:
        with bodies.holding(sharer, _size(request, most), stranger=stranger):
            yield
    except BodiesFullError as error:
        if error.own:
            raise too_many("bytes") from None
        metrics.LIMITED.labels("bytes").inc()
        raise away() from None


def _size(request: Request, most: int) -> int:
    """Return the bytes to reserve for the body of a request. Raise HTTPException (413) for more than `most`.

    A body that is sent without a length gets `most` bytes.
    """
    length = request.headers.get("content-length")
    if length is None:
        return most if "transfer-encoding" in request.headers else 0
    size = int(length) if length.isascii() and length.isdigit() else most + 1
    if size > most:
        raise HTTPException(413)
    return size
