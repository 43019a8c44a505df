"""Kill processes while declarations arrive; nothing may be lost or doubled (promise R1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from deploy.local.demo.data import DemoData
from deploy.local.stack import Stack
from tests.foreign.events import until
from tests.prove import checker
from tests.prove.observe import observe, quiet
from tests.prove.stream import PATIENCE, Stream
from tests.prove.world import World


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL."""

    victim: str
    under_way: int  #: declarations that were sent and not final
    ready: float  #: seconds until the process answered again
    recovered: float  #: seconds until a declaration sent right after the kill was final and notified


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one stream."""

    declarations: int
    kills: tuple[Kill, ...]
    lost: int
    doubled: int
    broken: tuple[str, ...]  #: promises that the checker found broken
    wrong: tuple[str, ...]  #: declarations with an unexpected result
    seconds: float


async def prove(
    world: World,
    stack: Stack,
    prefix: str,
    data: DemoData,
    victims: Sequence[str],
    *,
    count: int = 300,
    between: float = 3.0,
    seed: int = 1,
) -> Figures:
    """Stream declarations and kill the victims one after the other, each after the last has recovered.

    `victims` are services, `rabbitmq` or `postgres`; `prefix` is that of the services of the deployment.
    """
    began = time.monotonic()
    random = Random(seed)
    stream = Stream(world, random, data.strangers)
    kills: list[Kill] = []
    burst = count // (2 * len(victims))

    async def strike(group: asyncio.TaskGroup) -> None:
        for victim in victims:
            await asyncio.sleep(between)
            name = victim if victim.startswith(("rabbitmq", "postgres")) else f"{prefix}{victim}"
            group.create_task(stream.tell(burst, 0))
            await asyncio.sleep(random.uniform(0.02, 0.3))
            # The burst may be over; one half of the stream goes on.
            await until(lambda: stream.under_way() > 0, PATIENCE, "a declaration under way")
            kills.append(await _kill(world, stack, name, stream))

    # One half arrives slowly, the other half in bursts; the kills fall into the bursts.
    async with asyncio.TaskGroup() as group:
        group.create_task(stream.tell(count - burst * len(victims), (between + 2) * len(victims)))
        group.create_task(strike(group))
    broken: list[str] = []
    try:
        await stream.finals()
        await quiet(world, PATIENCE)
        wrong = stream.wrong()
    except TimeoutError as error:
        broken, wrong = [str(error)], []
    seen = await observe(world)
    broken += checker.check(seen)
    return Figures(
        len(stream.expected), tuple(kills), checker.lost(seen), checker.doubled(seen), tuple(broken),
        tuple(wrong), time.monotonic() - began,
    )  # fmt: skip


async def _kill(world: World, stack: Stack, name: str, stream: Stream) -> Kill:
    """Kill a process during the stream and return the seconds until a new declaration is final."""
    client, under_way = world["nursery"], stream.under_way()
    await asyncio.to_thread(stack.kill, name)
    began = time.monotonic()
    probe = asyncio.create_task(client.declare(world.engage(world.relation("nursery"))))
    await asyncio.to_thread(stack.ready, name)
    ready = time.monotonic() - began
    id_ = await probe
    stream.expected["nursery", id_] = "A"
    await client.finals([id_], PATIENCE)
    notified = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1"
    await world.database.until(notified, await client.number(id_))
    return Kill(name, under_way, ready, time.monotonic() - began)
