"""Carriers are measured as they are sent: in bytes of UTF-8, for any alphabet."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from shared.envelope import CARRIER_BYTES, CARRIER_EVENTS, carriers
from shared.messages import CaseResolved
from shared.topology import BROKER_MESSAGE_BYTES

TIME = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {"ascii": "Peeters", "latin": "Müller-Citroën", "cjk": "歐陽娜娜", "beyond the BMP": "𠮷野家𠮷"}


def packed(words: list[str]) -> list[str]:
    """Return the bodies of the carriers of these messages, each with one of these words in it."""
    messages = [CaseResolved(number=n, ssin=word) for n, word in enumerate(words)]
    return [body for _, body in carriers(messages, "test", TIME)]


def numbers(bodies: list[str]) -> list[int]:
    """Return the numbers of all messages in these carriers, in order."""
    return [event["data"]["number"] for body in bodies for event in json.loads(body)["messages"]]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("repeats", [1, 100, 331, 2000])
def test_no_carrier_exceeds_the_maximum(name: str, repeats: int) -> None:
    bodies = packed([name * repeats] * 400)
    assert max(len(body.encode()) for body in bodies) <= CARRIER_BYTES < BROKER_MESSAGE_BYTES
    assert max(len(json.loads(body)["messages"]) for body in bodies) <= CARRIER_EVENTS
    assert numbers(bodies) == list(range(400))


def test_carriers_are_full_to_the_last_byte() -> None:
    """The frame and the commas count too: one byte more, and the last event travels alone."""
    bare = len(packed(["", ""])[0].encode())
    room = CARRIER_BYTES - bare - len(", ")
    for length, carriers_ in ((room, 1), (room + 1, 2), (room + 3, 2)):
        bodies = packed(["", "x" * length])
        assert len(bodies) == carriers_
        assert all(len(body.encode()) <= CARRIER_BYTES for body in bodies)


def test_an_event_larger_than_a_carrier_is_sent_alone() -> None:
    large = "名" * (CARRIER_BYTES // 3)
    bodies = packed(["a", large, "b", large, large])
    assert [len(json.loads(body)["messages"]) for body in bodies] == [1] * 5
    assert numbers(bodies) == list(range(5))
