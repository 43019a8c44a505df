"""Readers of message properties, which any sender can set. An unreadable value becomes None.

`shared.runtime.broker` installs them in pamqp. For an unreadable value, the readers of pamqp raise an
error, which ends the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from struct import Struct, error
from typing import Any, Final

_DEEPEST: Final = 8  #: deeper levels of tables are not read; x-death, which the broker writes, has 2
_LENGTH: Final = Struct(">I")
_SHORT_LENGTH: Final = Struct("B")
_INSTANT: Final = Struct(">Q")
_DECIMAL: Final = Struct(">Bi")
_FIXED: Final = {
    kind: Struct(layout)
    for kind, layout in {
        b"t": "?", b"b": "b", b"B": "B", b"s": ">h", b"u": ">H", b"I": ">i", b"i": ">I",
        b"l": ">q", b"L": ">q", b"f": ">f", b"d": ">d",
    }.items()
}  # fmt: skip


def short_string(data: bytes, at: int = 0) -> tuple[int, str]:
    """Read a string of at most 255 bytes. Return the position after it, and the string."""
    (length,) = _SHORT_LENGTH.unpack_from(data, at)
    end = at + 1 + length
    return end, data[at + 1 : end].decode(errors="replace")


def _timestamp(data: bytes, at: int = 0) -> tuple[int, datetime | None]:
    (seconds,) = _INSTANT.unpack_from(data, at)
    try:
        return at + 8, datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return at + 8, None


def _octet(data: bytes, at: int) -> tuple[int, int]:
    return at + 1, data[at]


def _table(data: bytes, at: int = 0) -> tuple[int, dict[str, Any]]:
    start = at + 4
    end = start + _LENGTH.unpack_from(data, at)[0]
    try:
        return end, _pairs(data, start, end, 0)
    except (error, KeyError):
        return end, {}


def _pairs(data: bytes, at: int, end: int, depth: int) -> dict[str, Any]:
    found = {}
    while at < end:
        at, key = short_string(data, at)
        at, found[key] = _value(data, at, depth)
    return found


def _values(data: bytes, at: int, end: int, depth: int) -> list[Any]:
    found = []
    while at < end:
        at, value = _value(data, at, depth)
        found.append(value)
    return found


def _value(data: bytes, at: int, depth: int) -> tuple[int, Any]:
    """Read one AMQP value. Return the position after it, and the value.

    Raise struct.error or KeyError for bytes that are no value.
    """
    kind, at = data[at : at + 1], at + 1
    if kind in (b"V", b"\0"):
        return at, None
    if kind == b"T":
        return _timestamp(data, at)
    if kind == b"D":
        places, digits = _DECIMAL.unpack_from(data, at)
        return at + 5, digits / 10**places
    if kind in (b"S", b"x", b"F", b"A"):
        start = at + 4
        end = start + _LENGTH.unpack_from(data, at)[0]
        if kind == b"F":
            return end, _pairs(data, start, end, depth + 1) if depth < _DEEPEST else None
        if kind == b"A":
            return end, _values(data, start, end, depth + 1) if depth < _DEEPEST else None
        return end, _text(data[start:end]) if kind == b"S" else data[start:end]
    layout = _FIXED[kind]
    return at + layout.size, layout.unpack_from(data, at)[0]


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


#: the reader of each type, by the name that pamqp gives the type; it returns the length and the value
READERS: Final[Mapping[str, Callable[[bytes], tuple[int, Any]]]] = {
    "shortstr": short_string,
    "timestamp": _timestamp,
    "table": _table,
}

_Reader = Callable[[bytes, int], tuple[int, Any]]
_READER: Final[Mapping[str, _Reader]] = {
    "headers": _table, "delivery_mode": _octet, "priority": _octet, "timestamp": _timestamp,
}  # fmt: skip
#: The properties of a message in the order of their flags, from the highest bit (AMQP 0-9-1, 4.2.6.1).
_PROPERTIES: Final[tuple[tuple[int, str, _Reader], ...]] = tuple(
    (0x8000 >> n, name, _READER.get(name, short_string))
    for n, name in enumerate(
        (
            "content_type", "content_encoding", "headers", "delivery_mode", "priority", "correlation_id",
            "reply_to", "expiration", "message_id", "timestamp", "message_type", "user_id", "app_id",
            "cluster_id",
        )
    )
)  # fmt: skip


def read(flags: int, data: bytes) -> dict[str, Any]:
    """Return the properties that these flags name.

    Raise struct.error or IndexError if the bytes do not contain these properties.
    """
    found: dict[str, Any] = {}
    at = 0
    for flag, name, reader in _PROPERTIES:
        if flags & flag:
            at, found[name] = reader(data, at)
    return found
