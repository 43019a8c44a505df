"""The program of an integrator. It knows only AMQP and CloudEvents, as any payroll software."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage

CREATE: Final = "be.nsso.dimona.v1.declarations.create"
RECEIVED: Final = f"{CREATE}.receivedReply"
INTERMEDIATE: Final = f"{CREATE}.intermediateReply"
REPLY: Final = f"{CREATE}.reply"
PROBLEM: Final = f"{CREATE}.problemReply"
ISSUED: Final = "be.nsso.dimona.v1.notifications.notify.issued"


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent that came to the client's queue."""

    id: str
    type: str
    relatedto: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """A declaration as a CloudEvent, with an id and a source of the client."""

    id: str
    source: str
    declaration: dict[str, Any]

    def body(self) -> bytes:
        """Return the whole CloudEvent as structured JSON; each call returns equal bytes."""
        return json.dumps(
            {
                "specversion": "1.0",
                "id": self.id,
                "source": self.source,
                "type": CREATE,
                "service": "be.nsso.dimona.v1",
                "datacontenttype": "application/json",
                "data": self.declaration,
            }
        ).encode()


class Program:
    """Base class of programs outside the system: a connection to one vhost, and the queue it reads there."""

    def __init__(self, url: str, queue: str) -> None:
        """Create a program that is not connected yet; `url` is amqp://user:password@host:port/vhost."""
        self._url, self._queue = url, queue
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect(self._url)
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        await self._prepare(channel)
        await channel.set_qos(prefetch_count=100)
        await (await channel.get_queue(self._queue, ensure=False)).consume(self._take)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition on the events holds; return False if it does not hold in time."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(holds)
        except TimeoutError:
            return False
        return True

    async def _prepare(self, channel: AbstractChannel) -> None:
        """Prepare the channel for more than reading. A subclass that also publishes overrides this method."""

    @abstractmethod
    def _hear(self, event: dict[str, Any]) -> None:
        """Store a received event."""

    async def _take(self, message: AbstractIncomingMessage) -> None:
        async with self._news:
            self._hear(json.loads(message.body))
            self._news.notify_all()
        await message.ack()


class Integrator(Program):
    """The program of one client: declares through `dimona.in` and reads its own reply queue."""

    def __init__(self, url: str, client_id: str, organization: str) -> None:
        """Create the program of a client; `organization` is an enterprise number."""
        super().__init__(url, f"reply.{client_id}")
        self.client_id = client_id
        self._source = f"urn:async-source:enterpriseNumber:{organization}:payroll"
        self._events: defaultdict[str | None, dict[str, Event]] = defaultdict(dict)
        self._copies: Counter[str] = Counter()

    async def _prepare(self, channel: AbstractChannel) -> None:
        self._exchange: AbstractExchange = await channel.get_exchange("dimona.in", ensure=False)

    def command(self, declaration: dict[str, Any]) -> Command:
        """Return a new event that carries this declaration."""
        return Command(str(uuid4()), self._source, declaration)

    async def send(self, command: Command) -> None:
        """Publish a command, and return once the broker has stored it. A command may be sent twice."""
        message = aio_pika.Message(
            command.body(),
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=command.id,
            timestamp=datetime.now(UTC),
            user_id=self.client_id,
        )
        await self._exchange.publish(message, CREATE)

    def replies(self, command: Command) -> list[Event]:
        """Return the answers to a command, each event once, in order of arrival."""
        return list(self._events[command.id].values())

    def reply(self, command: Command, *types: str) -> Event | None:
        """Return the first answer to a command that has one of these types, or None."""
        return next((event for event in self.replies(command) if event.type in types), None)

    def notifications(self) -> list[Event]:
        """Return the notifications that came because this client's organization is the addressee."""
        return [
            event for events in self._events.values() for event in events.values() if event.type == ISSUED
        ]

    def copies(self, event: Event) -> int:
        """Return how often an event came; deliveries may be repeated, with the same id."""
        return self._copies[event.id]

    def _hear(self, event: dict[str, Any]) -> None:
        known = Event(event["id"], event["type"], event.get("relatedto"), event["data"])
        self._events[known.relatedto].setdefault(known.id, known)
        self._copies[known.id] += 1
