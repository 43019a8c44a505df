"""A minimal AMQP client: no heartbeat, no reconnect, no returns. A yardstick, and the load generator's hands.

It writes many messages with one `write`, reads deliveries without a task or future for each, and waits for
confirms by number. It is for measurements only.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from pamqp import commands, frame
from pamqp.header import ProtocolHeader

_HEAD: Final = struct.Struct(">BHL")
_METHOD, _HEADER, _BODY, _END = 1, 2, 3, b"\xce"
_DELIVER, _ACK, _NACK = b"\x00\x3c\x00\x3c", b"\x00\x3c\x00\x50", b"\x00\x3c\x00\x78"
_FRAME_MAX: Final = 131072
_PATIENCE: Final = 10.0  #: seconds for an answer
#: The properties that are read and written, by the bit that announces each, in the order of the wire.
_SHORT: Final = {
    15: "content_type", 14: "content_encoding", 10: "correlation_id", 9: "reply_to", 8: "expiration",
    7: "message_id", 5: "type", 4: "user_id", 3: "app_id",
}  # fmt: skip


@dataclass(slots=True)
class Message:
    """A received message."""

    tag: int
    routing_key: str
    properties: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to send."""

    exchange: str
    routing_key: str
    body: bytes
    content_type: str
    message_id: str
    type: str
    user_id: str = ""


def _short(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data),)) + data


def _frame(kind: int, payload: bytes) -> bytes:
    return _HEAD.pack(kind, 1, len(payload)) + payload + _END


def _encoded(message: Publish) -> Iterable[bytes]:
    yield _frame(
        _METHOD,
        b"\x00\x3c\x00\x28\x00\x00" + _short(message.exchange) + _short(message.routing_key) + b"\x00",
    )
    flags = 0x8000 | 0x1000 | 0x0080 | 0x0020 | (0x0010 if message.user_id else 0)
    properties = _short(message.content_type) + b"\x02" + _short(message.message_id) + _short(message.type)
    if message.user_id:
        properties += _short(message.user_id)
    yield _frame(_HEADER, struct.pack(">HHQH", 60, 0, len(message.body), flags) + properties)
    for start in range(0, len(message.body), _FRAME_MAX - 8):
        yield _frame(_BODY, message.body[start : start + _FRAME_MAX - 8])


def _properties(payload: bytes) -> tuple[int, dict[str, str]]:
    (size, flags), at = struct.unpack_from(">QH", payload, 4), 14
    found: dict[str, str] = {}
    for bit in range(15, 2, -1):
        if not flags >> bit & 1:
            continue
        if bit in _SHORT:
            length = payload[at]
            found[_SHORT[bit]] = payload[at + 1 : at + 1 + length].decode()
            at += 1 + length
        elif bit == 13:  # headers
            at += 4 + struct.unpack_from(">L", payload, at)[0]
        else:  # delivery mode, priority: an octet each; the time stamp has eight
            at += 8 if bit == 6 else 1
    return size, found


class Connection(asyncio.Protocol):
    """A connection with one channel, in confirm mode."""

    def __init__(self, receive: Callable[[Message], None] | None = None) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._answers: asyncio.Queue[Any] = asyncio.Queue()
        self._message: Message | None = None
        self._missing = 0
        self._sent = self._confirmed = 0
        self._early: set[int] = set()  #: confirmed before one with a lower number
        self._waiters: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, url: str, receive: Callable[[Message], None] | None = None) -> Self:
        """Connect to the vhost of an AMQP address; `receive` is called with each delivery."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, self = await loop.create_connection(lambda: cls(receive), parts.hostname or "", parts.port or 5672)
        self._transport.write(ProtocolHeader(0, 9, 1).marshal())
        await self._answers.get()
        response = f"\0{unquote(parts.username or '')}\0{unquote(parts.password or '')}"
        self._write(commands.Connection.StartOk({}, "PLAIN", response, "en_US"), 0)
        tune = await self._answers.get()
        self._write(commands.Connection.TuneOk(tune.channel_max, min(tune.frame_max, _FRAME_MAX), 0), 0)
        await self.call(commands.Connection.Open(unquote(parts.path[1:])), 0)
        await self.call(commands.Channel.Open())
        await self.call(commands.Confirm.Select())
        return self

    async def call(self, method: Any, channel: int = 1) -> Any:
        """Send a method and return its answer."""
        self._write(method, channel)
        answer = await asyncio.wait_for(self._answers.get(), _PATIENCE)
        if isinstance(answer, commands.Connection.Close | commands.Channel.Close):
            raise RuntimeError(f"{answer.reply_code} {answer.reply_text}")
        return answer

    async def consume(self, queue: str, prefetch: int) -> None:
        """Consume a queue with this prefetch."""
        await self.call(commands.Basic.Qos(0, prefetch, False))
        await self.call(commands.Basic.Consume(queue=queue, consumer_tag=queue))

    def publish(self, messages: Sequence[Publish]) -> asyncio.Future[None]:
        """Send messages in one write; the future is done when the broker has confirmed all of them."""
        self._transport.write(b"".join(part for message in messages for part in _encoded(message)))
        self._sent += len(messages)
        future = asyncio.get_running_loop().create_future()
        if self._confirmed >= self._sent:
            future.set_result(None)
        else:
            self._waiters.append((self._sent, future))
        return future

    def ack(self, tag: int) -> None:
        """Acknowledge all deliveries up to a tag."""
        self._transport.write(_frame(_METHOD, _ACK + struct.pack(">QB", tag, 1)))

    def close(self) -> None:
        """Drop the connection."""
        self._transport.close()

    def _write(self, method: Any, channel: int) -> None:
        self._transport.write(frame.marshal(method, channel))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        buffer, at = bytes(self._buffer), 0
        while len(buffer) - at >= 8:
            kind, _, length = _HEAD.unpack_from(buffer, at)
            if len(buffer) - at < length + 8:
                break
            self._take(kind, buffer[at + 7 : at + 7 + length], buffer[at : at + length + 8])
            at += length + 8
        del self._buffer[:at]

    def _take(self, kind: int, payload: bytes, whole: bytes) -> None:
        if kind == _METHOD:
            self._take_method(payload[:4], payload, whole)
        elif kind == _HEADER and self._message is not None:
            self._missing, self._message.properties = _properties(payload)
            self._complete()
        elif kind == _BODY and self._message is not None:
            self._message.body += payload
            self._missing -= len(payload)
            self._complete()

    def _take_method(self, name: bytes, payload: bytes, whole: bytes) -> None:
        if name == _DELIVER:
            at = 5 + payload[4]
            (tag,) = struct.unpack_from(">Q", payload, at)
            at += 9
            at += 1 + payload[at]  # exchange
            key = payload[at + 1 : at + 1 + payload[at]].decode()
            self._message = Message(tag, key, {}, b"")
        elif name == _ACK:
            tag, multiple = struct.unpack_from(">QB", payload, 4)
            self._count(tag, bool(multiple))
        elif name == _NACK:
            raise RuntimeError("the broker refused a message: a queue is full")
        else:
            self._answers.put_nowait(frame.unmarshal(whole)[2])

    def _count(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._confirmed = max(self._confirmed, tag)
            self._early = {early for early in self._early if early > self._confirmed}
        else:
            self._early.add(tag)
        while self._confirmed + 1 in self._early:
            self._confirmed += 1
            self._early.discard(self._confirmed)
        while self._waiters and self._waiters[0][0] <= self._confirmed:
            _, future = self._waiters.popleft()
            if not future.done():
                future.set_result(None)

    def _complete(self) -> None:
        if self._missing <= 0 and self._message is not None and self._receive is not None:
            message, self._message = self._message, None
            self._receive(message)
