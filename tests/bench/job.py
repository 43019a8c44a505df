"""The job of one service, message by message: the common part of the plain pipeline and the peers.

The steps, rules, statements and answers are those of the project. A peer adds the way in which it receives,
runs and publishes.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.envelope import carrier, cloud_event
from shared.messages import Delivery, Message, to_json
from shared.runtime.bursts import CARRIER_TYPE, EVENT_TYPE, Outgoing
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.incoming import Incoming
from shared.runtime.logs import configure
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Effect, Item, Step, events_of
from shared.topology import EVENTS, exchange_of

PARALLEL = 16
_CLAIM = """
INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING message_id"""


class Job:
    """The steps of one service with its settings and its connections."""

    def __init__(self, service: Service, settings: Settings, pool: Pool) -> None:
        self.service, self.settings, self._pool = service, settings, pool

    @property
    def url(self) -> str:
        """Return the address of the broker, without a vhost."""
        return self.settings.amqp_url.get_secret_value()

    def vhost(self, step: Step[Any]) -> str:
        """Return the vhost of the queues of a step."""
        vhosts = self.settings.vhosts
        return vhosts.public if step.queues[0].public else vhosts.internal

    async def handle(self, step: Step[Any], incoming: Incoming) -> AsyncIterator[Sequence[Effect]]:
        """Handle one message in one transaction per event, and yield the effects of each after the commit."""
        for item in (step.decode or events_of)(incoming):
            assert isinstance(item, Item)
            async with transaction(self._pool) as tx:
                if step.inbox and not await tx.connection.fetchval(_CLAIM, step.name, item.id):
                    continue
                effects = await step.handle(tx, [item.value])
            yield effects

    def outgoing(self, effect: Effect) -> tuple[str, Outgoing]:
        """Return an effect as a message of its own, with its vhost."""
        vhosts = self.settings.vhosts
        if isinstance(effect, Delivery):
            return vhosts.vhost_of(effect.recipient), Outgoing(
                str(effect.id), exchange_of(effect.recipient), effect.recipient, effect.type,
                effect.body.encode(), EVENT_TYPE,
            )  # fmt: skip
        assert isinstance(effect, Message)
        event = cloud_event(
            effect.event_id, effect.TYPE, self.service.name, datetime.now(UTC), to_json(effect)
        )
        return vhosts.internal, Outgoing(
            str(effect.event_id),
            EVENTS,
            effect.routing_key,
            effect.TYPE,
            carrier([event]).encode(),
            CARRIER_TYPE,
        )


def incoming(body: bytes, queue: str, key: str, message_id: str | None, user_id: str | None) -> Incoming:
    """Return a message as the steps read it, whatever library received it."""
    return Incoming(queue, body, key, message_id, user_id, 0, None, 1, 0)


async def job(name: str, size: int = PARALLEL) -> Job:
    """Return the job of a service, with `size` connections to the database."""
    make = importlib.import_module(f"services.{name}.service").service
    (parameter,) = inspect.signature(make, eval_str=True).parameters.values()
    settings = parameter.annotation.load()  # each service has settings of its own
    configure(f"bench.{name}", "WARNING")
    pool = await open_pool(settings.database_dsn.get_secret_value(), name, size=size)
    return Job(make(settings), settings, pool)
