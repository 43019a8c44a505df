"""Observe all messages between the services, with the rights of an operator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from deploy.local.rabbitmq import OPERATOR
from shared.envelope import CARRIER_EVENTS, carriers
from shared.messages import Message
from shared.topology import COMMANDED, EVENTS, Deployment, exchange_hearing
from tests.foreign.program import is_lost
from tests.prove.observe import operator


@dataclass(frozen=True, slots=True)
class Carried:
    """One internal event with its routing key."""

    key: str
    document: dict[str, Any]


class Spy:
    """The events since the spy was started."""

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self.seen: list[Carried] = []

    async def hear(self, message: AbstractIncomingMessage) -> None:
        """Store the events of a carrier."""
        for document in json.loads(message.body)["messages"]:
            self.seen.append(Carried(message.routing_key or "", document))

    def about(self, numbers: Sequence[int]) -> list[Carried]:
        """Return the events about these declarations."""
        wanted = set(numbers)
        return [
            one
            for one in self.seen
            if (data := one.document["data"]).get("declaration", data).get("number") in wanted
        ]

    async def tell(self, *messages: Message) -> None:
        """Publish messages as an operator, or as the person register."""
        for key, body in carriers(messages, "operator", datetime.now(UTC)):
            await self.publish([Carried(key, document) for document in json.loads(body)["messages"]])

    async def publish(self, events: Sequence[Carried]) -> None:
        """Publish copies: each alone, and then all of one routing key together, twice in one carrier."""
        together: dict[str, list[dict[str, Any]]] = {}
        for one in events:
            together.setdefault(one.key, []).append(one.document)
            await self._publish(one.key, [one.document])
        for key, documents in together.items():
            for start in range(0, len(documents), CARRIER_EVENTS // 2):
                await self._publish(key, documents[start : start + CARRIER_EVENTS // 2] * 2)

    async def _publish(self, key: str, documents: list[dict[str, Any]]) -> None:
        body = json.dumps({"messages": documents}).encode()
        exchange = await self._channel.get_exchange(exchange_hearing(key), ensure=False)
        user = OPERATOR if exchange.name == COMMANDED else None
        await exchange.publish(aio_pika.Message(body, delivery_mode=2, user_id=user), key)


@asynccontextmanager
async def spying(document: Mapping[str, Any]) -> AsyncIterator[Spy]:
    """Observe every event through a queue of its own, inside the context."""
    connection = await operator(document, Deployment(document["deployment"]).internal)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        queue = await channel.declare_queue(exclusive=True)
        for exchange in (EVENTS, COMMANDED):
            await queue.bind(exchange, "#")
        spy = Spy(channel)
        await queue.consume(spy.hear, no_ack=True)
        yield spy


async def tell(document: Mapping[str, Any], *messages: Message) -> None:
    """Publish messages as operator, again and again until the broker confirms them."""
    for _ in range(120):
        try:
            async with spying(document) as spy:
                await spy.tell(*messages)
                return
        except BaseException as error:
            if not is_lost(error):
                raise
        await asyncio.sleep(0.5)
    raise TimeoutError("no broker takes what the operator says")
