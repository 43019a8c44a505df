"""Passing requests about the personnel file on: which paths and headers, and how many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from fastapi import FastAPI

from deploy.local.processes import free_port
from services.intake import relay
from services.intake.settings import BASE, IntakeSettings
from shared.runtime.api import Bearer
from shared.runtime.guard import face, guarded_routes
from shared.runtime.request_queue import RequestQueue
from shared.runtime.tokens import Caller
from tests.asgi import call
from tests.foreign.events import until

GOOD = {"Authorization": "Bearer good"}


class Tokens:
    """A verifier that accepts any token, as that of a client of this name."""

    async def caller(self, token: str) -> Caller:
        return Caller(token, token, frozenset({relay.CONSULT}), 0)


class PersonnelFile:
    """A server in the place of the personnel file: it records requests and answers `{}`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.running = self.most = 0
        self.open = asyncio.Event()
        self.open.set()

    async def answer(self, request: web.Request) -> web.Response:
        self.running += 1
        self.most = max(self.most, self.running)
        self.seen.append((request.raw_path, {name.lower(): value for name, value in request.headers.items()}))
        await self.open.wait()
        self.running -= 1
        return web.json_response({})


@pytest.fixture
async def behind() -> AsyncIterator[tuple[FastAPI, PersonnelFile]]:
    """Yield the API of intake with its relay only, and the server behind it."""
    server, app, port = PersonnelFile(), web.Application(), free_port()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    api, routes = face(RequestQueue()), guarded_routes(own_queue=RequestQueue(limits=relay.LIMITS))
    settings = IntakeSettings.model_construct(personnel_file_url=f"http://127.0.0.1:{port}")
    relay.add_routes(routes, settings, Bearer(Tokens()))  # type: ignore[arg-type]
    api.include_router(routes)
    async with relay.connected(api, settings):
        yield api, server
    await runner.cleanup()


@pytest.mark.parametrize(
    "rest",
    ["../../../../events", "1/../../events", "a%2Fb", "1//changes", "1/changes/2", "1?", "\u00e9", "1/"],
)
async def test_a_path_that_could_lead_elsewhere_is_not_passed_on(
    behind: tuple[FastAPI, PersonnelFile], rest: str
) -> None:
    api, server = behind
    path = f"{BASE}/periods/{rest.rstrip('?')}" + ("%3F" if rest.endswith("?") else "")
    assert (await call(api, "GET", path, GOOD)).status == 404
    assert server.seen == []


async def test_path_query_and_few_headers_are_passed_on(behind: tuple[FastAPI, PersonnelFile]) -> None:
    api, server = behind
    headers = GOOD | {"Cookie": "a=b", "X-Forwarded-For": "192.0.2.9", "Accept": "application/json"}
    assert (await call(api, "POST", f"{BASE}/periods/search?page=2", headers, b"{}")).status == 200
    ((path, seen),) = server.seen
    assert path == f"{BASE}/periods/search?page=2"
    assert (seen["authorization"], seen["accept"]) == ("Bearer good", "application/json")
    assert seen["content-type"] == "application/json", "a body without media type is read as JSON"
    assert not {"cookie", "x-forwarded-for"} & seen.keys()


async def test_one_client_leaves_connections_to_others(behind: tuple[FastAPI, PersonnelFile]) -> None:
    api, server = behind
    server.open.clear()
    flood = [asyncio.create_task(call(api, "GET", f"{BASE}/periods/{n}", GOOD)) for n in range(60)]
    await until(lambda: server.running >= relay.LIMITS.of_one_client, 10, "the requests of one client")
    other = asyncio.create_task(call(api, "GET", f"{BASE}/periods/1", {"Authorization": "Bearer other"}))
    await until(lambda: server.running > relay.LIMITS.of_one_client, 10, "the request of another client")
    assert server.most == relay.LIMITS.of_one_client + 1
    server.open.set()
    assert {(await each).status for each in [*flood, other]} == {200}
