"""A client that writes the properties of a message byte by byte, as no library would."""

from __future__ import annotations

import socket
import struct
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pamqp.frame
from pamqp import commands
from pamqp.body import ContentBody

#: bit of each property among the flags, in the order in which the values follow
ORDER = (
    "content_type", "content_encoding", "headers", "delivery_mode", "priority", "correlation_id", "reply_to",
    "expiration", "message_id", "timestamp", "type", "user_id", "app_id", "cluster_id",
)  # fmt: skip


def short(text: bytes) -> bytes:
    """Encode a short string."""
    return struct.pack("B", len(text)) + text


def long(data: bytes) -> bytes:
    """Encode a table, an array or a long string: its length and its content."""
    return struct.pack(">I", len(data)) + data


class Raw:
    """One connection with one channel, confirms on."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 5672), 10)
        self._socket.sendall(b"AMQP\x00\x00\x09\x01")
        self._read()
        plain = f"\0{unquote(parts.username or '')}\0{unquote(parts.password or '')}"
        self._say(commands.Connection.StartOk({}, "PLAIN", plain, "en_US"), 0)
        self._read()
        self._say(commands.Connection.TuneOk(64, 131072, 0), 0)
        self._say(commands.Connection.Open(unquote(parts.path[1:])), 0)
        self._read()
        self._say(commands.Channel.Open())
        self._read()
        self._say(commands.Confirm.Select())
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def publish(self, exchange: str, key: str, body: bytes, **properties: bytes) -> str:
        """Publish with encoded properties and return the name of the broker's answer."""
        flags = sum(1 << 15 - ORDER.index(name) for name in properties)
        values = b"".join(properties[name] for name in ORDER if name in properties)
        header = struct.pack(">HHQH", 60, 0, len(body), flags) + values
        self._say(commands.Basic.Publish(0, exchange, key))
        self._socket.sendall(struct.pack(">BHI", 2, 1, len(header)) + header + b"\xce")
        self._say(ContentBody(body))
        return str(self._read().name)

    def _say(self, frame: Any, channel: int = 1) -> None:
        self._socket.sendall(pamqp.frame.marshal(frame, channel))

    def _read(self) -> Any:
        head = self._exactly(7)
        (size,) = struct.unpack(">I", head[3:])
        return pamqp.frame.unmarshal(head + self._exactly(size + 1))[2]

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            if not (more := self._socket.recv(size - len(data))):
                raise ConnectionError("the broker closed the connection")
            data += more
        return data
