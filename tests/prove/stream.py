"""A stream of declarations of all kinds, in stories, each with its expected result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import uuid4

from deploy.local.demo.people import DemoPerson
from shared.messages import CaseResolved
from tests.foreign.events import RECEIVED, REPLY
from tests.prove.spy import tell
from tests.prove.world import FLEXI, REOPENED, STUDENT, Relation, World, cancel, change, outcome, register_day

#: Seconds that one answer may take during kills.
PATIENCE: Final = 120.0
_AT_ONCE: Final = 24

#: A declaration, made from the number of the first one of its story, and its expected result.
Line = tuple[Callable[[int], dict[str, Any]], str]


@dataclass(slots=True)
class Stream:
    """The declarations that were sent, with their expected results."""

    world: World
    random: Random
    strangers: Sequence[DemoPerson]
    patience: float = PATIENCE  #: seconds
    expected: dict[tuple[str, str], str] = field(default_factory=dict)  #: by role and event id

    async def tell(self, count: int, seconds: float) -> None:
        """Send stories until at least `count` declarations are sent, evenly over so many seconds."""
        stories = self._stories(count)
        room, began = asyncio.Semaphore(_AT_ONCE), asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for n, story in enumerate(stories):
                await room.acquire()
                due = began + seconds * n / len(stories)
                await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0))
                group.create_task(self._play(*story)).add_done_callback(lambda _: room.release())

    async def pour(self, rate: float, seconds: float) -> None:
        """Send independent declarations at a fixed rate per second, whatever becomes of the earlier ones."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for n in range(int(rate * seconds)):
                await asyncio.sleep(max(began + n / rate - loop.time(), 0))
                relation = self.world.relation()
                line, expected = next((_long, _late, _refused)[n % 3](self, relation))
                id_ = str(uuid4())
                self.expected[relation.client, id_] = expected
                group.create_task(self.world[relation.client].declare(line(0), id_))

    async def finals(self) -> None:
        """Wait for every final reply. Raise TimeoutError."""
        for role, client in self.world.clients.items():
            await client.finals([id_ for of, id_ in self.expected if of == role], self.patience)

    def under_way(self) -> int:
        """Return the number of declarations that are sent and not final."""
        return sum(not self.is_final(*sent) for sent in self.expected)

    def is_final(self, role: str, id_: str) -> bool:
        """Return whether a declaration has its final reply."""
        return bool(self.world[role].answered(id_, REPLY))

    def wrong(self) -> list[str]:
        """Return the declarations with an unexpected result."""
        found = []
        for (role, id_), expected in self.expected.items():
            came = outcome(self.world[role].answered(id_))
            if came != expected:
                found.append(f"{id_} ended with {came} instead of {expected}")
        return found

    def _stories(self, count: int) -> list[tuple[Relation, list[Line], bool]]:
        told: list[tuple[Relation, list[Line], bool]] = []
        while sum(len(lines) for _, lines, _ in told) < count:
            write = _STORIES[len(told) % len(_STORIES)]
            relation = self.world.relation(*(("bakery",) if write is _days else ()))
            told.append((relation, list(write(self, relation)), write is _unknown))
        return told

    async def _play(self, relation: Relation, lines: list[Line], case: bool) -> None:
        client, number = self.world[relation.client], 0
        for line, expected in lines:
            id_ = await client.declare(line(number))
            self.expected[relation.client, id_] = expected
            if self.random.random() < 0.1:
                await client.again(id_)
            got = (await client.answer(id_, RECEIVED, seconds=self.patience)).data
            number = number or got["declarationId"]
        if case:
            await self._give_up(number)

    async def _give_up(self, number: int) -> None:
        """End a case as an operator, as soon as it exists."""
        opened = "SELECT count(*) FROM identification.cases WHERE declaration_id = $1"
        await self.world.database.until(opened, number, seconds=self.patience)
        await tell(self.world.document, CaseResolved(number=number))


def _long(stream: Stream, relation: Relation) -> Iterator[Line]:
    world = stream.world
    yield lambda _: world.engage(relation), "A"
    yield lambda n: world.leave(n, 20), "A"
    yield lambda n: change(n, endDate=world.day(25)), "A"
    yield lambda n: change(n, endDate=REOPENED), "A"
    yield cancel, "A"
    yield cancel, "B 00913-355"


def _evening(stream: Stream, relation: Relation) -> Iterator[Line]:
    def engage(_: int) -> dict[str, Any]:
        return stream.world.engage(relation, 2, 2, FLEXI, startHour="1700", endHour="2230")

    yield engage, "A"
    yield lambda n: change(n, endHour="2330"), "A"
    yield (
        lambda _: stream.world.engage(relation, 2, 2, FLEXI, startHour="2200", endHour="2230"),
        "B 90373-334",
    )
    yield cancel, "A"
    yield engage, "A"


def _student(stream: Stream, relation: Relation) -> Iterator[Line]:
    yield lambda _: stream.world.engage(relation, 3, 3, STUDENT, plannedHoursNumber=8), "A"
    yield lambda n: change(n, plannedHoursNumber=10), "A"
    yield lambda n: change(n, plannedHoursNumber=10), "B 90378-444"


def _days(stream: Stream, relation: Relation) -> Iterator[Line]:
    """Tell of a flexi-job by period; only the bakery registers days."""
    world = stream.world
    start = world.days_in_one_quarter(3)
    yield lambda _: world.engage(relation, start, start + 2, FLEXI), "A"
    yield lambda n: register_day(n, world.day(start)), "A"
    yield lambda n: register_day(n, world.day(start + 1)), "A"


def _late(stream: Stream, relation: Relation) -> Iterator[Line]:
    def engage(_: int) -> dict[str, Any]:
        return stream.world.engage(relation, -3)

    yield engage, "W 90373-460"
    yield engage, "B 90373-333 90373-460"
    yield cancel, "A"
    yield engage, "W 90373-460"


def _refused(stream: Stream, relation: Relation) -> Iterator[Line]:
    yield lambda _: stream.world.engage(relation, 9, 5), "B 00911-014"
    yield lambda n: stream.world.leave(n, 20), "B 00913-357"


def _unknown(stream: Stream, relation: Relation) -> Iterator[Line]:
    worker = stream.random.choice(stream.strangers).identity()
    yield lambda _: {**stream.world.engage(relation), "worker": worker}, "B 90017-151"
    yield lambda n: stream.world.leave(n, 20), "B 00913-357"


_STORIES: Final = (_long, _evening, _student, _days, _late, _refused, _unknown)
