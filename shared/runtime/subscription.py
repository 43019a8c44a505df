"""The session that consumes: the queues of one vhost over one channel, and a buffer of their messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from shared.runtime import metrics
from shared.runtime.binary_mode import attributes_of, structured
from shared.runtime.broker import LOST, Address, Session, existing, own_cancellation
from shared.runtime.bursts import BurstChannel
from shared.runtime.fairness import Arrivals, FairBuffer, Places, own_prefetch
from shared.runtime.incoming import Incoming, Unsettled
from shared.runtime.logs import log
from shared.runtime.moving import Move, Mover, restore
from shared.runtime.sharing import Fairness
from shared.topology import CREATE_DECLARATION, UNIDENTIFIED, own_key, own_queue

if TYPE_CHECKING:
    from shared.runtime.broker import Channel

_LOOK: Final = 0.02  #: seconds between two checks of the suspect in hand
_QUIET: Final = 15  #: checks with nothing in hand after which a queue has no suspect for this session
#: A queue counts as empty after _SETTLED seconds, when no message has come for _DRY seconds.
_SETTLED, _DRY = 1.0, 0.1
#: Bodies in the buffer from which on the queues count as busy: some ten declarations, or one carrier.
BUSY_BYTES: Final = 16 * 1024
_MOVING_SECONDS: Final = 1.0  #: seconds for which senders beyond their rate wait for moves
_LOOK_SECONDS: Final = 1.0  #: seconds between two looks at the length of the queues


class Subscription(Session):
    """A consuming session. One channel serves all its queues, so that one frame acknowledges a batch."""

    def __init__(
        self,
        amqp_url: Address,
        vhost: str,
        name: str,
        queues: Sequence[str],
        prefetch: int,
        fairness: Fairness | None = None,
    ) -> None:
        super().__init__(amqp_url, vhost, f"{name}.consume", "consume")
        self.queues, self._prefetch, self._fairness = tuple(queues), prefetch, fairness
        self._own: dict[str, str] = {}  #: client by own queue, of those that are consumed
        self._limits: dict[str, int] = {}  #: messages in hand at most, of each queue that is consumed
        self._session, self._channel = 0, cast("BurstChannel", None)  # which each session sets
        self._unsettled = Unsettled()
        self._arrivals: dict[str, Arrivals] = {}
        buckets = fairness.buckets if fairness else None
        self._buffer = FairBuffer(buckets.has_token) if buckets else FairBuffer()
        self._places = Places(time.monotonic)
        self._mover = Mover(fairness.publisher, fairness.account, self.ack, self._keep) if fairness else None
        self._arrived = asyncio.Event()
        self._stopped = False
        self._caught_up = False
        self._behind_since = 0.0
        self._taken = 0  #: bytes of the last batch
        self._latest: Incoming | None = None
        #: whether suspects are still being tried alone; a queue has no permanent consumer until then
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
        underlay = await channel.get_underlay_channel()
        # aio-pika does not report that a queue was deleted, after which no message arrives (#334).
        underlay.on_consumer_cancel_callbacks.add(lambda _: self.drop())
        self._begin(BurstChannel(underlay))
        parts = [self._serve_queues(), self.until_lost()] + ([self._mover.run()] if self._mover else [])
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, channel: BurstChannel) -> None:
        """Forget the messages of an earlier channel, which will be redelivered."""
        self._channel, self._unsettled = channel, Unsettled()
        channel.room = self._unsettled.room
        self._buffer.clear()
        self._places = Places(time.monotonic)
        self._arrivals, self._own = {}, {}
        if self._mover:
            self._mover.clear()

    async def _serve_queues(self) -> None:
        """Handle redelivered messages one at a time, then consume all queues; own queues of clients first."""
        self._own = await self._own_queues()
        for client in self._own.values():
            self._places.suppose_messages(client)
        queues = (*self._own, *self.queues)
        await self._channel.prefetch(1)
        for queue in queues:
            async with self.suspects_lock:
                await self._meet_suspects(self._channel, queue)
        await self._consume(queues)
        self.meeting = False
        self.fell_behind()  # the messages that waited arrive only from now on
        await self._look_around(self._channel)

    async def _consume(self, queues: Sequence[str]) -> None:
        for queue in queues:
            if self._stopped:
                return
            limit = own_prefetch(len(self._own)) if queue in self._own else self._prefetch
            self._limits[queue] = limit
            await self._channel.prefetch(limit)
            await self._channel.consume(queue, self._receiver(queue, self._session))
            if queue in self._own:
                self._places.consumed(self._own[queue])

    async def _own_queues(self) -> dict[str, str]:
        """Return the own queues of clients that exist at the broker, each with its client."""
        clients = dict(await self._fairness.own()) if self._fairness else {}
        new = [queue for queue in clients if queue not in self._own]
        there = await existing(self._url, self.vhost, f"{self._name}.queues", new) if new else set()
        return {queue: client for queue, client in clients.items() if queue in self._own or queue in there}

    async def adopt(self) -> None:
        """Consume the own queues of clients that were enrolled since the session began."""
        session, found = self._session, await self._own_queues()
        if self.consuming and session == self._session:
            new = [queue for queue in found if queue not in self._own]
            self._own |= found
            await self._consume(new)

    async def _look_around(self, channel: BurstChannel) -> None:
        """Record each second how many messages wait in each queue because its prefetch is used up, else 0."""
        while True:
            for queue, arrivals in list(self._arrivals.items()):
                at, full = time.monotonic(), self._limits.get(queue, 1)
                behind = self._unsettled.of[queue] >= full
                arrivals.look(at, await channel.ready(queue) if behind else 0)
            if self._fairness is not None:
                for label, count in zip(("within_rate", "beyond_rate"), self._buffer.waiting(), strict=True):
                    metrics.MESSAGES_WAITING.labels(label).set(count)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _meet_suspects(self, channel: BurstChannel, queue: str) -> None:
        """Take redelivered messages one at a time, until the first new message arrives.

        When the process dies, the broker counts a delivery of every message in hand. With one message in
        hand, the number grows only for the message that kills the process.
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
        client = self._own.get(queue)
        arrivals = self._arrivals.setdefault(queue, Arrivals())

        def receive(message: Any) -> None:
            if session != self._session or self._stopped:
                return
            properties, delivery = message.header.properties, message.delivery
            headers = properties.headers or {}
            # The broker sets no count on a first delivery: one that is there comes from the sender.
            count = headers.get("x-delivery-count", 0) if delivery.redelivered else 0
            attributes = attributes_of(headers, properties.content_type)
            incoming = Incoming(
                queue, structured(message.body, attributes), delivery.routing_key or "",
                properties.message_id or attributes.get("id"), properties.user_id,
                count if isinstance(count, int) else 0, headers.get("timestamp_in_ms"), session,
                delivery.delivery_tag or 0, source=queue, since=arrivals.next(),
            )  # fmt: skip
            self._latest = incoming
            if self._fairness is not None:
                incoming.shorten(self._fairness.trim(incoming.body))
            if client is not None:
                self._identify(incoming, client, headers)
            self._unsettled.add(incoming)
            self._place(incoming, client)

        return receive

    def _identify(self, incoming: Incoming, client: str, headers: Mapping[str, Any]) -> None:
        """Set the sender of a message from the own queue of a client.

        The sender is the client if we have moved the message, or if it has the routing key that only this
        client may use. Other messages get no sender: before RabbitMQ 4.0 any client can send copies here.
        """
        assert self._fairness is not None, "own queues belong to clients"
        moved = incoming.user_id == self._fairness.account  # verified by the broker
        if moved:
            restore(incoming, headers)
        incoming.user_id = client if moved or incoming.routing_key == own_key(client) else None
        incoming.queue, incoming.routing_key = self.queues[0], CREATE_DECLARATION

    def _place(self, incoming: Incoming, client: str | None) -> None:
        """Keep a message in the buffer until its turn, or schedule its move to another queue."""
        if self._mover is None:
            self._buffer.add(incoming)
            self._arrived.set()
        elif not incoming.user_id:
            self._mover.add(Move(incoming, UNIDENTIFIED, "unidentified"))
        elif client is None and (reason := self._places.moves(incoming.user_id)):
            self._places.enter(incoming, incoming.user_id, own=True)
            self._mover.add(Move(incoming, own_queue(incoming.user_id), reason))
            incoming.moving = True
        else:
            self._places.enter(incoming, incoming.user_id, own=client is not None)
            self._keep(incoming)

    def _keep(self, incoming: Incoming) -> None:
        assert self._fairness is not None, "without it `_place` has added the message"
        self._buffer.add(incoming, self._fairness.sender_of(incoming.user_id or "", self._buffer))
        self._arrived.set()

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
        if len(self._buffer) < limit and linger and max(self._buffer.bytes, self._taken) >= BUSY_BYTES:
            await asyncio.sleep(linger)
        batch = await self._fair_batch(limit)
        self._taken = sum(len(incoming.body) for incoming in batch)
        for incoming in batch:
            incoming.waited |= incoming.deliveries > 0 or not self._caught_up
            if self._fairness and incoming.user_id:
                self._fairness.spend(incoming.user_id, incoming.weight)
        return batch

    async def _fair_batch(self, limit: int) -> list[Incoming]:
        """Return a batch. Senders beyond their rate wait, for at most a second, while messages are moved."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _MOVING_SECONDS
        while self._mover is not None and self._mover.behind and loop.time() < end:
            if batch := self._buffer.take(limit, first_only=True):
                return batch
            await asyncio.sleep(_LOOK)
        return self._buffer.take(limit)

    @property
    def consumed(self) -> tuple[str, ...]:
        """The queues that should have a consumer at the broker."""
        return (*self.queues, *self._own)

    @property
    def consuming(self) -> bool:
        """Whether the broker delivers messages to this process: not while it connects or has stopped."""
        return self.connected.is_set() and not self.meeting and not self._stopped

    @property
    def caught_up(self) -> bool:
        """Whether the subscription consumes, and has no message left that waited because of this process."""
        return self.consuming and self._caught_up

    def fell_behind(self) -> None:
        """Note that messages wait because of this process: it connects, or holds a batch."""
        self._caught_up = False
        self._behind_since = asyncio.get_running_loop().time()

    async def ack(self, batch: Sequence[Incoming]) -> None:
        """Acknowledge messages of this subscription with one write.

        When their channel is gone, do nothing: the broker delivers again, and the inbox finds repeats.
        """
        if not batch or batch[-1].session != self._session:
            return
        for incoming in batch:
            if self._fairness is not None and incoming.user_id:
                own = incoming.moving or incoming.source in self._own
                self._places.leave(incoming, incoming.user_id, own=own)
        try:
            await self._channel.ack(*self._unsettled.settle(batch))
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
