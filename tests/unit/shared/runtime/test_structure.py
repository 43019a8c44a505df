"""The limits on the structure of a message, checked before its validation (threat T13)."""

from __future__ import annotations

import json
import time

import pytest

from shared.runtime.structure import MOST_LEVELS, MOST_PROPERTIES, StructureError, check


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def wide(properties: int) -> bytes:
    return json.dumps({f"p{n}": n for n in range(properties)}).encode()


@pytest.mark.parametrize(
    "body", [b"{}", b"", b"not json", b"\xff", nested(MOST_LEVELS), wide(MOST_PROPERTIES)]
)
def test_documents_within_the_limits_pass(body: bytes) -> None:
    check(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (nested(MOST_LEVELS + 1), "levels"),
        (b"[" * (MOST_LEVELS + 1) + b"]" * (MOST_LEVELS + 1), "levels"),
        (nested(5_000), "levels|properties"),  # Python 3.13 decodes it whole, and counts its properties first
        (wide(MOST_PROPERTIES + 1), "properties"),
        (json.dumps([{"a": 1}] * (MOST_PROPERTIES + 1)).encode(), "properties"),
        (b'{"niss": "93051822361", "niss": "1"}', "twice"),
        (b'{"data": {"a": 1, "a": 1}}', "twice"),
    ],
)
def test_documents_outside_the_limits_are_refused_without_their_content(body: bytes, words: str) -> None:
    with pytest.raises(StructureError, match=words) as refused:
        check(body)
    assert "93051822361" not in str(refused.value)


def test_twenty_thousand_properties_are_checked_in_milliseconds() -> None:
    body = wide(20_000)
    seconds = []
    for _ in range(5):  # the collection of a large heap may fall into one of them
        began = time.process_time()
        with pytest.raises(StructureError):
            check(body)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.1
