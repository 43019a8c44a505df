"""Every worker type through the queue: each way in which an IN can end, and each kind of change.

All declarations are under way at once; each test checks its own part.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from shared.domain.features import OCCASIONAL
from shared.domain.features import WORKER_TYPES as ALL_TYPES
from shared.messages import CaseResolved
from tests.foreign.events import INTERMEDIATE, RECEIVED, REPLY
from tests.foreign.integrator import Integrator
from tests.newcomers import registered, unused_ssin
from tests.prove.spy import spying
from tests.prove.world import REOPENED, World, cancel, change, letter, outcome
from tests.unit.builders import IDENTITY
from tests.worker_types import WORKER_TYPES, WorkerType, dated

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

LATE: Final = "90373-460"
TWICE: Final = "90373-333"
NOBODY: Final = {**IDENTITY, "familyName": "NESSUNO", "givenName": "NEMO"}


@dataclass(slots=True)
class Story:
    """The declarations about one worker type: the event id of each, by the name of its part."""

    row: WorkerType
    client: Integrator
    employer: str
    workers: Iterator[str]  #: declared by no other test
    ids: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    async def declare(self, part: str, declaration: Mapping[str, Any], *, follows: bool = False) -> None:
        """Send a declaration; wait for its number if another follows."""
        self.ids[part] = await self.client.declare(declaration)
        if follows:
            self.numbers[part] = await self.client.number(self.ids[part])

    async def engage(
        self, part: str, block: Mapping[str, Any], worker: Mapping[str, Any], *, follows: bool = False
    ) -> None:
        """Send an IN."""
        employer = {"enterpriseNumber": self.employer}
        await self.declare(part, {"employer": employer, "worker": worker, "dimonaIn": block}, follows=follows)

    def ends(self, part: str) -> str:
        """Return the final reply of a part."""
        return outcome(self.client.answered(self.ids[part]))

    def types(self, part: str) -> list[str]:
        """Return the types of the answers to a part, in order."""
        return [event.type for event in self.client.answered(self.ids[part])]

    def expected(self, ends: str) -> str:
        """Return the expected result; an ended worker type is also late."""
        result, *codes = ends.split()
        if not self.row.is_past or LATE in codes:
            return ends
        return " ".join(["W" if result == "A" else result, *sorted([*codes, LATE])])


#: The expected ends of INs by part. Parts with the prefix S wait for an operator.
INS: Final = {
    "accepted": "A",
    "warned": f"W {LATE}",
    "said twice": f"B {TWICE}",
    "S accepted": "A",
    "S warned": f"W {LATE}",
    "S beside another": f"B {TWICE}",
    "S given up": "B 90017-151",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def authority(world: World, data: DemoData) -> AsyncIterator[str]:
    """Return a local authority; its mandate is signed for now."""
    number = data.organizations["municipality"].enterprise_number
    sign = "UPDATE access.mandate SET status = $2 WHERE mandator = $1"
    await world.database.fetch(sign, number, "active")
    yield number
    await world.database.fetch(sign, number, "pending")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stories(world: World, data: DemoData, authority: str) -> dict[str, Story]:
    """Declare everything, and wait for all results."""
    bakery = data.organizations["bakery"].enterprise_number
    async with spying(world.document) as spy:
        found = {
            row.code: Story(
                row,
                world["provider" if row.of_authorities else "bakery"],
                authority if row.of_authorities else bakery,
                iter(await registered(world, spy, 6)),
            )
            for row in WORKER_TYPES
        }
        await asyncio.gather(*(begin(world, story) for story in found.values()))
        await spy.tell(*(each for story in found.values() for each in decisions(story)))
    await asyncio.gather(*(change_it(world, story) for story in found.values()))
    for story in found.values():
        await story.client.finals(story.ids.values())
    return found


async def begin(world: World, story: Story) -> None:
    """Send all INs, and changes that wait for the provisional ones."""
    row, today = story.row, world.today
    in_order, late = row.block(today), row.block(today, late=True)
    first = {"ssin": next(story.workers)}
    await story.engage("accepted", in_order, first)
    await story.engage("said twice", in_order, first)
    await story.engage("warned", late, {"ssin": next(story.workers)})
    await story.engage("refused", row.wrong_block(today), {"ssin": next(story.workers)})
    await story.engage("changed", in_order, {"ssin": next(story.workers)}, follows=True)
    if row.code == OCCASIONAL:
        await story.engage("without NISS", in_order, NOBODY)
    for part in (part for part in INS if part.startswith("S ")):
        # An occasional worker is never declared without NISS, but may have one that the register lacks.
        unresolved = {"ssin": unused_ssin()} if row.code == OCCASIONAL else NOBODY
        await story.engage(part, late if part == "S warned" else in_order, unresolved, follows=True)
        await story.client.answer(story.ids[part], INTERMEDIATE, REPLY)
    waiting = story.numbers["S accepted"]
    await story.declare("waits to be changed", first_change(world, row, waiting), follows=True)
    await story.declare("waits to be cancelled", cancel(waiting), follows=True)
    await story.declare("waits in vain", cancel(story.numbers["S given up"]), follows=True)
    await story.client.finals([story.ids["accepted"]])


def first_change(world: World, row: WorkerType, period: int) -> dict[str, Any]:
    """Build an OUT of an open period, or an UPDATE of a closed one."""
    if row.update is None:
        return world.leave(period, 20)
    return change(period, **dated(row.update, world.today))


def decisions(story: Story) -> Iterator[CaseResolved]:
    """Return the operator's decisions about the provisional INs."""
    for part, number in story.numbers.items():
        if part == "S given up":
            yield CaseResolved(number=number)
        elif part == "S beside another":
            final = story.client.answered(story.ids["accepted"], REPLY)[0]
            yield CaseResolved(number=number, ssin=final.data["worker"]["ssin"])
        elif part in INS:
            yield CaseResolved(number=number, ssin=next(story.workers))


async def change_it(world: World, story: Story) -> None:
    """Send all kinds of changes of one period, back to back."""
    period = story.numbers["changed"]
    await story.declare("first change", first_change(world, story.row, period))
    if story.row.update is None:
        await story.declare("update", change(period, endDate=world.day(21)))
        await story.declare("re-opened", change(period, endDate=REOPENED))
    await story.declare("cancelled", cancel(period))
    await story.declare("cancelled again", cancel(period))


async def test_all_worker_types_are_covered() -> None:
    assert {row.code for row in WORKER_TYPES} == ALL_TYPES.keys()


@pytest.mark.parametrize("part", [part for part in INS if not part.startswith("S ")])
@pytest.mark.parametrize("code", ALL_TYPES)
async def test_an_in_of_an_identified_worker(stories: dict[str, Story], code: str, part: str) -> None:
    """A, W, or B by the personnel file; never S."""
    story = stories[code]
    assert story.ends(part) == story.expected(INS[part])
    assert story.types(part) == [RECEIVED, REPLY]


@pytest.mark.parametrize("code", ALL_TYPES)
async def test_an_in_with_fields_that_its_type_forbids(stories: dict[str, Story], code: str) -> None:
    """B by intake, with the anomalies of the type."""
    story = stories[code]
    assert story.ends("refused") == f"B {story.row.refusal}"
    assert story.types("refused") == [RECEIVED, REPLY]


@pytest.mark.parametrize("part", [part for part in INS if part.startswith("S ")])
@pytest.mark.parametrize("code", ALL_TYPES)
async def test_an_in_of_an_unknown_worker(stories: dict[str, Story], code: str, part: str) -> None:
    """S, then each final; S has no deadline (decision D30), and only the data that intake had."""
    story = stories[code]
    assert story.ends(part) == story.expected(INS[part])
    assert story.types(part) == [RECEIVED, INTERMEDIATE, REPLY]
    (told,) = story.client.answered(story.ids[part], INTERMEDIATE)
    assert letter(told) == "S"
    assert "contestationDeadline" not in told.data["declarationStatus"]


async def test_an_occasional_worker_without_niss(stories: dict[str, Story]) -> None:
    """00024-001, and so no S."""
    story = stories[OCCASIONAL]
    assert story.ends("without NISS") == "B 00024-001"
    assert story.types("without NISS") == [RECEIVED, REPLY]


@pytest.mark.parametrize("code", ALL_TYPES)
async def test_changes_of_every_kind(stories: dict[str, Story], code: str) -> None:
    """OUT of an open period, UPDATE, re-opening, CANCEL; a second CANCEL is refused."""
    story = stories[code]
    moved = "W 90378-460" if code == "A17" else "A"  # to an earlier day, long ago
    assert story.ends("first change") == moved
    assert [story.ends(part) for part in ("update", "re-opened") if part in story.ids] in ([], ["A", "A"])
    assert [story.ends(part) for part in ("cancelled", "cancelled again")] == ["A", "B 00913-355"]


@pytest.mark.parametrize("code", ALL_TYPES)
async def test_changes_wait_for_a_provisional_in(stories: dict[str, Story], code: str) -> None:
    """Received at once, one final when the IN had its own, no S (decision D31)."""
    story = stories[code]
    moved = "W 90378-460" if code == "A17" else "A"
    parts = {"waits to be changed": moved, "waits to be cancelled": "A", "waits in vain": "B 00913-357"}
    assert {part: story.ends(part) for part in parts} == parts
    assert all(story.types(part) == [RECEIVED, REPLY] for part in parts)
