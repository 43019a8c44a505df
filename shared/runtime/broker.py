"""The only module that imports aio_pika: one session to publish, one to consume, per vhost.

Plain connections and a session loop of our own take the place of aio-pika's robust connections: a
session is built whole, lives until its channel closes for whatever reason, and is built again. That
removes the class of defects in which a restored object is not quite the old one (aio-pika #231, #334,
#536, #565, #588; aiormq #96). docs/adr/0003 lists each known defect and where it is handled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aio_pika
import aiormq
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError
from pamqp.commands import Basic

from shared.runtime import metrics
from shared.runtime.logs import log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage

PUBLISH_TIMEOUT = 4.0  #: seconds; a publish that timed out may still have arrived (§2.4)
IN_FLIGHT = 64  #: more confirms in flight bring only waiting (performance.md)
HEARTBEAT = 10  #: seconds; a black-holed connection shows within about 12
EVENT_TYPE = "application/cloudevents+json; charset=utf-8"
CARRIER_TYPE = "application/cloudevents-batch+json; charset=utf-8"
LOST = (AMQPError, OSError, TimeoutError, aiormq.exceptions.AMQPError, RuntimeError)


def _url(amqp_url: str, vhost: str) -> str:
    return f"{amqp_url.rstrip('/')}/{quote(vhost, safe='')}?heartbeat={HEARTBEAT}"


async def connect(amqp_url: str, vhost: str, name: str) -> AbstractConnection:
    """A plain connection. Raises OSError, TimeoutError or AMQPError."""
    return await aio_pika.connect(
        _url(amqp_url, vhost), timeout=10, client_properties={"connection_name": name}
    )


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


class Session:
    """A connection with one channel, made again for as long as the process lives."""

    def __init__(self, amqp_url: str, vhost: str, name: str, purpose: str) -> None:
        self._url, self.vhost, self._name, self._purpose = amqp_url, vhost, name, purpose
        self.connected = asyncio.Event()
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Connect, serve until the channel is lost, wait a moment, start over. Ends only by cancellation."""
        pause = 0.1
        while True:
            try:
                async with self._open() as channel:
                    pause = 0.1
                    self.connected.set()
                    metrics.AMQP_CONNECTED.labels(self._purpose).set(1)
                    await self.serve(channel)
            except LOST as error:
                log.warning("amqp_lost", vhost=self.vhost, purpose=self._purpose, error=error)
            except asyncio.CancelledError:
                if own_cancellation():
                    raise
                log.warning("amqp_stuck", vhost=self.vhost, purpose=self._purpose)
            finally:
                self.connected.clear()
                metrics.AMQP_CONNECTED.labels(self._purpose).set(0)
            metrics.AMQP_RECONNECTS.labels(self._purpose).inc()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

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

    async def serve(self, channel: AbstractChannel) -> None:
        """Use the channel until it is lost."""
        raise NotImplementedError

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


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """A message as it came in, with what the broker says about it."""

    queue: str
    body: bytes
    routing_key: str
    message_id: str | None
    user_id: str | None
    deliveries: int  #: how often it was given to somebody before (x-delivery-count)
    stamp: object  #: the broker's own time stamp, where a plugin sets one
    #: it waited in the queue while nobody consumed: no idle second since the session began
    backlog: bool
    session: int
    _message: AbstractIncomingMessage

    async def ack(self) -> None:
        """Acknowledge this message alone."""
        await self._message.ack()


class Subscription(Session):
    """Consumes queues of one vhost over one channel, so that one `ack multiple` closes a batch."""

    def __init__(self, amqp_url: str, vhost: str, name: str, queues: Sequence[str], prefetch: int) -> None:
        super().__init__(amqp_url, vhost, f"{name}.consume", "consume")
        self.queues, self._prefetch = tuple(queues), prefetch
        self._session = 0
        self._buffer: deque[Incoming] = deque()
        self._arrived = asyncio.Event()
        self._stopped = False
        self._caught_up = False
        #: awaited before each session: nobody consumes while his own dependencies do not answer (§2.8)
        self.ready: Callable[[], Awaitable[None]] | None = None

    async def serve(self, channel: AbstractChannel) -> None:
        self._session += 1
        self._caught_up = False
        self._buffer.clear()  # what an earlier channel brought will be redelivered
        if self.ready is not None:
            await self.ready()
        await channel.set_qos(prefetch_count=self._prefetch)
        # A callback, not the queue iterator, which hangs or stops after a reconnect (#379, #540, #312, #501).
        kept = [await channel.get_queue(name, ensure=False) for name in self.queues]
        for queue in kept:
            await queue.consume(self._receiver(queue.name, self._session))
        await self.until_lost()

    def _receiver(self, queue: str, session: int) -> Callable[[AbstractIncomingMessage], Awaitable[None]]:
        async def receive(message: AbstractIncomingMessage) -> None:
            count = message.headers.get("x-delivery-count", 0)
            deliveries = count if isinstance(count, int) else 0
            if session == self._session and not self._stopped:
                self._buffer.append(
                    Incoming(
                        queue, message.body, message.routing_key or "", message.message_id, message.user_id,
                        deliveries, message.headers.get("timestamp_in_ms"), not self._caught_up,
                        session, message,
                    )
                )  # fmt: skip
                self._arrived.set()

        return receive

    async def take(self, limit: int, linger: float) -> list[Incoming]:
        """At least one message and at most `limit`; waits `linger` seconds for more. Empty once stopped."""
        while not self._buffer:
            if self._stopped:
                return []
            self._arrived.clear()
            if not self._caught_up and self.connected.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), 1.0)
                self._caught_up = not self._buffer
            else:
                await self._arrived.wait()
        if len(self._buffer) < limit and linger:
            await asyncio.sleep(linger)
        return [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]

    async def ack(self, batch: Sequence[Incoming]) -> None:
        """Acknowledge a batch taken from this subscription, in order, with one frame.

        A stale acknowledgement (the channel is gone) is no error: the broker redelivers, the inbox absorbs.
        """
        if not batch or batch[-1].session != self._session:
            return
        try:
            await batch[-1]._message.ack(multiple=True)
        except LOST as error:
            log.info("stale_ack", vhost=self.vhost, error=error)

    def stop(self) -> None:
        """Take nothing new; what was not taken goes back to the broker when the connection closes."""
        self._stopped = True
        self._buffer.clear()
        self._arrived.set()

    async def consumers(self) -> dict[str, tuple[int, int]]:
        """Per queue (messages ready, consumers), asked over a connection of its own.

        A passive declare over a robust channel answers from a cache (robust_channel.py); a plain one asks.
        """
        connection = await connect(self._url, self.vhost, f"{self._name}.watchdog")
        try:
            channel = await connection.channel()
            found = {}
            for name in self.queues:
                declared = (await channel.declare_queue(name, passive=True)).declaration_result
                found[name] = (declared.message_count or 0, declared.consumer_count or 0)
            return found
        finally:
            await connection.close()
