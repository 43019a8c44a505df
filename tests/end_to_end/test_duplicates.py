"""Repeated messages of clients, and repeated messages between the services."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from shared.messages import CaseResolved
from tests.foreign.events import INTERMEDIATE, PROBLEM, RECEIVED, REPLY, until
from tests.prove.observe import Observations, observe, quiet
from tests.prove.spy import spying
from tests.prove.world import World, cancel, change, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def stored(world: World) -> dict[str, Any]:
    """Return all tables, once no declaration is under way."""
    await quiet(world)
    seen: Observations = await observe(world)
    return {name: sorted(map(repr, rows)) for name, rows in seen.tables.items()}


async def test_a_repeated_event_gets_equal_replies_without_effect(world: World) -> None:
    """Every kind once more after its end, and a refused one: replies with equal ids (decision D3)."""
    client = world["bakery"]
    period = await world.begun(world.relation("bakery"))
    documents = [
        world.engage(world.relation("bakery")),
        world.engage(world.relation("bakery"), -1),
        world.engage(world.relation("bakery"), 5, 1),
        world.leave(period, 20),
        change(period, endDate=world.day(25)),
        cancel(period),
    ]
    ids = [await client.declare(document) for document in documents]
    await client.finals(ids)
    before = await stored(world)
    told = {id_: [(e.id, e.type, e.data) for e in client.answered(id_)] for id_ in ids}
    copies = {event[0]: client.copies[event[0]] for events in told.values() for event in events}
    for id_ in [*ids, *ids]:
        await client.again(id_)
    await until(
        lambda: all(client.copies[id_] >= count + 2 for id_, count in copies.items()), 30, "repeated replies"
    )
    assert told == {id_: [(e.id, e.type, e.data) for e in client.answered(id_)] for id_ in ids}
    assert await stored(world) == before


async def test_two_concurrent_copies_are_one_declaration(world: World) -> None:
    """Back to back, in one batch or in two."""
    client = world["bakery"]
    for _ in range(10):
        id_ = await client.declare(world.engage(world.relation("bakery")))
        await client.again(id_)
        await client.again(id_)
        await client.finals([id_])
        assert [event.type for event in client.answered(id_)] == [RECEIVED, REPLY]
        assert outcome(client.answered(id_)) == "A"


async def test_an_equal_in_as_a_new_event_is_a_duplicate_period(world: World) -> None:
    """Both are received; the second ends in B with 90373-333 (client Q28, rule R32)."""
    document = world.engage(world.relation("bakery"))
    assert await world.ends("bakery", document, document) == ["A", "B 90373-333"]


@pytest.mark.parametrize("role", ["nursery", "secretariat"])
async def test_of_ten_concurrent_ins_for_one_relation_one_is_accepted(world: World, role: str) -> None:
    """Nine are duplicates (decision D1, rule R32)."""
    document = world.engage(world.relation(role))
    assert await world.ends(role, *[document] * 10) == ["A", *["B 90373-333"] * 9]


async def test_of_ten_concurrent_ins_by_ten_connections_one_is_accepted(world: World) -> None:
    """As above, by ten connections of one client."""
    document, client = world.engage(world.relation("bakery")), world["bakery"]
    ids = await asyncio.gather(*(client.declare(document) for _ in range(10)))
    await client.finals(ids)
    assert sorted(outcome(client.answered(id_)) for id_ in ids) == ["A", *["B 90373-333"] * 9]


async def test_another_body_under_a_used_id_is_a_problem(world: World) -> None:
    """(user_id, id) is the identity of a message; the second body has no effect (decision D10)."""
    relation, client = world.relation("provider"), world["provider"]
    id_ = await client.declare(world.engage(relation))
    await client.finals([id_])
    await client.send(client.body(world.engage(relation, 5), id_), id_)
    problem = await client.answer(id_, PROBLEM)
    assert problem.data["status"] == 400
    assert (
        await world.database.value("SELECT count(*) FROM intake.declarations WHERE message_id = $1", id_) == 1
    )
    del client.answers[id_][problem.id]  # the checker knows that a declaration is not answered so


async def test_copies_of_every_internal_event_change_nothing(world: World, data: DemoData) -> None:
    """Each event again, alone and in carriers: redelivery has no effect (decision D10)."""
    client = world["bakery"]
    async with spying(world.document) as spy:
        period = await world.begun(world.relation("bakery"))
        documents = [
            world.engage(world.relation("bakery")),
            world.engage(world.relation("bakery"), -1),
            world.engage(world.relation("bakery"), 5, 1),
            world.leave(period, 20),
            change(period, endDate=world.day(25)),
            cancel(period),
            cancel(period),
            {**world.engage(world.relation("bakery")), "worker": data.strangers[-1].identity()},
        ]
        ids = [await client.declare(document) for document in documents]
        numbers = [await client.number(id_) for id_ in ids]
        await client.answer(ids[-1], INTERMEDIATE)
        await spy.tell(CaseResolved(number=numbers[-1]))
        await client.finals(ids)
        before, told = await stored(world), {id_: client.answered(id_) for id_ in ids}
        kinds = {
            "admitted", "identificationEnded", "provisional", "settled", "refused", "resolve", "deposited",
        }  # fmt: skip

        def seen() -> set[str]:
            found = spy.about([period, *numbers])
            return {one.document["type"].rpartition(".")[2] for one in found}

        await until(lambda: seen() >= kinds, 30, "every kind of event, in the queue of the spy")
        assert seen() == kinds
        events = spy.about([period, *numbers])
        await spy.publish(events)
        await quiet(world)
        await asyncio.sleep(0.5)  # the last copies are out of their queues; they are still being handled
        assert await stored(world) == before
        assert {id_: client.answered(id_) for id_ in ids} == told
