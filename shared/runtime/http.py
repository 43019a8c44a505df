"""The HTTP server, and the application of the ops port: /metrics, /livez, /readyz, /health."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final

import uvicorn
from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.runtime.connections import Connection, Places
from shared.runtime.descriptors import affordable, raise_descriptors
from shared.runtime.handshake import secured
from shared.runtime.settings import Settings

KEEP_ALIVE_SECONDS: Final = 10
MOST_HEAD_BYTES: Final = 16 * 1024
_SWEEP_TICKS: Final = 5
_OPS_CONNECTIONS: Final = 32
#: Connections that the kernel keeps until they are accepted.
_WAITING: Final = 1024
#: Connections that one turn of the event loop accepts. asyncio accepts all of them before it calls a
#: protocol, so this many descriptors are in use beyond the places.
_ACCEPTED_AT_ONCE: Final = 32

Check = Callable[[], Awaitable[dict[str, bool]]]


def api_places(settings: Settings) -> Places:
    """Return the places for connections to an API: as set, or fewer if descriptors are scarce."""
    most = affordable(settings.api_connections, raise_descriptors())
    return Places("api", most, settings.api_connections_per_source, settings.trusted_proxies)


def ops_places() -> Places:
    """Return the places for connections to the ops port; connections to an API do not use them."""
    return Places("ops", _OPS_CONNECTIONS, _OPS_CONNECTIONS)


def ops_app(ready: Check) -> Starlette:
    """Return the application of the ops port. `ready` returns for each dependency whether it is available."""
    cached: tuple[float, dict[str, bool]] = (0.0, {})
    asking = asyncio.Lock()  # probes during an outage share one check of the dependencies

    async def state() -> dict[str, bool]:
        nonlocal cached
        async with asking:
            if time.monotonic() - cached[0] > 1.0:
                checks = await ready()
                cached = (time.monotonic(), checks)
            return cached[1]

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    async def livez(_request: Request) -> Response:
        """Answer ok without a check, because an outage of a dependency must not restart the service."""
        return Response("ok\n", media_type="text/plain")

    async def readyz(_request: Request) -> Response:
        checks = await state()
        return JSONResponse(checks, 200 if all(checks.values()) else 503)

    async def health(_request: Request) -> Response:
        """Answer UP or DOWN without details, for any client (Belgif hlth-res)."""
        up = all((await state()).values())
        return JSONResponse({"status": "UP" if up else "DOWN"}, 200 if up else 503)

    return Starlette(
        routes=[
            Route("/metrics", metrics),
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/health", health),
        ]
    )


class _Server(uvicorn.Server):
    """A uvicorn server that ends overdue connections and leaves the signals to `service.run`."""

    def __init__(self, config: uvicorn.Config, places: Places) -> None:
        super().__init__(config)
        self._places = places

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and let the kernel keep more connections than asyncio accepts at once."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_WAITING)

    async def on_tick(self, counter: int) -> bool:
        """Close overdue connections twice a second. Return whether the server ends.

        uvicorn calls this method ten times a second.
        """
        if counter % _SWEEP_TICKS == 0:
            self._places.end_overdue()
        return await super().on_tick(counter)


async def serve(
    app: Starlette, host: str, port: int, places: Places, context: ssl.SSLContext | None = None
) -> None:
    """Serve an application until canceled; `context` is its TLS, None for plain HTTP.

    Raise OSError when the port is not usable or the server ends.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        # An answer is sent as head and body. Without this option, which accepted connections inherit, the
        # body waits until the client has confirmed the head: 40 ms on a connection that is kept.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await _serve(app, listener, places, context)


async def _serve(
    app: Starlette, listener: socket.socket, places: Places, context: ssl.SSLContext | None
) -> None:
    protocol = partial(Connection, places) if context is None else partial(secured, places, context)
    config = uvicorn.Config(
        app, log_config=None, lifespan="on", access_log=False, timeout_graceful_shutdown=2, ws="none",
        server_header=False, timeout_keep_alive=KEEP_ALIVE_SECONDS, backlog=_ACCEPTED_AT_ONCE,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES, http=protocol,  # type: ignore[arg-type]
        proxy_headers=bool(places.proxies), forwarded_allow_ips=[str(proxy) for proxy in places.proxies],
    )  # fmt: skip
    server = _Server(config, places)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(task)
        if not server.should_exit:
            raise OSError("the server ended")
    finally:
        server.should_exit = True
        with contextlib.suppress(Exception, asyncio.CancelledError, SystemExit):
            await task
