"""Hostile JSON bodies, made from a correct document (threat T13).

No one of them is a document that an API could accept: each has a fault of syntax, encoding, size or
structure, or a value that no property takes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Final

_HERE: Final = "@@"  #: the place of a fragment in the text of a document
Attack = Callable[[Random, Any], bytes]


def hostile(document: Any, random: Random) -> tuple[str, bytes]:
    """Return the name of an attack, and a body."""
    name = random.choice(_NAMES)
    return name, ATTACKS[name](random, document)


def _text(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(child)


def _planted(random: Random, document: Any, fragment: bytes) -> bytes:
    """Return the text with a fragment in the place of a value, or as the value of an unknown property."""
    changed = copy.deepcopy(document)
    target = random.choice(list(_objects(changed)))
    target[random.choice([*target, "unknown"])] = _HERE
    return _text(changed).replace(_text(_HERE), fragment)


def _unknown(random: Random, document: Any, fragment: bytes) -> bytes:
    """Return the text with a fragment as the value of an unknown property."""
    changed = copy.deepcopy(document)
    random.choice(list(_objects(changed)))[random.choice(["unknown", "__proto__", "$ref", ""])] = _HERE
    return _text(changed).replace(_text(_HERE), fragment)


def _twice(random: Random, document: Any) -> bytes:
    """Return the text with a property twice in one object, with equal or with different values."""
    changed = copy.deepcopy(document)
    target = random.choice([each for each in _objects(changed) if each])
    name = random.choice(list(target))
    value = target[name] if random.random() < 0.5 else None
    target[_HERE] = _HERE
    member = _text({name: value})[1:-1]
    return _text(changed).replace(b'"@@": "@@"', member)


def _deep(random: Random, document: Any) -> bytes:
    levels = random.choice([17, 40, 200, 1000, 5000, 50_000])
    opened, closed = random.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return _planted(random, document, opened * levels + b"1" + closed * levels)


def _wide(random: Random, document: Any) -> bytes:
    count = random.choice([257, 1000, 10_000])
    items = ",".join(f'"{n}":{n}' for n in range(count)) if random.random() < 0.5 else ""
    return _planted(random, document, f"{{{items}}}".encode() if items else b"[" + b"0," * count + b"0]")


def _cut(random: Random, document: Any) -> bytes:
    text = _text(document)
    return text[: random.randrange(1, len(text))]


def _framed(random: Random, document: Any) -> bytes:
    before, after = random.choice(_FRAMES)
    return before + _text(document) + after


def _encoded(random: Random, document: Any) -> bytes:
    encoding = random.choice(["utf-16", "utf-16-be", "utf-32", "utf-32-le"])
    return json.dumps(document, ensure_ascii=False).encode(encoding)


def _noise(random: Random, _document: Any) -> bytes:
    return b"\xff" + random.randbytes(random.randrange(1, 2000))


def _one_of(*fragments: bytes) -> Attack:
    return lambda random, document: _planted(random, document, random.choice(fragments))


def _as_unknown(*fragments: bytes) -> Attack:
    return lambda random, document: _unknown(random, document, random.choice(fragments))


_FRAMES: Final = (
    (b"", b"}"), (b"", b" x"), (b"", b"{}"), (b"", b"\x00"), (b"{", b""), (b"//\n", b""), (b"", b"/* */"),
    (b")]}'\n", b""), (b"\x00", b""), (b"callback(", b")"), (b"[", b"}"),
)  # fmt: skip
_DIGITS: Final = (30, 400, 4300, 10_000)
_BIG: Final = (
    *(str(n).encode() for n in (2**63, 2**64, 2**128, -(2**63) - 1)),
    *(b"9" * digits for digits in _DIGITS), *(b"-" + b"9" * digits for digits in _DIGITS),
    b"1e400", b"-1e999999", b"1e-999999", b"0." + b"1" * 5000, b"1" * 400 + b".5",
)  # fmt: skip
ATTACKS: Final[Mapping[str, Attack]] = {
    "depth": _deep,
    "width": _wide,
    "property twice": _twice,
    "large number": _as_unknown(*_BIG),
    "no number": _one_of(*b"NaN Infinity -Infinity -NaN nan 1e 0x10 01 +1 .5".split()),
    "lone surrogate": _one_of(
        b'"\\ud800"', b'"\\udfff"', b'"a\\udc00\\ud800b"', b'"\\ud83d\\u0041"', b'"\\uD8"', b'"\\ud800\\"'
    ),
    "NUL": _one_of(b'"\\u0000"', b'"a\\u0000b"', b'"\x00"', b'"a\x00b"', b"\x00"),
    "control character": _one_of(b'"\x01"', b'"a\nb"', b'"\x1f"', b'"a\tb"', b'"\\x41"', b'"\\a"'),
    "broken UTF-8": _one_of(
        b'"\xff"', b'"\xc3"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf8\x88\x80\x80\x80"',
        b'"\xf4\x90\x80\x80"', b'"\x80"', b'"\xe2\x82"',
    ),
    "unknown property": _as_unknown(
        b"1", b"null", b'"x"', b"{}", b"[]", *(b'"' + b"x" * size + b'"' for size in (30_000, 300_000))
    ),
    "other syntax": _one_of(b"'x'", b"undefined", b"True", b"{a:1}", b"[1,]", b'{"a":1,}', b"", b'"x'),
    "cut off": _cut,
    "around": _framed,
    "other encoding": _encoded,
    "noise": _noise,
    "other document": lambda random, _document: random.choice(
        [b"", b" ", b"null", b"true", b"0", b'"x"', b"[]", b"[{}]", b"{}" * 2, b'{"":{}}', b"-", b"[[]]"]
    ),
}  # fmt: skip
_NAMES: Final = tuple(ATTACKS)
