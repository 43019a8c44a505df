"""Batches of clients: several commands in one message, and replies in batches."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import uuid4

import pytest

from tests.channels import send_batch
from tests.foreign.events import PROBLEM, RECEIVED, REPLY, until
from tests.foreign.integrator import Integrator
from tests.prove.world import World, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

_ASK = "UPDATE access.client SET batches = $2 WHERE client_id = $1"
_ROUNDS = 30  #: in which a service reads the directory again, also on a busy machine


def came_again(client: Integrator, event_id: str, before: int) -> bool:
    """Return whether a client has received an event once more."""
    return client.copies[event_id] > before


async def test_a_batch_of_commands_is_received_one_by_one(world: World) -> None:
    """Each command has its own replies; an unreadable one affects no other; a repeat is recognized."""
    client = world["bakery"]
    declarations = {str(uuid4()): world.engage(world.relation("bakery")) for _ in range(20)}
    broken = str(uuid4())
    bodies = {id_: client.body(declaration, id_) for id_, declaration in declarations.items()}
    bodies[broken] = client.body({"dimonaCancel": {"periodId": "no number"}}, broken)
    await send_batch(client, bodies)
    del client.sent[broken]  # it is no declaration
    finals = await client.finals(declarations)
    assert {outcome([event]) for event in finals.values()} == {"A"}
    (problem,) = (await client.answer(broken, PROBLEM),)
    assert problem.data["status"] == 400
    assert problem.data["issues"]
    numbers = {id_: await client.number(id_) for id_ in declarations}
    assert len(set(numbers.values())) == len(declarations)

    alone, again = list(declarations)[:2]
    before = {id_: client.copies[client.answered(id_, REPLY)[0].id] for id_ in (alone, again)}
    await client.again(alone)
    await send_batch(client, {again: bodies[again]})
    for id_ in (alone, again):
        reply = client.answered(id_, REPLY)[0]
        await until(partial(came_again, client, reply.id, before[id_]), 30, "the repeated reply")
        assert await client.number(id_) == numbers[id_]
        assert len(client.answered(id_, RECEIVED)) == 1


async def test_a_batch_that_is_no_array_gets_one_problem(world: World) -> None:
    client, message_id = world["bakery"], str(uuid4())
    await client.send(b'[{"id": "a"}', None, message_id=message_id)
    problem = await client.answer(message_id, PROBLEM)
    assert problem.data["status"] == 400


async def test_replies_come_in_batches_to_a_client_that_asked_for_them(world: World) -> None:
    """Several replies share a message from the moment when intake knows; none is lost or repeated."""
    client = world["secretariat"]
    batches = client.batches
    await world.database.fetch(_ASK, client.client_id, True)
    for _ in range(_ROUNDS):
        await declare_together(world, client, 20)
        if client.batches > batches:
            break
        await asyncio.sleep(1)
    assert client.batches > batches
    await declare_together(world, client, 60)
    await world.database.fetch(_ASK, client.client_id, False)


async def declare_together(world: World, client: Integrator, count: int) -> None:
    """Send so many INs in one message; check that each has one number and one final reply."""
    declarations = {str(uuid4()): world.engage(world.relation("secretariat")) for _ in range(count)}
    await send_batch(
        client, {id_: client.body(declaration, id_) for id_, declaration in declarations.items()}
    )
    finals = await client.finals(declarations)
    assert {outcome(client.answered(id_)) for id_ in finals} == {"A"}
    assert len({await client.number(id_) for id_ in declarations}) == count
