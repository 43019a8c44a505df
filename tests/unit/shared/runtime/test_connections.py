"""Connections to a real listener: which one is closed at a limit, and their deadlines (threat T14)."""

from __future__ import annotations

import asyncio
import resource
import socket
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.processes import free_port
from shared.runtime import connections, metrics
from shared.runtime.connections import Places, State
from shared.runtime.descriptors import RESERVED_DESCRIPTORS, affordable
from shared.runtime.http import serve
from shared.runtime.scope import AUTHENTICATED, sharer_of

BODY = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx"


@dataclass
class Listener:
    """A running listener, and the bodies that its operation got."""

    port: int
    places: Places
    go: asyncio.Event
    clients: list[Client] = field(default_factory=list)

    async def connect(self, source: str = "127.0.0.1", said: bytes = b"") -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        writer.write(said)
        await writer.drain()
        self.clients.append(client := Client(reader, writer))
        return client

    async def close(self) -> None:
        """Close the connections of this side."""
        for client in self.clients:
            client.writer.close()
            with suppress(OSError):
                await client.writer.wait_closed()

    async def get(self, path: str = "/", source: str = "127.0.0.1") -> bytes:
        """Return the status line of an answer, on a new connection."""
        client = await self.connect(source, b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
        try:
            return await asyncio.wait_for(client.reader.readline(), 5)
        finally:
            client.writer.close()


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ended(self, seconds: float = 5) -> bool:
        """Read until the other side closes; return whether it does so in time."""
        with suppress(OSError):
            try:
                await asyncio.wait_for(self.reader.read(), seconds)
            except TimeoutError:
                return False
        return True


Start = Callable[..., Coroutine[Any, Any, Listener]]


def _authenticate(request: Request) -> None:
    if "authorization" in request.headers:
        request.scope[AUTHENTICATED] = "client"


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Start listeners that end with the test."""
    tasks, listeners = list[asyncio.Task[None]](), list[Listener]()

    async def starting(most: int = 10, most_of_source: int = 5, **more: Any) -> Listener:
        go = asyncio.Event()

        async def hello(request: Request) -> Response:
            _authenticate(request)
            return Response("hello")

        async def read(request: Request) -> Response:
            return Response(str(len(await request.body())))

        async def wait(request: Request) -> Response:
            _authenticate(request)
            await go.wait()
            return Response("done")

        async def who(request: Request) -> Response:
            return Response(sharer_of(request.scope))

        routes = [
            Route("/who", who),
            Route("/", hello),
            Route("/read", read, methods=["POST"]),
            Route("/wait", wait),
        ]
        places, port = Places("api", most, most_of_source, **more), free_port()
        tasks.append(asyncio.create_task(serve(Starlette(routes=routes), "127.0.0.1", port, places)))
        listeners.append(listener := Listener(port, places, go))
        async with asyncio.timeout(5):
            while True:
                with suppress(OSError):
                    await listener.get()
                    return listener
                await asyncio.sleep(0.01)

    yield starting
    for listener in listeners:
        listener.go.set()
        await listener.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the deadlines; the sweep runs twice a second."""
    monkeypatch.setattr(connections, "SECONDS", dict.fromkeys(State, 0.2))


def ended(reason: str) -> float:
    value: float = metrics.CONNECTIONS_ENDED.labels("api", reason)._value.get()
    return value


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "head"),
        (b"GET / HTTP/1.1\r\nHo", "head"),
        (BODY, "body"),
        (b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n", "answer"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "idle"),
        (BODY.replace(b"/read", b"/"), "body"),  # answered with 405 before the body is there
    ],
)
async def test_each_state_has_its_deadline(start: Start, fast: None, said: bytes, reason: str) -> None:
    listener, before = await start(), ended(reason)
    client = await listener.connect(said=said)
    assert await client.ended()
    assert ended(reason) == before + 1
    assert (await listener.get()).startswith(b"HTTP/1.1 200")


async def test_single_bytes_do_not_renew_the_deadline(start: Start, fast: None) -> None:
    listener = await start()
    client = await listener.connect(said=b"GET / HTTP/1.1\r\nX: ")

    async def drip() -> None:
        while True:
            client.writer.write(b"x")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert await client.ended(3)
    dripping.cancel()


async def test_a_source_displaces_its_own_oldest_connection_only(start: Start) -> None:
    listener = await start(most=10, most_of_source=3)
    other = await listener.connect("127.0.0.3")
    first, *rest = [await listener.connect("127.0.0.2") for _ in range(3)]
    assert (await listener.get(source="127.0.0.2")).startswith(b"HTTP/1.1 200")
    assert await first.ended()
    for client in (other, *rest[1:]):
        assert not await client.ended(0.1)


async def test_all_sources_together_displace_the_oldest(start: Start) -> None:
    listener = await start(most=4, most_of_source=2)
    held = [await listener.connect(f"127.0.0.{n}") for n in (2, 3, 4, 5)]
    for n in range(6, 20):
        assert (await listener.get(source=f"127.0.0.{n}")).startswith(b"HTTP/1.1 200")
    assert await held[0].ended()


async def test_an_authenticated_connection_is_displaced_last(start: Start) -> None:
    listener = await start(most=3, most_of_source=3)
    known = await listener.connect(said=b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n")
    assert await known.reader.readline()
    strangers = [await listener.connect("127.0.0.2") for _ in range(2)]
    await listener.connect("127.0.0.3")
    assert await strangers[0].ended()
    assert not await known.ended(0.2)


async def test_a_request_under_way_is_not_displaced(start: Start) -> None:
    """Then the new connection is refused."""
    listener = await start(most=2, most_of_source=2)
    waiting = [await listener.connect(said=_wait(b"Authorization: Bearer x\r\n")) for _ in range(2)]
    await asyncio.sleep(0.1)
    before = ended("full_refused")
    assert await (await listener.connect("127.0.0.2")).ended()
    assert ended("full_refused") == before + 1
    listener.go.set()
    for client in waiting:
        assert (await client.reader.readline()).startswith(b"HTTP/1.1 200")


async def test_strangers_under_way_leave_a_quarter_of_the_places(start: Start) -> None:
    """Their oldest request ends for a new connection, and never one of an authenticated client."""
    listener = await start(most=8, most_of_source=8)
    known = await listener.connect(said=_wait(b"Authorization: Bearer x\r\n"))
    strangers = [await listener.connect(f"127.0.0.{n}", _wait()) for n in range(2, 9)]
    await asyncio.sleep(0.1)
    for n in range(10, 40):  # one of them is legitimate, and arrives among those of strangers
        await listener.connect(f"127.0.0.{n}", _wait())
    assert (await listener.get(source="127.0.1.1")).startswith(b"HTTP/1.1 200")
    assert await strangers[0].ended()
    listener.go.set()
    assert (await known.reader.readline()).startswith(b"HTTP/1.1 200")


async def test_strangers_within_their_part_are_answered(start: Start) -> None:
    listener = await start(most=8, most_of_source=8)
    under_way = [await listener.connect(f"127.0.0.{n}", _wait()) for n in range(2, 8)]
    await asyncio.sleep(0.1)
    for n in range(10, 30):
        await listener.connect(f"127.0.0.{n}")
    listener.go.set()
    for client in under_way:
        assert (await client.reader.readline()).startswith(b"HTTP/1.1 200")


def _wait(header: bytes = b"") -> bytes:
    """Return a request that is under way until the test lets it end."""
    return b"GET /wait HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n"


async def test_a_proxy_is_no_source(start: Start) -> None:
    listener = await start(most=10, most_of_source=1, proxies=(ip_network("127.0.0.0/8"),))
    held = [await listener.connect() for _ in range(5)]
    assert not any(await asyncio.gather(*(client.ended(0.2) for client in held)))


@pytest.mark.parametrize(("proxy", "client"), [("127.0.0.0/8", b"192.0.2.7"), ("192.0.2.0/24", b"127.0.0.1")])
async def test_only_a_proxy_may_name_the_client(start: Start, proxy: str, client: bytes) -> None:
    listener = await start(proxies=(ip_network(proxy),))
    said = b"GET /who HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n"
    asked = await listener.connect(said=said)
    assert (await asked.reader.read()).endswith(b"\r\n\r\n" + client)


async def test_control_without_a_limit_all_connections_stay(start: Start) -> None:
    listener = await start(most=1000, most_of_source=1000)
    held = [await listener.connect() for _ in range(100)]
    assert not any(await asyncio.gather(*(client.ended(0.2) for client in held)))


async def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        await serve(Starlette(), "127.0.0.1", taken.getsockname()[1], Places("api", 10, 5))


def test_an_api_leaves_descriptors_to_the_rest() -> None:
    assert affordable(512, 20_000) == 512
    assert affordable(512, 512) == 512 - RESERVED_DESCRIPTORS
    assert affordable(512, 64) == 16
    assert affordable(512, resource.RLIM_INFINITY) == 512


async def test_no_answer_waits_for_a_confirmation_of_the_network(start: Start) -> None:
    """On a connection that is kept, the body of an answer follows its head at once, not after 40 ms."""
    client = await (await start()).connect()
    seconds = []
    for _ in range(30):
        began = time.monotonic()
        client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(client.reader.readuntil(b"hello"), 5)
        seconds.append(time.monotonic() - began)
    assert statistics.median(seconds) < 0.035
