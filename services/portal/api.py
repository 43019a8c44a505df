"""The web application of the portal: the table of pages, the login and the static files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.portal import files, login
from services.portal.gate import PATTERN, Gate
from services.portal.pages import PAGES
from services.portal.visit import LostError
from shared.runtime import metrics

_Act = Callable[[Request], Awaitable[Response]]


class _Number(IntegerConvertor):
    """A number in a path (`int`). A path with more digits is unknown: `int` of thousands raises an error."""

    regex = "[0-9]{1,18}"


register_url_convertor("int", _Number())


def app(gate: Gate) -> Starlette:
    """Return the application with all pages."""

    def route(method: str, path: str, act: _Act) -> Route:
        async def endpoint(request: Request) -> Response:
            request.scope[PATTERN] = path
            response = await gate.answer(request, act)
            metrics.REQUESTS.labels(f"{method} {path}", response.status_code).inc()
            return response

        return Route(path, endpoint, methods=[method])

    async def absent(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        name = "method" if error.status_code == 405 else "lost"

        async def act(request: Request) -> Response:
            return gate.message(request, name)

        metrics.REQUESTS.labels("unknown", error.status_code).inc()
        return await gate.answer(request, act)

    return Starlette(
        routes=[
            route("GET", "/login", partial(login.begin, gate)),
            route("GET", "/callback", partial(login.callback, gate)),
            route("GET", "/confirm", partial(login.confirm, gate)),
            route("POST", "/confirm", partial(login.drop, gate)),
            route("POST", "/logout", partial(login.logout, gate)),
            route("GET", "/static/{version}/{name}", _file),
            *(route(page.method, page.path, partial(gate.page, page)) for page in PAGES),
        ],
        exception_handlers={HTTPException: absent},
    )


async def _file(request: Request) -> Response:
    if (found := files.answer(request)) is None:
        raise LostError("no such file")
    return found
