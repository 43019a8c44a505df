"""The guard of every operation: no body is read before authentication, and each limit has its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel

from shared.runtime import metrics, pace, request_queue
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.bodies import Bodies
from shared.runtime.guard import MOST_OF_STRANGERS, face, guarded_routes
from shared.runtime.request_queue import AT_ONCE, Limits, RequestQueue
from shared.runtime.scope import AUTHENTICATED
from shared.runtime.tokens import Caller, TokenRefusedError
from tests.asgi import Answer, call

GOOD = {"Authorization": "Bearer good"}


class Body(BaseModel):
    """The body of a request."""

    name: str


class Tokens:
    """A verifier that accepts the token `good`, and those of other names as other clients."""

    async def caller(self, token: str) -> Caller:
        if token == "bad":
            raise TokenRefusedError
        return Caller(token, token, frozenset({"write"}), 0)


def app(**queue: Any) -> FastAPI:
    api, routes = face(RequestQueue(**queue), most_bytes=200_000), guarded_routes()
    bearer = Bearer(Tokens())  # type: ignore[arg-type]
    writer, reader = Depends(bearer.needs("write")), Depends(bearer.needs("read"))

    @routes.post("/closed")
    async def closed(body: Body, caller: Caller = writer) -> dict[str, str]:
        return {"name": body.name, "caller": caller.subject}

    @routes.post("/scoped")
    async def scoped(body: Body, caller: Caller = reader) -> dict[str, str]:
        return {"name": body.name, "caller": caller.subject}

    @routes.post("/open")
    async def open_(request: Request) -> int:
        return len(await request.body())

    api.include_router(routes)
    return api


async def post_unread(api: FastAPI, path: str, headers: Mapping[str, str]) -> int:
    """Return the status of an answer that needs no byte of the body."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("x", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 1),
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    await api(scope, receive, send)
    status: int = sent[0]["status"]
    return status


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/closed", {}, 401),
        ("/closed", {"Authorization": "Bearer bad"}, 401),
        ("/scoped", GOOD, 403),
        ("/nothing", {}, 404),
        ("/closed", {**GOOD, "Content-Length": "200001"}, 413),
        ("/open", {"Content-Length": str(MOST_OF_STRANGERS + 1)}, 413),
        ("/open", {"Content-Length": "-1"}, 413),
    ],
)
async def test_a_refused_request_is_not_read(path: str, headers: dict[str, str], status: int) -> None:
    assert await post_unread(app(), path, headers) == status


async def test_control_an_accepted_request_is_read() -> None:
    api = app()
    api.user_middleware.clear()  # it would answer the error
    with pytest.raises(AssertionError, match="the body was read"):
        await post_unread(api, "/closed", {**GOOD, "Content-Length": "10"})


async def test_an_accepted_request_is_handled_once_authenticated() -> None:
    answer = await call(app(), "POST", "/closed", GOOD, {"name": "x"})
    assert answer.json() == {"name": "x", "caller": "good"}


async def test_the_connection_of_a_head_request_is_no_stranger() -> None:
    """The server reads it from its own scope; a stranger's connection is closed first (threat T14)."""
    api, scopes = app(), list[Any]()

    @api.get("/read", dependencies=[Depends(Bearer(Tokens()).needs("write"))])  # type: ignore[arg-type]
    async def read() -> str:
        return "content"

    async def server(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await api(scope, receive, send)

    for method in ("GET", "HEAD"):
        assert (await call(server, method, "/read", GOOD)).status == 200
    assert [(scope["method"], scope[AUTHENTICATED]) for scope in scopes] == [
        ("GET", "good"),
        ("HEAD", "good"),
    ]


async def test_a_search_is_no_resource_with_the_id_search() -> None:
    api = app()

    @api.get("/things/{name}")
    async def read(name: str) -> str:
        return name

    @api.post("/things/search")
    async def search() -> str:
        return "found"

    answer = await call(api, "GET", "/things/search")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert [(await call(api, *one)).status for one in (("GET", "/things/a"), ("POST", "/things/search"))] == [
        200, 200,
    ]  # fmt: skip


async def test_an_open_operation_has_a_smaller_body() -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    assert (await call(app(), "POST", "/open", chunked, b"x" * MOST_OF_STRANGERS)).status == 200
    assert (await call(app(), "POST", "/open", chunked, b"x" * (MOST_OF_STRANGERS + 1))).status == 413


class Directory:
    """A pool of connections to a directory in which two clients belong to one organization."""

    async def fetch(self, _query: str) -> list[dict[str, str]]:
        return [{"client_id": name, "organization": "0477472701"} for name in ("good", "second")]


async def test_clients_of_one_organization_share_one_rate() -> None:
    api = app(rate=0.001, burst=3)
    api.state.pool = Directory()
    statuses = []
    for name in ("good", "good", "second", "second", "good", "other"):
        headers = {"Authorization": f"Bearer {name}"}
        statuses.append((await call(api, "POST", "/closed", headers, {"name": "x"})).status)
        await asyncio.sleep(0)  # the first request begins to read the directory
    # The first request is counted alone, because the organization is not known yet.
    assert statuses == [200, 200, 200, 200, 429, 200]


async def test_each_client_has_its_own_rate() -> None:
    api, refusals = app(rate=0.001, burst=2), metrics.LIMITED.labels("rate")
    before = refusals._value.get()
    answers = [await call(api, "POST", "/closed", GOOD, {"name": "x"}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == str(answers[2].json()["retryAfterSec"])
    assert refusals._value.get() == before + 1
    assert (await call(api, "POST", "/open", {}, b"x")).status == 200, "counted by its source"
    other = {"Authorization": "Bearer other"}
    assert (await call(api, "POST", "/closed", other, {"name": "x"})).status == 200


@pytest.mark.parametrize(("bodies", "status"), [(Bodies(100, 10), 429), (Bodies(10, 100), 503)])
async def test_a_body_without_room_is_refused(bodies: Bodies, status: int) -> None:
    api = app()
    api.state.bodies = bodies
    answer: Answer = await call(api, "POST", "/closed", {**GOOD, "Content-Length": "11"}, {"name": "x"})
    assert answer.status == status
    assert answer.headers["retry-after"]
    small = await call(api, "POST", "/open", {"Content-Length": "5"}, b"x" * 5)
    assert small.status == 200, "the room is free again"


async def test_after_an_outage_the_next_request_gets_a_new_connection() -> None:
    """A primary that became a standby answers reads, so its connections look good."""

    class Pool:
        expired = 0

        async def expire_connections(self) -> None:
            self.expired += 1

    api = app()
    api.state.pool = pool = Pool()

    faults = ValueError, asyncpg.QueryCanceledError, TimeoutError, asyncpg.ReadOnlySQLTransactionError

    @api.get("/{fault}")
    async def fail(fault: int) -> None:
        raise faults[fault]

    assert (await call(api, "GET", "/0")).status == 500
    for slow in (1, 2):  # a statement that took too long says nothing about the server
        assert (await call(api, "GET", f"/{slow}")).status == 503
    assert pool.expired == 0
    assert (await call(api, "GET", "/3")).status == 503
    assert pool.expired == 1


async def test_an_operation_with_a_queue_of_its_own_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_queue, "LONGEST_WAIT", 0.05)
    api, apart = app(), guarded_routes(queued=False)

    @apart.get("/login")
    async def login() -> str:
        return "page"

    api.include_router(apart)
    async with AsyncExitStack() as stack:
        for n in range(AT_ONCE):
            await stack.enter_async_context(api.state.queue.slot(str(n)))
        assert (await call(api, "POST", "/open", {}, b"x")).status == 503
        assert (await call(api, "GET", "/login")).status == 200
    assert (await call(api, "POST", "/open", {}, b"x")).status == 200


@pytest.mark.parametrize("stranger", [True, False])
async def test_strangers_leave_a_slot_and_places_to_others(
    monkeypatch: pytest.MonkeyPatch, stranger: bool
) -> None:
    """Control: as many requests of other clients take all slots, and nothing is left (threat T14)."""
    monkeypatch.setattr(request_queue, "LONGEST_WAIT", 0.2)
    api, limits = app(), Limits()
    queue: RequestQueue = api.state.queue
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as crowd:
        for n in range(limits.strangers_at_once if stranger else AT_ONCE):
            await stack.enter_async_context(queue.slot(str(n), stranger=stranger))
        for n in range(limits.strangers + 10):  # they wait or are refused at once
            crowd.create_task(_refused(queue, f"{n} waits", stranger=stranger))
        await asyncio.sleep(0)
        answer = await call(api, "POST", "/closed", GOOD, {"name": "x"})
        assert answer.status == (200 if stranger else 503)
        assert (await call(api, "POST", "/open", {}, b"x")).status == 503


async def _refused(queue: RequestQueue, client: str, *, stranger: bool) -> None:
    with pytest.raises(ProblemError):
        async with queue.slot(client, stranger=stranger):
            pass


async def test_strangers_leave_half_of_the_room_for_bodies() -> None:
    api = app()
    api.state.bodies = bodies = Bodies(100, 100)
    with bodies.holding("source", 40, stranger=True):
        assert (await call(api, "POST", "/open", {"Content-Length": "11"}, b"x" * 11)).status == 503
        named = {**GOOD, "Content-Length": "60"}
        assert (await call(api, "POST", "/closed", named, {"name": "x"})).status == 200
    assert (await call(api, "POST", "/open", {"Content-Length": "11"}, b"x" * 11)).status == 200


async def test_many_refusals_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "BURST", 3)
    monkeypatch.setattr(pace, "RATE", 0.001)
    monkeypatch.setattr(pace, "DELAY", 0.3)
    api, loop = app(), asyncio.get_running_loop()
    took = []
    for _ in range(5):
        began = loop.time()
        assert (await call(api, "POST", "/closed", {}, {"name": "x"})).status == 401
        took.append(loop.time() - began)
    assert all(seconds < 0.3 for seconds in took[:3])
    assert all(seconds >= 0.3 for seconds in took[3:])
    began = loop.time()
    assert (await call(api, "POST", "/closed", GOOD, {"name": "x"})).status == 200
    assert loop.time() - began < 0.3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be", "latin-1"])
async def test_a_body_in_another_encoding_is_refused(encoding: str) -> None:
    body = '{"name": "\u00e9"}'.encode(encoding)
    answer = await call(app(), "POST", "/closed", GOOD | {"content-type": "application/json"}, body)
    assert (answer.status, answer.json()["type"]) == (400, "urn:problem-type:belgif:badRequest")
    (issue,) = answer.json()["issues"]
    assert issue["detail"] == "The body is not text in UTF-8, or it contains the character U+0000"
