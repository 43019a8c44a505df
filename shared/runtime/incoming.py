"""Received messages that are not yet acknowledged, and the memory that they take."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

#: Bytes of bodies that a subscription keeps in memory. With more it stops reading from its connection.
HELD_BYTES: Final = 64 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Incoming:
    """A received message, with the properties that the broker set."""

    queue: str  #: the queue of the service; also for a message from the own queue of a client
    body: bytes
    routing_key: str
    message_id: str | None
    user_id: str | None  #: the sender, verified by the broker
    deliveries: int  #: number of earlier deliveries (x-delivery-count)
    stamp: object  #: the time stamp of the broker, if a plugin sets it
    session: int
    tag: int  #: the delivery tag: its number among the messages of its channel
    came: float = field(default_factory=time.monotonic)
    source: str = ""  #: the queue that it was taken from
    weight: int = 1  #: its part of a batch: one, or one for each KiB
    cut: int = 0  #: bytes of the whole body, when only its beginning is kept; 0: it is whole
    #: `time.monotonic()` of the last look before it came into a queue that was behind; None: it was not
    since: float | None = None
    #: whether it waited because of this system: without a consumer, behind a held batch, or given back
    waited: bool = False
    moving: bool = False  #: it moves to the own queue of its sender
    acknowledged: bool = False

    def shorten(self, body: bytes) -> None:
        """Replace the body by `body`: the whole body, or only its beginning. Adjust `cut` and `weight`."""
        self.cut = len(self.body) if len(body) < len(self.body) else 0
        self.body, self.weight = body, max(len(body) // 1024, 1)


class Unsettled:
    """The messages of one channel that are not acknowledged, and the memory that they take."""

    def __init__(self) -> None:
        self._by_tag: dict[int, Incoming] = {}  #: tags grow, so the first one is the smallest
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self.of: Counter[str] = Counter()  #: number of messages by the queue that they were taken from

    def add(self, incoming: Incoming) -> None:
        """Record that a message has arrived."""
        self._by_tag[incoming.tag] = incoming
        self.of[incoming.source] += 1
        self._bytes += len(incoming.body)
        if self._bytes > HELD_BYTES:
            self._room.clear()

    async def room(self) -> None:
        """Wait until the bodies take no more than HELD_BYTES."""
        await self._room.wait()

    def settle(self, batch: Sequence[Incoming]) -> tuple[int, list[int]]:
        """Remove messages and return how to acknowledge them.

        Returns:
            The tag up to which all messages of the channel are settled (0: none), and the single tags
            above it.
        """
        tags = []
        for incoming in batch:
            if self._by_tag.pop(incoming.tag, None) is None:
                continue
            incoming.acknowledged = True
            tags.append(incoming.tag)
            self.of[incoming.source] -= 1
            self._bytes -= len(incoming.body)
        if self._bytes <= HELD_BYTES:
            self._room.set()
        oldest = next(iter(self._by_tag), None)
        below = [tag for tag in tags if oldest is None or tag < oldest]
        return max(below, default=0), [tag for tag in tags if oldest is not None and tag > oldest]
