"""The session that consumes: the queues of one vhost over one channel, and a buffer of their messages."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from shared.runtime.broker import LOST, Address, Session, own_cancellation
from shared.runtime.bursts import BurstChannel
from shared.runtime.logs import log

if TYPE_CHECKING:
    from shared.runtime.broker import Channel

_LOOK: Final = 0.02  #: seconds between two checks of the suspect in hand
_QUIET: Final = 15  #: checks with nothing in hand after which a queue has no suspect for this session
#: A queue counts as empty after the first number of seconds, when none came for the second.
_SETTLED, _DRY = 1.0, 0.1
#: Bodies in the buffer from which on the queues count as busy: some ten declarations, or one carrier.
BUSY_BYTES: Final = 16 * 1024


@dataclass(slots=True, eq=False)
class Incoming:
    """A received message, with the properties that the broker set."""

    queue: str
    body: bytes
    routing_key: str
    message_id: str | None
    user_id: str | None
    deliveries: int  #: number of earlier deliveries (x-delivery-count)
    stamp: object  #: the time stamp of the broker, if a plugin sets it
    session: int
    _message: Any  #: the message of aiormq
    came: float = field(default_factory=time.monotonic)
    #: it waited because of us: there was no consumer, a batch was held, or it was given back
    waited: bool = False
    acknowledged: bool = False  #: by itself, or as the last one of a batch

    async def ack(self, *, multiple: bool = False) -> None:
        """Acknowledge this message, alone or with all earlier ones of its channel."""
        await self._message.channel.basic_ack(self._message.delivery.delivery_tag, multiple=multiple)
        self.acknowledged = True


class Subscription(Session):
    """A consuming session. One channel serves all its queues, so that one frame acknowledges a batch."""

    def __init__(
        self, amqp_url: Address, vhost: str, name: str, queues: Sequence[str], prefetch: int
    ) -> None:
        super().__init__(amqp_url, vhost, f"{name}.consume", "consume")
        self.queues, self._prefetch = tuple(queues), prefetch
        self._session = 0
        self._buffer: deque[Incoming] = deque()
        self._arrived = asyncio.Event()
        self._stopped = False
        self._caught_up = False
        self._behind_since = 0.0
        self._latest: Incoming | None = None
        #: suspects are still being met; a queue has no consumer until then
        self.meeting = True
        #: awaited before each session: nothing is consumed while the database does not answer
        self.ready: Callable[[], Awaitable[None]] | None = None
        #: one for all subscriptions of a process, so that only one at a time meets its suspects
        self.suspects_lock = asyncio.Lock()

    async def before(self) -> None:
        if self._stopped:
            await asyncio.Event().wait()  # messages would only stay in the buffer
        if self.ready is not None:
            await self.ready()

    async def serve(self, channel: Channel) -> None:
        self._session += 1
        self.meeting = True
        self.fell_behind()
        self._buffer.clear()  # the messages of an earlier channel will be redelivered
        underlay = await channel.get_underlay_channel()
        # aio-pika does not report that a queue was deleted, after which no message arrives (#334).
        underlay.on_consumer_cancel_callbacks.add(lambda _: self.drop())
        bursts = BurstChannel(underlay)
        await bursts.prefetch(1)
        for queue in self.queues:
            async with self.suspects_lock:
                await self._meet_suspects(bursts, queue)
        await bursts.prefetch(self._prefetch)
        for queue in self.queues:
            if not self._stopped:
                await bursts.consume(queue, self._receiver(queue, self._session))
        self.meeting = False
        self.fell_behind()  # the messages that waited arrive only from now on
        await self.until_lost()

    async def _meet_suspects(self, channel: BurstChannel, queue: str) -> None:
        """Take redelivered messages one at a time, until the first new message arrives.

        When the process dies, the broker counts a delivery of every message in hand. With one in hand
        only the message that kills the process collects counts.
        """
        if not await channel.ready(queue):
            return
        self._latest, quiet = None, 0
        tag = await channel.consume(queue, self._receiver(queue, self._session))
        while quiet < _QUIET and not self._closed.is_set():
            await asyncio.sleep(_LOOK)
            latest: Incoming | None = self._latest
            if latest is not None and not latest.deliveries:
                break
            quiet = quiet + 1 if latest is None or latest.acknowledged else 0
        await channel.cancel(tag)

    def _receiver(self, queue: str, session: int) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            if session != self._session or self._stopped:
                return
            properties, delivery = message.header.properties, message.delivery
            headers = properties.headers or {}
            # The broker sets no count on a first delivery: one that is there comes from the sender.
            count = headers.get("x-delivery-count", 0) if delivery.redelivered else 0
            self._latest = Incoming(
                queue, message.body, delivery.routing_key or "", properties.message_id, properties.user_id,
                count if isinstance(count, int) else 0, headers.get("timestamp_in_ms"), session, message,
            )  # fmt: skip
            self._buffer.append(self._latest)
            self._arrived.set()

        return receive

    async def take(self, limit: int, linger: float) -> list[Incoming]:
        """Wait for messages and return at most `limit` of them; return none once stopped.

        While the queues are busy, wait a little for a larger batch. A quiet queue is served at once.

        Args:
            limit: The maximum number of messages.
            linger: Seconds to wait for more, when messages of at least BUSY_BYTES are there already.
        """
        loop = asyncio.get_running_loop()
        while not self._buffer:
            if self._stopped:
                return []
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), None if self._caught_up else _DRY)
            except TimeoutError:
                # No message came a moment after we started: those that waited because of us have been taken.
                self._caught_up |= self.consuming and loop.time() - self._behind_since > _SETTLED
        if len(self._buffer) < limit and linger and self._busy:
            await asyncio.sleep(linger)
        batch = [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]
        for incoming in batch:
            incoming.waited = incoming.deliveries > 0 or not self._caught_up
        return batch

    @property
    def _busy(self) -> bool:
        return sum(len(incoming.body) for incoming in self._buffer) >= BUSY_BYTES

    @property
    def consuming(self) -> bool:
        """Whether the broker delivers messages to this process: not while it connects or has stopped."""
        return self.connected.is_set() and not self.meeting and not self._stopped

    @property
    def caught_up(self) -> bool:
        """Whether it is consuming, and has taken all messages that waited because of this process."""
        return self.consuming and self._caught_up

    def fell_behind(self) -> None:
        """Note that messages wait because of this process: it connects, or holds a batch."""
        self._caught_up = False
        self._behind_since = asyncio.get_running_loop().time()

    async def ack(self, batch: Sequence[Incoming]) -> None:
        """Acknowledge a batch of this subscription, in the order in which it was taken, with one frame.

        When its channel is gone, do nothing: the broker redelivers, and the inbox absorbs.
        """
        if not batch or batch[-1].session != self._session:
            return
        try:
            await batch[-1].ack(multiple=True)
        except LOST as error:
            log.info("stale_ack", vhost=self.vhost, error=error)
        except asyncio.CancelledError:
            if own_cancellation():
                raise
            log.info("stale_ack", vhost=self.vhost)  # the connection was stuck

    def stop(self) -> None:
        """Take no further message. Messages in the buffer return to the broker when the connection closes."""
        self._stopped = True
        self._buffer.clear()
        self._arrived.set()
