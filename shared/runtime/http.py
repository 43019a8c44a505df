"""The ops port of every service (/metrics, /livez, /readyz, /health), and Belgif problems as responses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from uuid import uuid4

import uvicorn
from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.problems import problem

Check = Callable[[], Awaitable[dict[str, bool]]]


def answer_problem(name: str, detail: str, **extras: object) -> Response:
    """Return a Belgif problem as an HTTP response, with a new instance."""
    body = problem(name, detail, instance=f"urn:uuid:{uuid4()}", **extras)
    headers = {"WWW-Authenticate": 'Bearer realm="dimona"'} if body["status"] == 401 else {}
    return Response(json.dumps(body), body["status"], headers, "application/problem+json")


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
        """Answer from the event loop alone: an outage of a dependency must not restart the service."""
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
    """A uvicorn server without signal handlers; `service.run` owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: Starlette, host: str, port: int) -> None:
    """Serve an application until canceled. Raise OSError when the port cannot be used."""
    config = uvicorn.Config(
        app, host, port, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2,
        server_header=False, timeout_keep_alive=10, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(task)
        if not server.should_exit:
            raise OSError(f"cannot serve on port {port}")
    finally:
        server.should_exit = True
        with contextlib.suppress(Exception, asyncio.CancelledError, SystemExit):
            await task
