"""The API of the feed over a database of its own, for tests that call it without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.feed.api import app
from services.feed.settings import FeedSettings
from services.feed.token import SCOPE
from shared.runtime.database import open_pool
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.stage import Gate, Stage
from shared.runtime.tokens import Verifier
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.feeding import Rules
from tests.tokens import mint, verifier


class Api:
    """The API of the feed, and the connections to its database."""

    def __init__(self, face: Any, rules: Rules, endpoints: Endpoints) -> None:
        self.face, self.rules, self._endpoints = face, rules, endpoints

    def token(self, client: str, scope: str = SCOPE, **claims: Any) -> str:
        """Sign a token of a client."""
        return mint(self._endpoints, client, scope, level=0, client_id=client, **claims)

    async def ask(self, method: str, path: str, client: str, body: bytes | Any = b"") -> Answer:
        """Send a request with a token of the client of an institution, which has its name."""
        return await call(self.face, method, path, {"authorization": f"Bearer {self.token(client)}"}, body)

    async def read(self, path: str, client: str) -> dict[str, Any]:
        """Return the document of a successful request."""
        answer = await self.ask("GET", path, client)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def served(stack: Stack, name: str) -> AsyncIterator[Api]:
    """Make the API of a new deployment. An institution may have three inscriptions."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment(name), name)
    settings = FeedSettings(
        database_dsn=endpoints.dsns["feed"], amqp_url="x://nowhere", key="00" * 32, most_inscriptions=3
    )
    rules = Rules(
        await asyncpg.connect(endpoints.postgres_dsn), await asyncpg.connect(endpoints.dsns["feed"])
    )
    async with await open_pool(endpoints.dsns["feed"], "feed", part=".api") as pool:
        nothing: OutgoingTable = None  # type: ignore[assignment] # no request sends a message
        stage = Stage("feed", endpoints.dsns["feed"], pool, nothing, nothing, {}, Gate())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Verifier, "of", lambda _settings: verifier(endpoints))
            face = app(settings, stage)
        yield Api(face, rules, endpoints)
    await rules.owner.close()
    await rules.feed.close()


def periods(document: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Return worker, period and version of each event."""
    found = [event["data"] for event in document["items"]]
    return [(data["worker"]["ssin"], data["periodId"], data["version"]) for data in found]
