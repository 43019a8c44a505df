"""The job with FastStream: `python -m tests.bench.peers.faststream_app intake`.

One subscriber per queue with a prefetch of 16, one message at a time in each of its tasks, and one awaited
confirm per publish, as the documentation of FastStream shows it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange, RabbitMessage, RabbitQueue

from shared.runtime.bursts import Outgoing
from shared.runtime.step import Step
from tests.bench.job import PARALLEL, Job, incoming, job

#: Errors only: its line for each message would cost more than the message.
_LOGGER = logging.getLogger("faststream")
_LOGGER.setLevel(logging.ERROR)
_LOGGER.addHandler(logging.StreamHandler())


class Application:
    """One service on FastStream: a broker object per vhost."""

    def __init__(self, work: Job) -> None:
        self._job = work
        self._brokers: dict[str, RabbitBroker] = {}
        self._starting = asyncio.Lock()
        for step in work.service.steps:
            broker = self._broker(work.vhost(step))
            for queue in step.queues:
                broker.subscriber(
                    RabbitQueue(queue.name, declare=False),
                    channel=Channel(prefetch_count=PARALLEL),
                    ack_policy=AckPolicy.NACK_ON_ERROR,
                )(self._subscriber(step, queue.name))

    def _broker(self, vhost: str) -> RabbitBroker:
        if vhost not in self._brokers:
            self._brokers[vhost] = RabbitBroker(f"{self._job.url}/{vhost}", logger=_LOGGER)
        return self._brokers[vhost]

    def _subscriber(self, step: Step[Any], queue: str) -> Callable[..., Awaitable[None]]:
        async def handle(body: Any, message: RabbitMessage) -> None:
            raw = message.raw_message
            user = raw.user_id
            read = incoming(raw.body, queue, raw.routing_key or "", raw.message_id, user)
            async for effects in self._job.handle(step, read):
                for effect in effects:
                    await self._publish(*self._job.outgoing(effect))

        return handle

    async def _publish(self, vhost: str, message: Outgoing) -> None:
        broker = self._broker(vhost)
        async with self._starting:
            if not broker.running:
                await broker.start()
        await broker.publish(
            message.body,
            exchange=RabbitExchange(message.exchange, declare=False) if message.exchange else None,
            routing_key=message.routing_key,
            message_id=message.id,
            message_type=message.type,
            content_type=message.content_type,
            persist=True,
        )

    async def run(self) -> None:
        """Serve every step, until killed."""
        for broker in list(self._brokers.values()):
            await broker.start()
        print("ready", flush=True)  # the bench waits for it
        await asyncio.Event().wait()


async def main(name: str) -> None:
    """Run one service on FastStream."""
    await Application(await job(name)).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
