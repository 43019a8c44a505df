"""A recipient of webhooks for tests: an HTTP server that keeps its requests and can be down."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class Receiver:
    """Received requests by path, and the status of each path (default 200; None: no answer)."""

    port: int = 0
    came: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  #: ids answered with 200
    answers: dict[str, int | None] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)  #: ids that are answered with 400

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"http://127.0.0.1:{self.port}/{path}"

    async def hear(self, request: web.Request) -> web.Response:
        """Store one received event."""
        path, id_ = request.match_info["path"], request.headers["webhook-id"]
        body = await request.read()
        self.came[path].append({"id": id_, "headers": dict(request.headers), "body": body})
        status = self.answers.get(path, 200)
        if status is None:
            await asyncio.sleep(3600)
        if id_ in self.refused:
            status = 400
        if status == 200:
            self.taken[path].append(str(json.loads(body)["id"]))
        headers = {"Location": "http://169.254.169.254/"} if status in (301, 302, 307) else {}
        return web.Response(status=status or 500, headers=headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a recipient on a free port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
