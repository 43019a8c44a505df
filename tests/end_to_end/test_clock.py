"""What only time does, on a deployment whose clock is moved (D24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from deploy.local.demo.numbers import make_ssin
from deploy.local.stack import Stack
from shared.topology import Deployment
from tests.foreign import INTERMEDIATE, REPLY
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.world import World, opened, outcome

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def later(stack: Stack) -> Iterator[dict[str, Any]]:
    """The endpoints of a deployment of its own, with all services running."""
    endpoints = stack.provision(Deployment("later"), "later")
    stack.serve(endpoints)
    yield endpoints.document()
    stack.unserve(*(name for name in stack.names if name.startswith("later.")))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(later: dict[str, Any]) -> AsyncIterator[World]:
    """Everybody connected there."""
    async with opened(later) as world:
        yield world


async def moved(world: World, by: timedelta) -> None:
    """Let this much time pass."""
    await world.database.fetch("UPDATE platform.clock SET moved_by = moved_by + $1", by)


async def test_an_identification_that_nobody_ends_times_out(world: World, data: DemoData) -> None:
    """D31, I4: S, then 90017-151 after ten working days, not before; what waited for it goes on."""
    client = world["bakery"]
    id_ = await client.declare(
        {**world.engage(world.relation("bakery"), 40), "worker": data.strangers[0].identity()}
    )
    await client.answer(id_, INTERMEDIATE)
    number = await client.number(id_)
    waiting = await client.declare(world.leave(number, 60))
    await client.number(waiting)
    unknown = {"ssin": make_ssin("1950-02-03", 2, 48)}
    other = await client.declare({**world.engage(world.relation("bakery"), 40), "worker": unknown})
    await client.answer(other, INTERMEDIATE)
    deadline = await world.database.value(
        "SELECT deadline - platform.now() FROM identification.cases WHERE declaration_id = $1", number
    )
    assert timedelta(11) <= deadline <= timedelta(20)
    await moved(world, deadline - timedelta(seconds=30))
    await asyncio.sleep(2.5)  # the clock of identification ticks each second
    assert client.answered(id_, REPLY) == []
    await moved(world, timedelta(seconds=60))
    await client.finals([id_, waiting, other])
    assert outcome(client.answered(id_)) == outcome(client.answered(other)) == "B 90017-151"
    assert outcome(client.answered(waiting)) == "B 00913-357"
    assert [event.type for event in client.answered(id_)][1:] == [INTERMEDIATE, REPLY]
    ends = await world.database.fetch(
        "SELECT event, reason FROM identification.case_history ORDER BY declaration_id = $1, id", number
    )
    assert [(row["event"], row["reason"]) for row in ends] == [
        ("opened", "unknown_number"),
        ("timed_out", "deadline"),
        ("opened", "nobody"),
        ("timed_out", "deadline"),
    ]
    await quiet(world)
    assert check(await observe(world)) == []
