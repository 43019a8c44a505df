"""The session that consumes: queues of one vhost over one channel, and what came from them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from shared.runtime.broker import LOST, Session, connect, own_cancellation
from shared.runtime.logs import log

if TYPE_CHECKING:
    from shared.runtime.broker import Channel, Received

_LOOK: Final = 0.02  #: seconds between two looks at what suspects do
_QUIET: Final = 15  #: so many looks with nothing in hand: a queue gives nothing more to this session
#: Seconds after which, and for which nothing must come, before a queue counts as run dry.
_SETTLED, _DRY = 1.0, 0.1


@dataclass(slots=True, eq=False)
class Incoming:
    """A message as it came in, with what the broker says about it."""

    queue: str
    body: bytes
    routing_key: str
    message_id: str | None
    user_id: str | None
    deliveries: int  #: how often it was given to somebody before (x-delivery-count)
    stamp: object  #: the broker's own time stamp, where a plugin sets one
    session: int
    _message: Received
    came: float = field(default_factory=time.monotonic)
    #: it lay in the queue because of us: nobody consumed, a batch was held, or it was given back
    waited: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether it was acknowledged, itself or as the last one of a batch."""
        return self._message.processed

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
        self._behind_since = 0.0
        self._latest: Incoming | None = None
        #: until every queue is consumed as it should be; before its turn, a queue has no consumer
        self.meeting = True
        #: awaited before each session: nobody consumes while his own dependencies do not answer (§2.8)
        self.ready: Callable[[], Awaitable[None]] | None = None
        #: one for all subscriptions of a process, so that only one of them at a time meets its suspects
        self.suspects_lock = asyncio.Lock()

    async def before(self) -> None:
        if self._stopped:
            await asyncio.Event().wait()  # what it took would only lie here
        if self.ready is not None:
            await self.ready()

    async def serve(self, channel: Channel) -> None:
        self._session += 1
        self.meeting = True
        self.fell_behind()
        self._buffer.clear()  # what an earlier channel brought will be redelivered
        # aio-pika does not tell: the queue was deleted, the channel lives, and nothing comes any more (#334).
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(lambda _: self.drop())
        kept = [await channel.get_queue(name, ensure=False) for name in self.queues]
        await channel.set_qos(prefetch_count=1)
        for queue in kept:
            async with self.suspects_lock:
                await self._meet_suspects(channel, queue)
        await channel.set_qos(prefetch_count=self._prefetch)
        for queue in kept:
            if not self._stopped:
                await self._consume(queue)
        self.meeting = False
        self.fell_behind()  # only now does everything come that waits
        await self.until_lost()

    async def _meet_suspects(self, channel: Channel, queue: Any) -> None:
        """Take what was given to somebody before, one message at a time in the whole process.

        When the process dies, every delivery in hand counts against its message: with one in hand only
        the one that kills it collects counts (§2.8). Over at the first message that nobody had before.
        """
        declared = (await channel.declare_queue(queue.name, passive=True)).declaration_result
        if not declared.message_count:
            return
        self._latest, quiet = None, 0
        tag = await self._consume(queue)
        while quiet < _QUIET and not self._closed.is_set():
            await asyncio.sleep(_LOOK)
            latest: Incoming | None = self._latest
            if latest is not None and not latest.deliveries:
                break
            quiet = quiet + 1 if latest is None or latest.acknowledged else 0
        await queue.cancel(tag)

    async def _consume(self, queue: Any) -> Any:
        # A callback, not the queue iterator, which hangs or stops after a reconnect (#379, #540, #312, #501).
        return await queue.consume(self._receiver(queue.name, self._session))

    def _receiver(self, queue: str, session: int) -> Callable[[Received], Awaitable[None]]:
        async def receive(message: Received) -> None:
            # On a first delivery the broker sets no count: one that is there, the sender wrote.
            count = message.headers.get("x-delivery-count", 0) if message.redelivered else 0
            deliveries = count if isinstance(count, int) else 0
            if session == self._session and not self._stopped:
                self._latest = Incoming(
                    queue, message.body, message.routing_key or "", message.message_id, message.user_id,
                    deliveries, message.headers.get("timestamp_in_ms"), session, message,
                )  # fmt: skip
                self._buffer.append(self._latest)
                self._arrived.set()

        return receive

    async def take(self, limit: int, linger: float) -> list[Incoming]:
        """At least one message and at most `limit`; waits `linger` seconds for more. Empty once stopped."""
        loop = asyncio.get_running_loop()
        while not self._buffer:
            if self._stopped:
                return []
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), None if self._caught_up else _DRY)
            except TimeoutError:
                # Nothing is left a second after we came (back): what waited because of us has been taken.
                self._caught_up |= self.consuming and loop.time() - self._behind_since > _SETTLED
        if len(self._buffer) < limit and linger:
            await asyncio.sleep(linger)
        batch = [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]
        for incoming in batch:
            incoming.waited = incoming.deliveries > 0 or not self._caught_up
        return batch

    @property
    def consuming(self) -> bool:
        """Whether the broker gives this process messages: not while it connects, waits or stopped."""
        return self.connected.is_set() and not self.meeting and not self._stopped

    @property
    def caught_up(self) -> bool:
        """Whether it is consuming and all was taken that waited because of us."""
        return self.consuming and self._caught_up

    def fell_behind(self) -> None:
        """Messages wait because of us: while connecting, or while a batch is held."""
        self._caught_up = False
        self._behind_since = asyncio.get_running_loop().time()

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
        except asyncio.CancelledError:
            if own_cancellation():
                raise
            log.info("stale_ack", vhost=self.vhost)  # the connection was stuck

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
