"""SIGTERM: open requests are answered, and their effects are published before the service ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.processes import free_port
from shared.runtime.service import Service, _Running
from shared.runtime.stage import Stage
from tests.integration.runtime.broker import said, until
from tests.integration.runtime.toys import Echo, Place, Toy
from tests.web import ask

pytestmark = pytest.mark.stack


@dataclass
class HangingApi:
    """An API that returns a number when the test allows it."""

    place: Place
    port: int = field(default_factory=free_port)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self, stage: Stage) -> Starlette:
        """Return its application."""

        async def say(_request: Request) -> Response:
            self.begun.set()
            await self.go.wait()
            async with stage.work() as (_, effects):
                effects.append(Echo(number=7, toy=self.place.name))
            return Response(status_code=201)

        return Starlette(routes=[Route("/numbers", say, methods=["POST"])])

    async def ask(self) -> int:
        """Send a request and return the status."""
        return (await asyncio.to_thread(ask, f"http://127.0.0.1:{self.port}/numbers", "POST")).status

    async def accepts(self) -> bool:
        """Return whether it accepts a new connection."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def serving(face: HangingApi, toy: Toy) -> AsyncIterator[asyncio.Task[None]]:
    """Run the toy service with that API; the test ends it."""
    settings = face.place.settings(api_port=face.port)
    task = asyncio.create_task(_Running(Service(face.place.name, [toy.step()], api=face.app), settings).run())
    try:
        await until(face.accepts, what="the API to answer")
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_effects_of_requests_answered_while_draining_are_published(place: Place, toy: Toy) -> None:
    face = HangingApi(place)

    async def refuses() -> bool:
        return not await face.accepts()

    async with serving(face, toy) as task:
        asked = asyncio.create_task(face.ask())
        await asyncio.wait_for(face.begun.wait(), 40)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(refuses, what="the API to accept nothing new")
        assert not task.done(), "somebody still waits for his answer"
        face.go.set()
        assert await asked == 201
        await asyncio.wait_for(task, 40)
    assert await place.rows() == 0
    assert said(await place.broker.get_all(place.echoes)) == [7]


async def test_a_hanging_request_does_not_delay_the_end(place: Place, toy: Toy) -> None:
    """The request is abandoned, and the service ends in time."""
    face = HangingApi(place)
    async with serving(face, toy) as task:
        asked = asyncio.create_task(face.ask())
        await asyncio.wait_for(face.begun.wait(), 40)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 40)  # the request alone would last for ever
        assert await asked == 500
    assert said(await place.broker.get_all(place.echoes)) == []
