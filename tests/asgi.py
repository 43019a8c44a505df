"""Call an application without a server: one request, one answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an application."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Sequence[str] = ()  #: each `Set-Cookie`: the one header that comes more than once

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


async def call(
    app: ASGIApp, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | Any = b""
) -> Answer:
    """Send a request to an application. A body that is not bytes is sent as JSON."""
    given = dict(headers or {})
    if not isinstance(body, bytes):
        body, given = json.dumps(body).encode(), {"content-type": "application/json", **given}
    bare, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
        "method": method, "scheme": "http",
        "path": bare, "raw_path": bare.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "server": ("test", 80), "client": ("test", 1),
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    (start,) = [message for message in sent if message["type"] == "http.response.start"]
    return Answer(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body"),
        [value.decode() for name, value in start["headers"] if name.lower() == b"set-cookie"],
    )
