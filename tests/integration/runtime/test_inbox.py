"""An event has its effect once, however often and in whatever way it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.envelope import carrier
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from tests.integration.runtime.broker import said
from tests.integration.runtime.toys import Place, Toy, event, events, running

pytestmark = pytest.mark.stack

COPIES = 5


async def test_five_copies_in_one_batch_have_one_effect(place: Place, toy: Toy) -> None:
    """A repeated event has no second effect (promise R9)."""
    async with running(place, toy):
        await place.broker.publish(place.queue.name, carrier([event(1)] * COPIES + [event(2)]))
        assert await place.finish(2) == [1, 2]
    assert toy.attempts == [[1, 2]]
    assert said(await place.broker.get_all(place.echoes)) == [1, 2]


async def test_five_copies_one_after_the_other_have_one_effect(place: Place, toy: Toy) -> None:
    async with running(place, toy):
        for number in range(COPIES):
            await place.broker.publish(place.queue.name, carrier([event(1), event(10 + number)]))
            await place.finish(2 + number)
    assert await place.done() == [1, 10, 11, 12, 13, 14]
    assert sorted(said(await place.broker.get_all(place.echoes))) == [1, 10, 11, 12, 13, 14]
    assert await place.rows("inbox") == 6


async def test_copies_for_two_consumers_at_once_have_one_effect(place: Place, toy: Toy) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(0.05)  # so that both are at it at the same time

    toy.after = slow
    toy.prefetch = 1
    rival = replace(toy, attempts=[], deliveries=[])
    await place.broker.publish(
        place.queue.name, *(events(range(n, n + 10)) for n in range(0, 100, 10) for _ in range(COPIES))
    )
    async with running(place, toy), running(place, rival):
        await place.finish(100)
        await asyncio.sleep(0.3)
    assert sorted(await place.done()) == list(range(100))
    assert toy.attempts
    assert rival.attempts
    assert sorted(set(said(await place.broker.get_all(place.echoes)))) == list(range(100))
    assert await place.broker.ready(place.parking) == 0


async def test_control_without_the_inbox_copies_have_effects(place: Place, toy: Toy) -> None:
    """The counter of the other tests then finds five effects."""
    step = toy.step()

    async def handle(tx: Transaction, events: Sequence[Any]) -> Sequence[Effect]:
        tx.begun_at = await tx.connection.fetchval("SELECT platform.now()")  # as no inbox has read it
        return await step.handle(tx, events)

    toy.step = lambda: replace(step, inbox=False, handle=handle)  # type: ignore[method-assign]
    async with running(place, toy):
        await place.broker.publish(place.queue.name, *[carrier([event(1)])] * COPIES)
        assert await place.finish(COPIES) == [1] * COPIES


async def test_another_consumer_of_the_same_event_has_its_own_effect(place: Place, toy: Toy) -> None:
    other = Toy(place, "other", queues=(await place.another_queue("other"),))
    async with running(place, toy, other):
        for queue in (place.queue, other.queues[0]):
            await place.broker.publish(queue.name, carrier([event(1)]))
        assert await place.finish(2) == [1, 1]
