"""Long answers of a real listener: whole, or broken off so that the client notices."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import repeat

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from deploy.local.processes import free_port
from shared.runtime import connections, streaming
from shared.runtime.api import ProblemError, wrap
from shared.runtime.connections import Places, State
from shared.runtime.http import serve
from shared.runtime.request_queue import Limits, RequestQueue
from shared.runtime.streaming import CutShortError, Streamed

Chunks = Callable[[], AsyncIterator[bytes]]


class Listener:
    """A listener with one long answer."""

    def __init__(self) -> None:
        self.port, self.chunks, self.opened, self.closed = free_port(), _nothing, 0, 0
        self.places = RequestQueue(limits=Limits(at_once=2, waiting=0, of_one_client=1, in_line=0))
        self.owners: Iterator[str] = repeat("organization")
        self.app = FastAPI()
        wrap(self.app, 1024)
        self.app.add_api_route("/", self._answer, methods=["GET"])

    async def _answer(self, _request: Request) -> Response:
        return Streamed(self.places, next(self.owners), self._begin)

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Response]:
        self.opened += 1
        try:
            async with aclosing(self.chunks()) as chunks:  # type: ignore[type-var]
                yield StreamingResponse(chunks, media_type="text/csv")
        finally:
            self.closed += 1

    def get(self, method: str = "GET") -> tuple[int, bytes]:
        """Return status and body. Raise http.client.IncompleteRead for a body that breaks off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, "/")
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    task = asyncio.create_task(serve(listener.app, "127.0.0.1", listener.port, Places("api", 10, 10)))
    try:
        async with asyncio.timeout(20):
            while True:
                with suppress(OSError):
                    (await asyncio.open_connection("127.0.0.1", listener.port))[1].close()
                    break
                await asyncio.sleep(0.05)
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_answer_may_take_longer_than_others_while_it_goes_on(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.SECONDS, State.ANSWER, 1.0)

    async def steady() -> AsyncIterator[bytes]:
        for _ in range(12):
            await asyncio.sleep(0.25)
            yield b"x"

    listener.chunks = steady
    assert await asyncio.to_thread(listener.get) == (200, b"x" * 12)


async def test_control_an_answer_that_stands_still_is_ended(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.SECONDS, State.ANSWER, 1.0)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(60)

    listener.chunks = stuck
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        await asyncio.to_thread(listener.get)
    async with asyncio.timeout(20):
        while listener.closed < 1:  # noqa: ASYNC110 - the source is closed with the connection
            await asyncio.sleep(0.05)


async def test_an_answer_that_fails_in_the_middle_is_not_whole(listener: Listener) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise CutShortError("a limit")

    listener.chunks = failing
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        await asyncio.to_thread(listener.get)
    assert listener.closed == listener.opened == 1


async def test_an_answer_that_takes_too_long_in_all_is_not_whole(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "LONGEST", 0.3)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.05)
            yield b"x"

    listener.chunks = endless
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        await asyncio.to_thread(listener.get)


async def test_a_failure_before_the_beginning_is_a_problem(listener: Listener) -> None:
    @asynccontextmanager
    async def refused() -> AsyncIterator[Response]:
        raise ProblemError("missingPermission", "-")
        yield Response()

    listener._begin = refused  # type: ignore[method-assign]
    status, body = await asyncio.to_thread(listener.get)
    assert (status, b"missingPermission" in body) == (403, True)


async def test_an_organization_without_a_place_is_refused(listener: Listener) -> None:
    """Also when another person of it reads; another organization has its place, and places become free."""
    go = asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        yield b"x"
        await go.wait()

    listener.chunks = waiting
    first = asyncio.create_task(asyncio.to_thread(listener.get))
    async with asyncio.timeout(20):
        while not listener.opened:  # noqa: ASYNC110 - it has the only place then
            await asyncio.sleep(0.02)
    assert (await asyncio.to_thread(listener.get))[0] == 429
    listener.owners = iter(["other", "organization"])
    second = asyncio.create_task(asyncio.to_thread(listener.get))
    async with asyncio.timeout(20):
        while listener.opened < 2:  # noqa: ASYNC110 - it has the last place then
            await asyncio.sleep(0.02)
    go.set()
    assert (await first, await second) == ((200, b"x"), (200, b"x"))
    assert (await asyncio.to_thread(listener.get))[0] == 200


async def test_a_head_reads_no_more_than_the_beginning(listener: Listener) -> None:
    parts = []

    async def counted() -> AsyncIterator[bytes]:
        for n in range(100):
            parts.append(n)
            yield b"x"

    listener.chunks = counted
    assert await asyncio.to_thread(listener.get, "HEAD") == (200, b"")
    assert parts == []
