"""A plain pipeline: one message, one transaction, one awaited confirm.

`python -m tests.bench.plain intake` runs a service like that, 16 messages in parallel, without outbox,
carriers or batches. It is a first version of such a pipeline, and a yardstick for ours.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from shared.runtime.bursts import Sent
from shared.runtime.incoming import Incoming
from shared.runtime.publishing import Publisher
from shared.runtime.step import Effect, Step
from shared.runtime.subscription import Subscription
from tests.bench.job import PARALLEL, Job, job


class Plain:
    """A service that handles one message at a time, for comparison with batches."""

    def __init__(self, work: Job) -> None:
        self._job = work
        self._publishers: dict[str, Publisher] = {}
        self._group: asyncio.TaskGroup

    async def run(self) -> None:
        """Serve every step, until killed."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for step in self._job.service.steps:
                for queue in step.queues:
                    subscription = Subscription(
                        self._job.url, self._job.vhost(step), "plain", [queue.name], PARALLEL
                    )
                    group.create_task(subscription.run())
                    group.create_task(self._serve(step, subscription))
            print("ready", flush=True)  # the bench waits for it

    async def _serve(self, step: Step[Any], subscription: Subscription) -> None:
        window = asyncio.Semaphore(PARALLEL)

        async def handle(incoming: Incoming) -> None:
            async with window:
                async for effects in self._job.handle(step, incoming):
                    await self._publish(effects)
                await subscription.ack([incoming])

        while True:
            for incoming in await subscription.take(1, 0):
                self._group.create_task(handle(incoming))

    async def _publish(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            vhost, message = self._job.outgoing(effect)
            sent = await self._publisher(vhost).publish(message)
            while sent is not Sent.CONFIRMED:
                await asyncio.sleep(0.1)
                sent = await self._publisher(vhost).publish(message)

    def _publisher(self, vhost: str) -> Publisher:
        if vhost not in self._publishers:
            publisher = self._publishers[vhost] = Publisher(self._job.url, vhost, "plain")
            self._group.create_task(publisher.run())
        return self._publishers[vhost]


async def main(name: str) -> None:
    """Run one service in the plain way."""
    await Plain(await job(name)).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
