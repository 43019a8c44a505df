"""Frames read in pieces of any size equal those that pamqp reads one by one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiormq.exceptions import AMQPConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.commands import Basic, Channel, Connection
from pamqp.frame import marshal, unmarshal
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from shared.runtime.frames import FrameReader

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
NAMES = st.from_regex(r"[a-z.]{1,20}", fullmatch=True)
TAGS = st.integers(0, 2**63 - 1)
PROPERTIES = st.builds(
    Basic.Properties,
    content_type=st.none() | TEXTS,
    headers=st.none() | st.dictionaries(TEXTS, TEXTS | st.integers(0, 2**31 - 1), max_size=3),
    delivery_mode=st.none() | st.sampled_from([1, 2]),
    priority=st.none() | st.integers(1, 255),
    message_id=st.none() | TEXTS,
    message_type=st.none() | TEXTS,
    user_id=st.none() | TEXTS,
    app_id=st.none() | TEXTS,
)
FRAMES = st.one_of(
    st.builds(Basic.Deliver, TEXTS, TAGS, st.booleans(), NAMES, TEXTS),
    st.builds(Basic.Ack, TAGS, st.booleans()),
    st.builds(Basic.Nack, TAGS, st.booleans(), st.booleans()),
    st.builds(ContentHeader, st.just(0), TAGS, PROPERTIES),
    st.builds(ContentBody, st.binary(min_size=1, max_size=3000)),
    st.builds(Channel.Close, st.integers(200, 599), TEXTS, st.just(60), st.just(40)),
    st.just(Connection.Blocked("disk")),
    st.just(Heartbeat()),
)


async def read(pieces: list[bytes]) -> list[Any]:
    """Return the frames that a reader finds in these pieces of a stream that then ends."""
    stream = asyncio.StreamReader()
    reader = FrameReader(stream)

    async def feed() -> None:
        for piece in pieces:
            stream.feed_data(piece)
            await asyncio.sleep(0)
        stream.feed_eof()

    feeding = asyncio.create_task(feed())
    frames = [frame async for frame in reader]
    await feeding
    return frames


def content(frame: Any) -> Any:
    """Return the values of a frame, for comparison."""
    if isinstance(frame, ContentHeader):
        return (
            frame.weight,
            frame.body_size,
            [getattr(frame.properties, n) for n in Basic.Properties.__slots__],
        )
    if isinstance(frame, ContentBody):
        return frame.value
    return type(frame), dict(frame) if not isinstance(frame, Heartbeat) else None


@settings(max_examples=200, deadline=None)
@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 5000), max_size=12))
def test_frames_equal_those_of_pamqp(frames: list[Any], sizes: list[int]) -> None:
    marshaled = [marshal(frame, 7) for frame in frames]
    data = b"".join(marshaled)
    pieces = []
    for size in [*sizes, len(data)]:
        pieces.append(data[:size])
        data = data[size:]
    found = asyncio.run(read([piece for piece in pieces if piece]))
    assert [(size, content(frame)) for size, _, frame in found] == [
        (len(each), content(unmarshal(each)[2])) for each in marshaled
    ]
    assert {channel for _, channel, frame in found if not isinstance(frame, Heartbeat)} <= {7}


@pytest.mark.parametrize(
    "data",
    [
        b"AMQP\0\0\x09\x01",  # the broker refuses the version of the protocol
        marshal(Basic.Ack(1, False), 1)[:-1] + b"\0",
        marshal(Basic.Ack(1, False), 1)[:-3],
        b"\x02\0\x01\0\0\0\x0e" + bytes(12) + b"\x40\0" + b"\xce",
    ],
    ids=["protocol", "end", "cut off", "missing property"],
)
def test_bytes_that_are_no_frames_end_the_connection(data: bytes) -> None:
    with pytest.raises(AMQPConnectionError):
        asyncio.run(read([data]))
