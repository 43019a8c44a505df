"""The only module that imports aio_pika: sessions with the broker, and the one that publishes.

Plain connections and a session loop of our own take the place of aio-pika's robust connections: a
session is built whole, lives until its channel closes for whatever reason, and is built again. That
removes the class of defects in which a restored object is not quite the old one (aio-pika #231, #334,
#536, #565, #588; aiormq #96). docs/adr/0003 lists each known defect and where it is handled.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aio_pika
import aiormq
import pamqp.decode
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError
from pamqp.commands import Basic

from shared.runtime import metrics, properties
from shared.runtime.logs import log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage

    #: For those who may not import aio_pika.
    Channel = AbstractChannel
    Received = AbstractIncomingMessage

PUBLISH_TIMEOUT = 4.0  #: seconds; a publish that timed out may still have arrived (§2.4)
IN_FLIGHT = 64  #: more confirms in flight bring only waiting (performance.md)
HEARTBEAT = 10  #: seconds; a black-holed connection shows within about 12
#: Seconds before a lost session is made again, doubled each time until one has lived for a while.
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 0.1, 2.0, 5.0
EVENT_TYPE = "application/cloudevents+json; charset=utf-8"
CARRIER_TYPE = "application/cloudevents-batch+json; charset=utf-8"
LOST = (AMQPError, OSError, TimeoutError, aiormq.exceptions.AMQPError, RuntimeError)

# What a sender put into the properties must not end the session of whoever receives it.
pamqp.decode.METHODS.update(properties.READERS)


def _url(amqp_url: str, vhost: str) -> str:
    return f"{amqp_url.rstrip('/')}/{quote(vhost, safe='')}?heartbeat={HEARTBEAT}"


async def connect(amqp_url: str, vhost: str, name: str) -> AbstractConnection:
    """A plain connection. Raises OSError, TimeoutError or AMQPError."""
    url = aio_pika.connection.make_url(_url(amqp_url, vhost))
    connection = aio_pika.Connection(url, client_properties={"connection_name": name})
    try:
        await connection.connect(timeout=10)
    except BaseException:
        await connection.close()  # one that is let go starts to close itself when no loop runs to do it
        raise
    return connection


def own_cancellation() -> bool:
    """Whether a CancelledError is meant for this task.

    A connection that got stuck surfaces as CancelledError too (reliability.md §2.4); `except Exception`
    would miss it, and taking it for our own would end a relay silently.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Sent(StrEnum):
    """What became of one publish. Only CONFIRMED means that the broker has it for sure."""

    CONFIRMED = "confirmed"
    NACKED = "nacked"
    RETURNED = "returned"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out: where to, and the whole body."""

    id: str
    exchange: str
    routing_key: str
    type: str
    body: bytes
    content_type: str = EVENT_TYPE
    headers: dict[str, Any] = field(default_factory=dict)
    user_id: str | None = None  #: whom to vouch for; only an impersonator may name somebody else


class Session(ABC):
    """A connection with one channel, made again for as long as the process lives."""

    def __init__(self, amqp_url: str, vhost: str, name: str, purpose: str) -> None:
        self._url, self.vhost, self._name, self._purpose = amqp_url, vhost, name, purpose
        self.connected = asyncio.Event()
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve until the channel is lost, wait a moment, start over. Ends only by cancellation."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            began = loop.time()
            try:
                await self.before()
                async with self._open() as channel:
                    self.connected.set()
                    metrics.AMQP_CONNECTED.labels(self._purpose).inc()
                    await self.serve(channel)
            except LOST as error:
                log.warning("amqp_lost", vhost=self.vhost, purpose=self._purpose, error=error)
            except asyncio.CancelledError:
                if own_cancellation():
                    raise
                log.warning("amqp_stuck", vhost=self.vhost, purpose=self._purpose)
            finally:
                if self.connected.is_set():
                    metrics.AMQP_CONNECTED.labels(self._purpose).dec()
                self.connected.clear()
            metrics.AMQP_RECONNECTS.labels(self._purpose).inc()
            if loop.time() - began > STEADY:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AbstractChannel]:
        self._closed = asyncio.Event()
        connection = await connect(self._url, self.vhost, self._name)
        try:
            # Confirms on, and a returned message raises instead of passing for a success.
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            # The callback must not raise: one that does kills the closing (aio-pika #669).
            channel.close_callbacks.add(lambda *_: self._closed.set())
            connection.close_callbacks.add(lambda *_: self._closed.set())
            yield channel
        finally:
            with suppress(*LOST):
                await connection.close()

    async def before(self) -> None:  # noqa: B027 - a hook: most have nothing to do
        """Awaited before each connection is made."""

    @abstractmethod
    async def serve(self, channel: AbstractChannel) -> None:
        """Use the channel until it is lost."""

    async def until_lost(self) -> None:
        """Wait until channel or connection is closed."""
        await self._closed.wait()

    def drop(self) -> None:
        """Give this channel up; a new session follows."""
        self._closed.set()


class Publisher(Session):
    """Publishes with confirms, at most 64 in flight, each mandatory and each with its own deadline."""

    def __init__(self, amqp_url: str, vhost: str, name: str) -> None:
        super().__init__(amqp_url, vhost, f"{name}.publish", "publish")
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}
        self._window = asyncio.Semaphore(IN_FLIGHT)  # bounded: aiormq #146, #169
        self._under_way: dict[str, asyncio.Future[None]] = {}

    async def serve(self, channel: AbstractChannel) -> None:
        self._exchanges = {}
        self._channel = channel  # a strong reference (aio-pika #536)
        try:
            await self.until_lost()
        finally:
            self._channel = None

    async def publish(self, message: Outgoing) -> Sent:
        """Publish one message and say what became of it. Never raises for a broker's reasons."""
        # Two publishes of one message_id in flight confuse aiormq's bookkeeping: a returned one is then
        # reported as confirmed (false confirm, aio-pika #689). So the second waits for the first.
        while (earlier := self._under_way.get(message.id)) is not None:
            await asyncio.wait([earlier])
        done = self._under_way[message.id] = asyncio.get_running_loop().create_future()
        try:
            async with self._window:
                sent = await self._publish(message)
        finally:
            del self._under_way[message.id]
            done.set_result(None)
        metrics.PUBLISHED.labels(message.exchange or "default", sent).inc()
        return sent

    async def publish_all(self, messages: Sequence[Outgoing]) -> list[Sent]:
        """Publish in order, pipelined; the outcomes in the same order."""
        if not self.connected.is_set():  # a session that is just being made is worth a moment
            with suppress(TimeoutError):
                await asyncio.wait_for(self.connected.wait(), 1.0)
        return list(await asyncio.gather(*(self.publish(message) for message in messages)))

    async def _publish(self, message: Outgoing) -> Sent:
        try:
            exchange = await self._exchange(message.exchange)
            if exchange is None:
                return Sent.DISCONNECTED
            frame = await exchange.publish(
                aio_pika.Message(
                    message.body,
                    message_id=message.id,
                    type=message.type,
                    content_type=message.content_type,
                    headers=message.headers,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    app_id="dimona",
                    user_id=message.user_id,
                ),
                message.routing_key,
                mandatory=True,
                timeout=PUBLISH_TIMEOUT,  # a publish may hang while disconnected (aio-pika #556, #636)
            )
            return Sent.CONFIRMED if isinstance(frame, Basic.Ack) else Sent.RETURNED
        except PublishError:
            return Sent.RETURNED
        except DeliveryError:
            return Sent.NACKED
        except TimeoutError:
            return Sent.TIMEOUT
        except LOST:
            return Sent.DISCONNECTED
        except asyncio.CancelledError:
            if own_cancellation():
                raise
            return Sent.DISCONNECTED

    async def _exchange(self, name: str) -> AbstractExchange | None:
        channel = self._channel
        if channel is None:
            return None
        if name not in self._exchanges:
            self._exchanges[name] = (
                await channel.get_exchange(name, ensure=False) if name else channel.default_exchange
            )
        return self._exchanges[name]
