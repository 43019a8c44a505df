"""The program of an institution. It reads its own queue of the feed and can open no other."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractIncomingMessage


class Institution:
    """One institution's connection to its vhost."""

    def __init__(self, name: str, url: str, queue: str) -> None:
        """Take `url` as amqp://user:password@host:port/vhost."""
        self.name = name
        self._url, self._queue = url, queue
        self._events: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect(self._url)
        channel = await self._connection.channel()
        await channel.set_qos(prefetch_count=100)
        await (await channel.get_queue(self._queue, ensure=False)).consume(self._hear)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()

    async def hears(self, ids: set[str], seconds: float) -> bool:
        """Wait until all of these events have come; return False when the time is over."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: ids <= self._events.keys())
        except TimeoutError:
            return False
        return True

    def seen(self, ids: set[str]) -> list[dict[str, Any]]:
        """Return the CloudEvents with these ids that have come, in order of arrival."""
        return [event for id_, event in self._events.items() if id_ in ids]

    async def _hear(self, message: AbstractIncomingMessage) -> None:
        event = json.loads(message.body)
        async with self._news:
            self._events.setdefault(event["id"], event)
            self._news.notify_all()
        await message.ack()
