"""A plain pipeline: its steps, rules and replies are ours; one message, one transaction, one awaited confirm.

`python -m tests.bench.plain intake` runs a service like that, 16 messages in parallel, without outbox,
carriers or batches. It is a first version of such a pipeline, and the yardstick for ours.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from shared.envelope import carrier, cloud_event
from shared.messages import Delivery, Message, to_json
from shared.runtime.bursts import CARRIER_TYPE, EVENT_TYPE, Outgoing, Sent
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.logs import configure
from shared.runtime.publishing import Publisher
from shared.runtime.settings import Settings
from shared.runtime.step import Effect, Item, Step, events_of
from shared.runtime.subscription import Incoming, Subscription
from shared.topology import EVENTS, exchange_of

PARALLEL = 16
_CLAIM = """
INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING message_id"""


class Plain:
    """One service, message by message."""

    def __init__(self, service: Any, settings: Settings, pool: Pool) -> None:
        self._service, self._settings, self._pool = service, settings, pool
        self._url = settings.amqp_url.get_secret_value()
        self._publishers: dict[str, Publisher] = {}
        self._group: asyncio.TaskGroup

    async def run(self) -> None:
        """Serve every step, until killed."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for step in self._service.steps:
                vhosts = self._settings.vhosts
                vhost = vhosts.public if step.queues[0].public else vhosts.internal
                for queue in step.queues:
                    subscription = Subscription(self._url, vhost, "plain", [queue.name], PARALLEL)
                    group.create_task(subscription.run())
                    group.create_task(self._serve(step, subscription))
            print("ready", flush=True)  # the bench waits for it

    async def _serve(self, step: Step[Any], subscription: Subscription) -> None:
        window = asyncio.Semaphore(PARALLEL)

        async def one(incoming: Incoming) -> None:
            async with window:
                await self._handle(step, incoming)
                await incoming.ack()

        while True:
            for incoming in await subscription.take(1, 0):
                self._group.create_task(one(incoming))

    async def _handle(self, step: Step[Any], incoming: Incoming) -> None:
        for item in (step.decode or events_of)(incoming):
            assert isinstance(item, Item)
            async with transaction(self._pool) as tx:
                if step.inbox and not await tx.connection.fetchval(_CLAIM, step.name, item.id):
                    continue
                effects = await step.handle(tx, [item.value])
            await self._publish(effects)

    async def _publish(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            vhost, message = self._outgoing(effect)
            sent = await self._publisher(vhost).publish(message)
            while sent is not Sent.CONFIRMED:
                await asyncio.sleep(0.1)
                sent = await self._publisher(vhost).publish(message)

    def _outgoing(self, effect: Effect) -> tuple[str, Outgoing]:
        vhosts = self._settings.vhosts
        if isinstance(effect, Delivery):
            return vhosts.vhost_of(effect.recipient), Outgoing(
                str(effect.id), exchange_of(effect.recipient), effect.recipient, effect.type,
                effect.body.encode(), EVENT_TYPE,
            )  # fmt: skip
        assert isinstance(effect, Message)
        event = cloud_event(
            effect.event_id, effect.TYPE, self._service.name, datetime.now(UTC), to_json(effect)
        )
        body = carrier([event]).encode()
        return vhosts.internal, Outgoing(
            str(effect.event_id), EVENTS, effect.routing_key, effect.TYPE, body, CARRIER_TYPE
        )

    def _publisher(self, vhost: str) -> Publisher:
        if vhost not in self._publishers:
            publisher = self._publishers[vhost] = Publisher(self._url, vhost, "plain")
            self._group.create_task(publisher.run())
        return self._publishers[vhost]


async def main(name: str) -> None:
    """Run one service in the plain way."""
    make = importlib.import_module(f"services.{name}.handler").service
    (parameter,) = inspect.signature(make, eval_str=True).parameters.values()
    settings = parameter.annotation.load()  # each service has settings of its own
    configure(f"plain.{name}", "WARNING")
    pool = await open_pool(settings.database_dsn.get_secret_value(), name, size=PARALLEL)
    await Plain(make(settings), settings, pool).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
