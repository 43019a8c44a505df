"""The session that publishes: bursts with confirms, and one outcome for each message."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from shared.runtime import metrics
from shared.runtime.broker import Address, Session
from shared.runtime.bursts import BurstChannel, Outgoing, Publish, Sent

if TYPE_CHECKING:
    from shared.runtime.broker import Channel

PUBLISH_TIMEOUT: Final = 4.0  #: seconds; a publish that timed out may still have arrived
BURST: Final = 128  #: messages in one write; more bring no gain
IN_FLIGHT: Final = 2 * BURST  #: one burst is written while the one before is confirmed
BURST_BYTES: Final = 1024 * 1024  #: bodies in one write, beyond which it takes no further message
BYTES_IN_FLIGHT: Final = 8 * BURST_BYTES
_CONNECTING: Final = 1.0  #: seconds to wait for a session that is being made


class _Call:
    """One call of `publish_all`: the outcomes so far, and the future that the caller awaits."""

    __slots__ = ("done", "left", "outcomes")

    def __init__(self, count: int) -> None:
        self.outcomes: list[Sent] = [Sent.DISCONNECTED] * count
        self.left = count
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class _Burst:
    """The messages of one write, and their deadline."""

    __slots__ = ("deadline", "left", "publishes")

    def __init__(self, publishes: list[_Pending]) -> None:
        self.publishes, self.left = publishes, len(publishes)
        self.deadline = asyncio.get_running_loop().call_later(
            PUBLISH_TIMEOUT, _settle, publishes, Sent.TIMEOUT
        )


class _Pending(Publish):
    """A publish of a publisher: the place of its outcome in a call, and the burst that it is in."""

    __slots__ = ("_position", "_publisher", "burst", "call")

    def __init__(self, message: Outgoing, publisher: Publisher, call: _Call, position: int) -> None:
        super().__init__(message)
        self._publisher, self.call, self._position = publisher, call, position
        self.burst: _Burst | None = None  #: None while it waits

    def settled(self, outcome: Sent) -> None:
        call, burst = self.call, self.burst
        call.outcomes[self._position] = outcome
        call.left -= 1
        if not call.left and not call.done.done():
            call.done.set_result(None)
        if burst is not None:
            burst.left -= 1
            if not burst.left:
                burst.deadline.cancel()
            self._publisher.landed(self.message)


def _settle(publishes: Iterable[Publish], outcome: Sent) -> None:
    """Give an outcome to all publishes that have none."""
    for publish in publishes:
        publish.settle(outcome)


class Publisher(Session):
    """A publishing session. The messages of all callers share its bursts, in the order of the calls.

    Every message is mandatory and gets one outcome. At most 256 messages are in flight. Two messages with one
    id are never in flight together: if one were returned, aiormq could take it for the other, and report a
    false confirm (aio-pika #689). So the second message waits for the outcome of the first.
    """

    def __init__(self, amqp_url: Address, vhost: str, name: str) -> None:
        super().__init__(amqp_url, vhost, f"{name}.publish", "publish")
        self._waiting: deque[_Pending] = deque()
        self._in_flight: dict[str, _Pending] = {}  #: by message id
        self._bytes = 0  #: bodies in flight
        self._changed = asyncio.Event()  #: a message waits, or an outcome made room
        self._channel: BurstChannel | None = None

    async def publish(self, message: Outgoing) -> Sent:
        """Publish one message and return its outcome, also for an error of the broker.

        Raise ValueError when the message cannot be written as frames.
        """
        return (await self._publish([message]))[0]

    async def publish_all(self, messages: Sequence[Outgoing]) -> list[Sent]:
        """Publish messages in order, and return their outcomes in this order.

        Wait at most one second for a connection; without one all outcomes are DISCONNECTED. Raise
        ValueError when a message cannot be written as frames.
        """
        if not self.connected.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.connected.wait(), _CONNECTING)
        return await self._publish(messages)

    async def _publish(self, messages: Sequence[Outgoing]) -> list[Sent]:
        if not messages:
            return []
        call = _Call(len(messages))
        if self._channel is not None:
            self._waiting.extend(_Pending(message, self, call, n) for n, message in enumerate(messages))
            self._changed.set()
            await call.done
        sent = zip(messages, call.outcomes, strict=True)
        counts = Counter((message.exchange, outcome) for message, outcome in sent)
        for (exchange, outcome), count in counts.items():
            metrics.PUBLISHED.labels(exchange or "default", outcome).inc(count)
        return call.outcomes

    def landed(self, message: Outgoing) -> None:
        """Note that a message has its outcome, so that it is no longer in flight."""
        del self._in_flight[message.id]
        self._bytes -= len(message.body)
        if self._channel is not None:
            self._channel.forget(message.id)
        self._changed.set()

    # -- the session

    async def serve(self, channel: Channel) -> None:
        self._channel = BurstChannel(await channel.get_underlay_channel())
        tasks = [asyncio.create_task(part) for part in (self._write(self._channel), self.until_lost())]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            self._channel = None
            for task in tasks:
                task.cancel()
            self._settle_all(Sent.DISCONNECTED)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, channel: BurstChannel) -> None:
        while True:
            self._changed.clear()
            publishes = self._next_burst()
            if not publishes:
                await self._changed.wait()
                continue
            try:
                async with asyncio.timeout(PUBLISH_TIMEOUT):
                    await channel.write(publishes)
            except TimeoutError:  # the socket accepts nothing, so the messages behind have no chance either
                self._settle_all(Sent.TIMEOUT)
            except ValueError as error:  # one cannot be marshaled, and none was written
                self._refuse(publishes, error)

    def _next_burst(self) -> list[_Pending]:
        """Take the next burst from the front of the queue and return it.

        Return an empty list if no message can be sent now, or if there is no room for a whole burst.
        """
        publishes: list[_Pending] = []
        if len(self._in_flight) > IN_FLIGHT - BURST or self._bytes > BYTES_IN_FLIGHT - BURST_BYTES:
            return publishes  # wait for room for a whole burst, instead of writing small ones
        size = 0
        while self._waiting and len(publishes) < BURST and size < BURST_BYTES:
            publish = self._waiting[0]
            if publish.message.id in self._in_flight:
                break
            self._waiting.popleft()
            if publish.call.done.done():
                continue  # the caller was canceled
            self._in_flight[publish.message.id] = publish
            publishes.append(publish)
            size += len(publish.message.body)
        self._bytes += size
        if publishes:
            burst = _Burst(publishes)
            for publish in publishes:
                publish.burst = burst
        return publishes

    def _settle_all(self, outcome: Sent) -> None:
        publishes = [*self._in_flight.values(), *self._waiting]
        self._waiting.clear()
        _settle(publishes, outcome)

    def _refuse(self, publishes: Sequence[_Pending], error: ValueError) -> None:
        """Let the calls with messages in this burst raise an error. No message of the burst was written."""
        for call in {publish.call for publish in publishes}:
            if not call.done.done():
                call.done.set_exception(error)
        _settle(publishes, Sent.DISCONNECTED)
