"""Race pairs of declarations; each pair ends as it would one after the other (promise R4, decision D1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from deploy.local.stack import Stack
from shared.topology import SETTLE, Deployment
from tests.foreign.events import REPLY
from tests.gathering import declare_in_order
from tests.prove.observe import depths, operator, quiet
from tests.prove.serial import Clerk
from tests.prove.world import Relation, World, cancel, outcome

SHAPES: Final = ("CANCEL P1, IN P2", "OUT P1, IN P2", "IN P2, CANCEL P1")
_IN_FLIGHT: Final = 32
_SHARD: Final = SETTLE[3].name


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the pairs of one shape."""

    shape: str
    pairs: int
    wrong: tuple[str, ...]  #: results that differ from the serial ones
    decisive: int  #: pairs with another result in the other order
    overtaken: int  #: changes that reached the personnel file before their IN
    held: int  #: messages that waited in the delayed shard
    seconds: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two declarations about one relation, and the period that exists before them."""

    relation: Relation
    first: dict[str, Any]
    then: Callable[[int], tuple[dict[str, Any], dict[str, Any]]]


def pairs(world: World, shape: str, count: int, random: Random) -> list[Pair]:
    """Return pairs of a shape, each in a relation of its own, with dates that clash in one or both orders."""
    return [_pair(world, shape, world.relation(), random) for _ in range(count)]


def _pair(world: World, shape: str, relation: Relation, random: Random) -> Pair:
    start, length = random.randint(2, 40), random.randint(0, 40)
    later = start + length
    if shape == "OUT P1, IN P2":
        # Usually from the day after; at times on the last day, which no order allows.
        begin = later + (random.random() < 0.8)

        def then(period: int) -> tuple[dict[str, Any], dict[str, Any]]:
            return world.leave(period, later), world.engage(relation, begin)

        return Pair(relation, world.engage(relation, start), then)
    begin, end = random.randint(2, 60), random.randint(61, 90)

    def then_(period: int) -> tuple[dict[str, Any], dict[str, Any]]:
        two = cancel(period), world.engage(relation, begin, end)
        return two if shape == "CANCEL P1, IN P2" else (two[1], two[0])

    return Pair(relation, world.engage(relation, start, later), then_)


async def prove(world: World, stack: Stack, prefix: str, shape: str, count: int, seed: int = 1) -> Figures:
    """Send `count` pairs of a shape with one delayed shard and return their figures."""
    all_ = pairs(world, shape, count, Random(seed))
    began = time.monotonic()
    clerks = [Clerk() for _ in all_]  # each pair has a relation of its own
    first: dict[int, str] = {}

    async def begin(n: int) -> None:
        first[n] = await world[all_[n].relation.client].declare(all_[n].first)

    await _gather(begin(n) for n in range(len(all_)))
    periods = [await world[pair.relation.client].number(first[n]) for n, pair in enumerate(all_)]
    await quiet(world)
    expected = {first[n]: clerks[n].decide(pair.first, periods[n]) for n, pair in enumerate(all_)}
    sent: dict[int, list[tuple[str, dict[str, Any]]]] = {}

    async def race(n: int) -> None:
        two = all_[n].then(periods[n])
        ids = await declare_in_order(world[all_[n].relation.client], *two)
        sent[n] = list(zip(ids, two, strict=True))

    # One shard is delayed all the time; for half of the pairs also identification, which handles INs only.
    identification = f"{prefix}identification"
    async with _held_back(world, stack, prefix):
        await asyncio.to_thread(stack.pause, identification)
        try:
            await _gather(race(n) for n in range(len(all_) // 2))
            await asyncio.sleep(1)  # most changes are there by now, and their INs are not
            if shape.startswith("IN "):
                await world.database.until("SELECT count(*) > 0 FROM personnel_file.waiting")
            overtaken = await world.database.value("SELECT count(*) FROM personnel_file.waiting")
        finally:
            await asyncio.to_thread(stack.resume, identification)
        await _gather(race(n) for n in range(len(all_) // 2, len(all_)))
        await asyncio.sleep(1)
        held = await _depth_of_shard(world)
    decisive = 0
    for n, pair in enumerate(all_):
        client = world[pair.relation.client]
        two = [(id_, document, await client.number(id_)) for id_, document in sent[n]]
        clerk, other = clerks[n], deepcopy(clerks[n])
        for id_, document, number in two:
            expected[id_] = clerk.decide(document, number)
        turned = {id_: other.decide(document, number) for id_, document, number in reversed(two)}
        decisive += turned != {id_: expected[id_] for id_ in turned}
    wrong = []
    for n, pair in enumerate(all_):
        client = world[pair.relation.client]
        for id_ in (first[n], *(id_ for id_, _ in sent[n])):
            await client.answer(id_, REPLY, seconds=120)
            if (came := outcome(client.answered(id_))) != expected[id_]:
                wrong.append(f"{shape}: {id_} ended with {came} instead of {expected[id_]}")
    await quiet(world)
    return Figures(shape, len(all_), tuple(wrong), decisive, overtaken, held, time.monotonic() - began)


async def _gather(work: Iterable[Awaitable[None]]) -> None:
    """Run all coroutines, a few at a time, started in order."""
    room = asyncio.Semaphore(_IN_FLIGHT)

    async def one(each: Awaitable[None]) -> None:
        async with room:
            await each

    await asyncio.gather(*(one(each) for each in work))


@asynccontextmanager
async def _held_back(world: World, stack: Stack, prefix: str) -> AsyncIterator[None]:
    """Take a shard from the personnel file: become its single active consumer and acknowledge nothing.

    A second consumer waits until the first one is gone; so the personnel file is killed, and waits now.
    """
    async with AsyncExitStack() as stage:
        vhost = Deployment(world.document["deployment"]).internal
        connection = await stage.enter_async_context(await operator(world.document, vhost))
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=1)
        queue = await channel.get_queue(_SHARD, ensure=False)
        await queue.consume(_take_no_notice)
        await asyncio.to_thread(stack.kill, f"{prefix}personnel_file")
        await asyncio.to_thread(stack.ready, f"{prefix}personnel_file")
        yield


async def _depth_of_shard(world: World) -> int:
    """Wait until messages are in the delayed shard, and return their number. Raise TimeoutError."""
    shard = f"{Deployment(world.document['deployment']).internal}/{_SHARD}"
    async with asyncio.timeout(60):
        while (depth := (await depths(world.document)).get(shard, 0)) == 0:  # noqa: ASYNC110 - of the broker
            await asyncio.sleep(0.2)
    return depth


async def _take_no_notice(_message: object) -> None:
    """Leave the message unacknowledged; it returns when the connection closes."""
