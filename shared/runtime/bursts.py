"""Bursts over a channel of aiormq: publish many messages in one write, and receive without extra tasks.

This module replaces two parts of aiormq's channel and relies on its internals (ADR 3). So the release of
aiormq is pinned, and tests/integration/runtime/test_burst_publishing.py runs with every new release.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from struct import Struct
from typing import Any, Final
from uuid import uuid4

from aiormq.abc import ChannelFrame, DeliveredMessage
from aiormq.exceptions import ChannelInvalidStateError, PublishError
from pamqp.commands import Basic
from pamqp.encode import field_table
from pamqp.frame import marshal
from pamqp.header import ContentHeader

SHORT_STRING: Final = 255  #: bytes
EVENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
CARRIER_TYPE: Final = "application/cloudevents-batch+json; charset=utf-8"

#: Parts of the frames of a publish (AMQP 0-9-1, 2.3.5 and 4.2).
_FRAME: Final = Struct(">BHI")  #: kind, channel, size
_METHOD, _CONTENT_HEADER, _BODY, _END = 1, 2, 3, b"\xce"
_HEADER: Final = Struct(">HHQH")  #: class, weight, size of the body, flags
_BASIC: Final = 60
_PUBLISH: Final = Struct(">HHH").pack(_BASIC, 40, 0)
_MANDATORY, _NO_HEADERS, _PERSISTENT, _APPLICATION = b"\x01", b"\0\0\0\0", b"\x02", b"\x06dimona"
#: Bits of the properties that a message has: content type, headers, delivery mode, id, type, application.
_FLAGS, _USER_ID = 0b1011_0000_1010_1000, 0b1_0000

Receive = Callable[[DeliveredMessage], None]


class Sent(StrEnum):
    """The outcome of one publish. Only CONFIRMED means that the broker has the message for certain."""

    CONFIRMED = "confirmed"
    NACKED = "nacked"
    RETURNED = "returned"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish: its address, properties and body."""

    id: str
    exchange: str
    routing_key: str
    type: str
    body: bytes
    content_type: str = EVENT_TYPE
    headers: dict[str, Any] = field(default_factory=dict)
    user_id: str | None = None  #: verified by the broker; only an impersonator may name another user


class Publish:
    """One message that is being published, and its outcome.

    aiormq keeps a future for each message in its table of confirmations. This object takes the place of
    that future, so it has the four methods of a future that aiormq calls. Only the first outcome counts.
    """

    __slots__ = ("message", "outcome")

    def __init__(self, message: Outgoing) -> None:
        self.message = message
        self.outcome: Sent | None = None

    def done(self) -> bool:
        return self.outcome is not None

    def cancelled(self) -> bool:
        """Return whether there is an outcome. If so, aiormq logs no warning about a late answer."""
        return self.outcome is not None

    def set_result(self, frame: object) -> None:
        """Set the outcome after an answer of the broker: CONFIRMED for an ack, otherwise RETURNED."""
        self.settle(Sent.CONFIRMED if isinstance(frame, Basic.Ack) else Sent.RETURNED)

    def set_exception(self, error: BaseException) -> None:
        """Set the outcome to RETURNED for a PublishError, and to NACKED for any other error.

        A nack of the broker arrives as DeliveryError (aiormq #75).
        """
        self.settle(Sent.RETURNED if isinstance(error, PublishError) else Sent.NACKED)

    def settle(self, outcome: Sent) -> None:
        """Set the outcome and call `settled`, unless an outcome is already set."""
        if self.outcome is None:
            self.outcome = outcome
            self.settled(outcome)

    def settled(self, outcome: Sent) -> None:
        """Handle the outcome. The method does nothing unless a subclass replaces it."""


def _frames(message: Outgoing, channel: int, most: int) -> bytes:
    """Return the frames of a publish: method, header and body. Raise ValueError if a name is too long.

    pamqp would make equal bytes field by field, but takes ten times as long.

    Args:
        message: The message.
        channel: The number of the channel.
        most: The largest body of a frame, in bytes.
    """
    body = message.body
    method = _PUBLISH + _short(message.exchange) + _short(message.routing_key) + _MANDATORY
    user = b"" if message.user_id is None else _short(message.user_id)
    properties = b"".join(
        (
            _HEADER.pack(_BASIC, 0, len(body), _FLAGS | (_USER_ID if user else 0)),
            _short(message.content_type),
            field_table(message.headers) if message.headers else _NO_HEADERS,
            _PERSISTENT,
            _short(message.id),
            _short(message.type),
            user,
            _APPLICATION,
        )
    )
    frames = [_frame(_METHOD, channel, method), _frame(_CONTENT_HEADER, channel, properties)]
    frames += [_frame(_BODY, channel, body[at : at + most]) for at in range(0, len(body), most)]
    return b"".join(frames)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, channel, len(payload)) + payload + _END


def _short(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > SHORT_STRING:
        raise ValueError(f"a name in a message has at most {SHORT_STRING} bytes")
    return bytes((len(encoded),)) + encoded


class BurstChannel:
    """A channel of aiormq that writes and receives in bursts. Only one task at a time may call `write`.

    Args:
        channel: A channel of aiormq in confirm mode with `on_return_raises`.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._receivers: dict[str | None, Receive] = {}
        #: awaited after each message: the connection is not read meanwhile
        self.room: Callable[[], Awaitable[None]] | None = None
        channel._on_deliver_frame = self._deliver

    async def write(self, publishes: Sequence[Publish]) -> None:
        """Write messages in order with one buffer, and wait until the socket has accepted it.

        Each message is mandatory and persistent. Its outcome is set later, in its `Publish`. Raise
        ValueError, and write no message, if the frames of one message cannot be made. Raise
        ChannelInvalidStateError for a closed channel.
        """
        channel = self._channel
        if channel.is_closed:
            raise ChannelInvalidStateError("the channel is closed")
        number, most = channel.number, channel.max_content_size
        payload = b"".join([_frames(publish.message, number, most) for publish in publishes])
        # Consecutive tags, in the order of the frames: the broker counts the publishes of a channel.
        for publish in publishes:
            channel.delivery_tag += 1
            channel.confirmations[channel.delivery_tag] = publish
            channel.message_id_delivery_tag[publish.message.id] = channel.delivery_tag
        drained = channel.create_future()  # rejected when the channel closes
        await channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=drained))
        await drained

    def forget(self, message_id: str) -> None:
        """Forget a message id, with which aiormq finds the delivery tag of a returned message.

        The tag itself stays in the table until the broker answers, so that a late answer is recognized.
        """
        self._channel.message_id_delivery_tag.pop(message_id, None)

    # -- receiving

    async def consume(self, queue: str, receive: Receive) -> str:
        """Start a consumer of a queue and return its tag. `receive` gets each message and must not raise.

        A callback takes the place of aio-pika's queue iterator, which hangs or stops after a reconnect
        (aio-pika #379, #540, #312, #501). The reader of the channel calls `receive` directly, while
        aiormq and aio-pika would make two tasks for each message.
        """
        tag = f"dimona.{uuid4().hex}"
        self._receivers[tag] = receive
        await self._channel.basic_consume(queue, _unused, consumer_tag=tag)
        return tag

    async def cancel(self, tag: str) -> None:
        """Stop the consumer with this tag."""
        await self._channel.basic_cancel(tag)

    async def ack(self, up_to: int, single: Sequence[int]) -> None:
        """Acknowledge messages with one write. Raise ChannelInvalidStateError for a closed channel.

        Args:
            up_to: The tag up to which all messages are acknowledged; 0: none.
            single: The tags of further messages.
        """
        frames = [Basic.Ack(delivery_tag=up_to, multiple=True)] if up_to else []
        frames += [Basic.Ack(delivery_tag=tag) for tag in single]
        if self._channel.is_closed:
            raise ChannelInvalidStateError("the channel is closed")
        payload = b"".join([marshal(frame, self._channel.number) for frame in frames])
        await self._channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=None))

    async def prefetch(self, count: int) -> None:
        """Set the maximum number of unacknowledged messages for each consumer that is started later."""
        await self._channel.basic_qos(prefetch_count=count)

    async def ready(self, queue: str) -> int:
        """Return the number of messages in a queue that the broker has not delivered yet."""
        declared = await self._channel.queue_declare(queue, passive=True)
        return declared.message_count or 0

    async def _deliver(self, frame: Basic.Deliver) -> None:
        header = await self._channel._get_frame()
        if not isinstance(header, ContentHeader):
            raise ValueError("a frame other than the header of a message")
        message = await self._channel._read_content(frame, header)
        receive = self._receivers.get(frame.consumer_tag)
        if receive is not None:
            receive(message)
        if self.room is not None:
            await self.room()


async def _unused(_message: object) -> None:
    """Do nothing. aiormq requires a callback for each consumer, but this one is never called."""
