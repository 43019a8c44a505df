"""A load at a fixed rate until it is stopped, mostly about periods that begin, change and are canceled."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import uuid4

from tests.foreign.events import PROBLEM, RECEIVED, REPLY
from tests.prove.stream import Stream
from tests.prove.upgrade.gaps import Gaps
from tests.prove.world import Relation, cancel, change

LANES: Final = 1500  #: relations that declare in turn, so that one declares twice within 30 seconds at most
_STORIES: Final = 50  #: declarations of one round of stories
_LOOK: Final = 0.1  #: seconds between two looks at the final replies


@dataclass(slots=True)
class Lane:
    """A relation with a period that begins, ends, changes and is canceled, again and again."""

    relation: Relation
    begun: str | None = None  #: the event id of the IN of the present period
    step: int = 0


@dataclass(slots=True)
class Load:
    """A load on a stream, until `stop` is set."""

    stream: Stream
    gaps: Gaps
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    passed_over: int = 0  #: declarations not sent, because the IN before them was not received yet
    _open: set[tuple[str, str]] = field(default_factory=set)
    _known: int = 0

    async def turn(self, rate: float) -> None:
        """Declare for one relation after the other, at a fixed rate whatever becomes of the earlier ones."""
        lanes = deque(Lane(self.stream.world.relation()) for _ in range(LANES))
        began, n = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not self.stop.is_set():
                await asyncio.sleep(max(began + n / rate - time.monotonic(), 0))
                n += 1
                lanes.rotate(-1)
                lane = lanes[-1]
                declaration = self._next(lane)
                if declaration is None:
                    self.passed_over += 1
                    continue
                id_, client = str(uuid4()), lane.relation.client
                lane.begun = id_ if lane.step == 0 else lane.begun
                lane.step = (lane.step + 1) % 4
                self.stream.expected[client, id_] = "A"
                group.create_task(self.stream.world[client].declare(declaration, id_))

    def _next(self, lane: Lane) -> dict[str, Any] | None:
        """Build the next declaration of a relation; return None if its IN was not received yet."""
        world, relation = self.stream.world, lane.relation
        if lane.step == 0 or lane.begun is None:
            return world.engage(relation)
        received = world[relation.client].answered(lane.begun, RECEIVED)
        if not received:
            return None
        number = int(received[0].data["declarationId"])
        steps = (world.leave(number, 20), change(number, endDate=world.day(25)), cancel(number))
        return steps[lane.step - 1]

    async def tell(self, rate: float) -> None:
        """Send declarations of all kinds in stories, at about this rate per second."""
        while not self.stop.is_set():
            await self.stream.tell(_STORIES, _STORIES / rate)

    async def watch(self) -> None:
        """Note ten times a second which declarations became final, until the last one is."""
        while not self.stop.is_set() or self._open:
            self._look()
            await asyncio.sleep(_LOOK)

    def _look(self) -> None:
        expected = self.stream.expected
        fresh = list(islice(expected, self._known, None))
        self._known += len(fresh)
        self._open.update(fresh)
        ended = {one for one in self._open if self._is_ended(*one)}
        self._open -= ended
        self.gaps.note(time.monotonic(), sent=len(fresh), finals=len(ended), open_=len(self._open))

    def _is_ended(self, role: str, id_: str) -> bool:
        return bool(self.stream.world[role].answered(id_, REPLY, PROBLEM))
