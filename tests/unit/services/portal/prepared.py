"""APIs with prepared answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.portal.apis import Apis, Content, Reply


@dataclass(frozen=True)
class Prepared(Apis):
    """APIs that answer by method, service and path, and the requests that they got: method, path, body.

    An answer that is an error is raised.
    """

    http: Any = None
    urls: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    async def send(
        self, method: str, service: str, path: str, body: Any = None, more: Mapping[str, str] | None = None
    ) -> Reply:
        assert not more
        self.sent.append((method, path, body))
        answer = self.answers[f"{method} {service} {path}"]
        if isinstance(answer, Exception):
            raise answer
        return Reply(200, {}, json.dumps(answer).encode())

    async def open(self, service: str, path: str) -> Content:
        await self.send("GET", service, path)
        raise AssertionError("a prepared answer is no file")
