"""A program with one AMQP connection, which it restores when it is lost, and one queue to read."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, Self

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from tests.foreign.events import PATIENCE, Event

LOST: Final = (
    aio_pika.exceptions.AMQPError, aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError,
)  # fmt: skip


class Program:
    """A context manager that connects, and hands each event of its queue to `hear`."""

    def __init__(self, url: str, queue: str) -> None:
        self._url, self._queue = url, queue
        self.batches = 0  #: messages with several events
        self._up = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._session = asyncio.create_task(self._run())
        await asyncio.wait_for(self._up.wait(), PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._session.cancel()
        with suppress(asyncio.CancelledError):
            await self._session

    @abstractmethod
    async def hear(self, event: Event) -> None:
        """Store an event; it is acknowledged afterwards."""

    async def attach(self, channel: AbstractChannel) -> None:
        """Prepare the other uses of the channel."""

    async def _run(self) -> None:
        while True:
            try:
                async with self._connected() as lost:
                    self._up.set()
                    await lost.wait()
            except BaseException as error:
                if not is_lost(error):
                    raise
            finally:
                self._up.clear()
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncio.Event]:
        lost = asyncio.Event()
        connection = aio_pika.Connection(aio_pika.connection.make_url(self._url, heartbeat=10))
        try:
            await connection.connect(timeout=10)
            connection.close_callbacks.add(lambda *_: lost.set())
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            channel.close_callbacks.add(lambda *_: lost.set())
            await self.attach(channel)
            await channel.set_qos(prefetch_count=200)
            queue = await channel.get_queue(self._queue, ensure=False)
            await queue.consume(self._take)
            yield lost
        finally:
            with suppress(*LOST):
                await connection.close()

    async def _take(self, message: AbstractIncomingMessage) -> None:
        events = json.loads(message.body)
        self.batches += isinstance(events, list)
        for document in events if isinstance(events, list) else [events]:
            await self.hear(Event.of(document))
        with suppress(*LOST):  # the broker then delivers it once more
            await message.ack()


def is_lost(error: BaseException) -> bool:
    """Return whether a call failed because its connection was lost, so that it has to be repeated.

    The library also ends calls on a lost connection with `CancelledError`, which is a request to end only
    when the task was canceled, and with a bare `Exception`.
    """
    if isinstance(error, asyncio.CancelledError):
        return (task := asyncio.current_task()) is None or not task.cancelling()
    return isinstance(error, LOST) or type(error) is Exception
