"""Concurrent declarations by REST and by queue have one order, and are settled in it (decision D1)."""

from __future__ import annotations

import asyncio

import pytest

from tests.prove.world import World, change
from tests.rest import Rest, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_rest_and_queue_share_one_order(world: World, bakery: Rest) -> None:
    """Declarations of a relation are settled in the order of reception, on either channel (decision D1)."""
    client, ends = world["bakery"], range(10, 16)
    period = await world.begun(world.relation("bakery"), 1, 20)
    sent = [period]
    for end in ends:
        declaration = change(period, endDate=world.day(end))
        if end % 2:
            sent.append(await bakery.declare(declaration))
        else:
            sent.append(await client.number(await client.declare(declaration)))
    assert [outcome(await bakery.answer(one)) for one in sent] == ["A"] * 7
    assert await chain(world, sent) == sent
    assert await settled(world, sent) == sent
    assert await end_of(world, period) == world.day(ends[-1])


async def test_concurrent_ins_by_rest_and_queue_have_one_order(world: World, bakery: Rest) -> None:
    """Each has its number and place in the chain; of equal INs the first is accepted (decisions D1, D17)."""
    document, client = world.engage(world.relation("bakery")), world["bakery"]
    numbers, ids = await asyncio.gather(
        asyncio.gather(*(bakery.declare(document) for _ in range(12))),
        asyncio.gather(*(client.declare(document) for _ in range(12))),
    )
    numbers += [await client.number(id_) for id_ in ids]
    assert len(set(numbers)) == 24
    ends = {number: outcome(await bakery.answer(number)) for number in numbers}
    assert [ends[number] for number in await chain(world, numbers)] == ["A"] + ["B 90373-333"] * 23


async def test_each_sender_keeps_its_own_order(world: World, bakery: Rest) -> None:
    """The queue and three programs change one period at once (decision D1)."""
    client, period = world["bakery"], await world.begun(world.relation("bakery"), 1, 90)
    asked = {n: change(period, endDate=world.day(10 + n)) for n in range(24)}
    end_by_number: dict[int, str] = {}

    def remember(number: int, n: int) -> int:
        end_by_number[number] = world.day(10 + n)
        return number

    async def posted(of: range) -> list[int]:
        return [remember(await bakery.declare(asked[n]), n) for n in of]

    async def queued(of: range) -> list[int]:
        ids = [await client.declare(asked[n]) for n in of]
        return [remember(await client.number(id_), n) for id_, n in zip(ids, of, strict=True)]

    lines = await asyncio.gather(
        queued(range(12)), *(posted(range(first, first + 4)) for first in (12, 16, 20))
    )
    sent = [number for line in lines for number in line]
    assert [outcome(await bakery.answer(number)) for number in sent] == ["A"] * 24
    received = await chain(world, [period, *sent])
    for line in lines:
        assert [number for number in received if number in line] == line
    assert await settled(world, sent) == received[1:]
    assert await end_of(world, period) == end_by_number[received[-1]]


async def chain(world: World, numbers: list[int]) -> list[int]:
    """Return these declarations, a whole chain, in the order of their reception."""
    rows = await world.database.fetch(
        "SELECT number, previous FROM intake.declarations WHERE number = ANY($1)", numbers
    )
    following = {row["previous"]: row["number"] for row in rows}
    assert len(following) == len(rows) == len(numbers), "nobody follows the same one as another"
    found: list[int] = []
    while (after := found[-1] if found else None) in following:
        found.append(following[after])
    assert sorted(found) == sorted(numbers), "from the first, which follows nobody, to the last"
    return found


async def settled(world: World, numbers: list[int]) -> list[int]:
    """Return these declarations in the order of the history of their relation."""
    rows = await world.database.fetch(
        "SELECT declaration_id FROM personnel_file.history WHERE declaration_id = ANY($1) ORDER BY version",
        numbers,
    )
    return [row["declaration_id"] for row in rows]


async def end_of(world: World, period: int) -> str:
    """Return the last day of a period, as stored in the personnel file."""
    found = "SELECT end_date::text FROM personnel_file.periods WHERE period_id = $1"
    return str(await world.database.value(found, period))
