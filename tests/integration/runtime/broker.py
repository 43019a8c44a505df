"""Scratch queues on the broker; each operation uses a new connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity

from shared.envelope import Event, unpack
from shared.runtime.broker import connect
from shared.topology import EVENTS


async def until(condition: Callable[[], Any], seconds: float = 60.0, what: str = "") -> Any:
    """Wait until a function or coroutine function returns a true value; return it. Raise TimeoutError."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if loop.time() > end:
            raise TimeoutError(f"not within {seconds} s: {what or condition}")
        await asyncio.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Got:
    """A message that a test took from a queue."""

    id: str
    body: bytes
    headers: dict[str, Any] = field(default_factory=dict)

    @property
    def events(self) -> list[Event]:
        """The events of the carrier."""
        return unpack(self.body)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the toy events in it."""
        return [event.document["data"]["number"] for event in self.events]


class Broker:
    """Temporary queues in one vhost."""

    def __init__(self, url: str, vhost: str) -> None:
        self.url, self.vhost = url, vhost
        self._made: list[str] = []

    @asynccontextmanager
    async def channel(self, **options: Any) -> AsyncIterator[AbstractChannel]:
        """Open a channel on a new connection."""
        connection = await connect(self.url, self.vhost, "test")
        try:
            yield await connection.channel(**options)
        finally:
            await connection.close()

    async def declare(
        self, name: str, arguments: dict[str, Any] | None = None, bindings: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Declare a durable queue and bind it to pairs of exchange and routing key."""
        async with self.channel() as channel:
            queue = await channel.declare_queue(name, durable=True, arguments=arguments)
            for exchange, key in bindings:
                await queue.bind(exchange, key)
        self._made.append(name)

    async def delete(self, name: str) -> None:
        """Delete a queue with its messages."""
        async with self.channel() as channel:
            await channel.queue_delete(name)

    async def clean(self) -> None:
        """Delete all queues that this object declared."""
        async with self.channel() as channel:
            for name in self._made:
                await channel.queue_delete(name)
        self._made.clear()

    async def publish(self, queue: str, *bodies: str | bytes, **properties: Any) -> None:
        """Publish messages to a queue, in order, with confirms."""
        async with self.channel() as channel:
            for body in bodies:
                data = body.encode() if isinstance(body, str) else body
                message = aio_pika.Message(
                    data, delivery_mode=2, **{"message_id": str(uuid4()), **properties}
                )
                await channel.default_exchange.publish(message, queue)

    async def say(self, key: str, *bodies: str) -> None:
        """Publish to the exchange of events, so that every queue bound to the key receives them."""
        async with self.channel() as channel:
            exchange = await channel.get_exchange(EVENTS, ensure=False)
            for body in bodies:
                await exchange.publish(aio_pika.Message(body.encode(), delivery_mode=2), key)

    async def count(self, queue: str) -> tuple[int, int]:
        """Return the numbers of ready messages and consumers; (-1, -1) for a missing queue."""
        async with self.channel() as channel:
            try:
                result = (await channel.declare_queue(queue, passive=True)).declaration_result
            except ChannelNotFoundEntity:
                return -1, -1
            return result.message_count or 0, result.consumer_count or 0

    async def ready(self, queue: str) -> int:
        """Return the number of ready messages."""
        return (await self.count(queue))[0]

    async def get_all(self, queue: str) -> list[Got]:
        """Take all messages from a queue."""
        found = []
        async with self.channel() as channel:
            one = await channel.get_queue(queue, ensure=False)
            while (message := await one.get(fail=False)) is not None:
                await message.ack()
                found.append(Got(message.message_id or "", message.body, dict(message.headers)))
        return found


def said(got: Sequence[Got]) -> list[int]:
    """Return the toy numbers in carriers, in order."""
    return [number for one in got for number in one.numbers]


def reasons(got: Sequence[Got]) -> list[str]:
    """Return the reasons of parked messages."""
    return [str(one.headers["reason"]) for one in got]


def http_json(answer: bytes) -> Any:
    """Return the document of an HTTP response."""
    return json.loads(answer.partition(b"\r\n\r\n")[2])
