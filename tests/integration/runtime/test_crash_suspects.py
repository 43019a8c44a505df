"""A message that kills the process is found and parked, and no other message is (decision D6)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared.envelope import carrier
from tests.integration.runtime.broker import reasons, said, until
from tests.integration.runtime.processes import toy_process
from tests.integration.runtime.toys import Place, event

pytestmark = pytest.mark.stack

#: A killer dies once in company and three times alone; only alone, where its message came back before for
#: another reason: on a busy machine a session may be lost between a delivery and its handling.
DEATHS = (3, 4)
#: A killer in a carrier dies twice in the company of its carrier and once alone; for that reason once less.
DEATHS_IN_A_CARRIER = (2, 3)


def stream(count: int, killers: set[int], each: int = 1) -> list[str]:
    """Return carriers of `each` events; those of the killers kill the process."""
    made = [event(n, "kill" if n in killers else None) for n in range(count)]
    return [carrier(made[n : n + each]) for n in range(0, count, each)]


async def survived(place: Place, count: int, killers: set[int], seconds: float = 60) -> None:
    """Wait until all is handled; check that the killers are parked and the others handled once."""

    async def all_parked() -> bool:
        return await place.broker.ready(place.parking) >= len(killers)

    await place.finish(count - len(killers), seconds)
    await until(all_parked, seconds, "the killers to be parked")
    copies = await place.broker.get_all(place.parking)
    assert set(said(copies)) == killers
    assert set(reasons(copies)) == {"kills the process"}
    assert sorted(await place.done()) == sorted(set(range(count)) - killers)
    assert set(said(await place.broker.get_all(place.echoes))) == set(range(count)) - killers
    assert not [copy for copy in copies if "x-death" in copy.headers]  # the crash net was not needed


async def test_a_killer_is_parked_and_no_other_message_is(place: Place, tmp_path: Path) -> None:
    """A message that kills the process is parked alone (threat T18, promise R7)."""
    await place.broker.publish(place.queue.name, *stream(60, {20}))
    async with toy_process(place, tmp_path / "toy", restarts=True) as process:
        await survived(place, 60, {20})
    assert process.deaths in DEATHS
    assert await place.rows("suspects") <= 1


async def test_a_killer_within_a_carrier_is_parked_alone(place: Place, tmp_path: Path) -> None:
    await place.broker.publish(place.queue.name, *stream(60, {33}, each=20))
    async with toy_process(place, tmp_path / "toy", restarts=True) as process:
        await survived(place, 60, {33})
    assert process.deaths in DEATHS_IN_A_CARRIER


async def test_several_killers_do_not_use_up_deliveries_of_others(place: Place, tmp_path: Path) -> None:
    """All messages are prefetched together: each crash would count against every message in hand."""
    killers = {5, 6, 30, 59}
    await place.broker.publish(place.queue.name, *stream(60, killers))
    async with toy_process(place, tmp_path / "toy", restarts=True) as process:
        await survived(place, 60, killers)
    assert process.deaths <= 4 * len(killers)


async def test_a_killer_in_one_queue_does_not_park_a_message_of_another(place: Place, tmp_path: Path) -> None:
    other = await place.another_queue("other")
    await place.broker.publish(place.queue.name, *stream(30, {3, 4}))
    await place.broker.publish(other.name, *(carrier([event(100 + n)]) for n in range(200)))
    async with toy_process(place, tmp_path / "toy", restarts=True, TOY_QUEUES="work other"):
        await place.finish(228, 60)
        await until(lambda: _parked(place, 2), 30, "the killers to be parked")
    assert set(said(await place.broker.get_all(place.parking))) == {3, 4}
    assert sorted(await place.done()) == sorted({*range(30), *range(100, 300)} - {3, 4})


async def _parked(place: Place, count: int) -> bool:
    return await place.broker.ready(place.parking) >= count


async def test_crashes_from_outside_park_no_message(place: Place, tmp_path: Path) -> None:
    """The process is killed from outside several times, with the same messages in hand."""
    await place.broker.publish(
        place.queue.name, *(carrier([event(n, "slow") for n in range(k, k + 20)]) for k in range(0, 400, 20))
    )
    for count in (0, 60, 120):
        async with toy_process(place, tmp_path / "toy"):
            await until(lambda count=count: _done(place, count + 40), 60)  # type: ignore[misc]
    async with toy_process(place, tmp_path / "toy"):
        await place.finish(400, 60)
    assert sorted(await place.done()) == list(range(400))
    assert await place.broker.ready(place.parking) == 0
    assert await place.rows("suspects") == 0


async def _done(place: Place, count: int) -> bool:
    return await place.rows("done") >= count


async def test_killers_within_one_carrier_do_not_use_up_its_deliveries(place: Place, tmp_path: Path) -> None:
    """Deliveries are counted per message, and three killers would need ten: so the events are separated."""
    killers = {3, 17, 39}
    bodies = stream(60, killers, each=20)
    for body in bodies:
        await place.broker.say(place.key, body)
    async with toy_process(place, tmp_path / "toy", restarts=True) as process:
        await survived(place, 60, killers)
    assert process.events().count("scattered") == 2
    # Twice in each of the two carriers, and alone at most once more than the others: see DEATHS.
    assert process.deaths <= 2 * 2 + 5 * len(killers)


async def test_killers_in_a_message_that_stays_whole_are_parked_alone(place: Place, tmp_path: Path) -> None:
    """A batch of commands is not published again: each killer in it may spend one delivery."""
    killers = {3, 17, 39}
    await place.broker.publish(place.queue.name, *stream(60, killers, each=60))
    async with toy_process(place, tmp_path / "toy", restarts=True) as process:
        await survived(place, 60, killers)
    assert process.deaths <= 2 + len(killers)


async def test_the_messages_of_a_killed_process_are_handled_soon(place: Place, tmp_path: Path) -> None:
    """No event caused the crash, so 60 × 100 events are not tried one by one."""
    for n in range(60):
        await place.broker.say(place.key, carrier([event(100 * n + k) for k in range(100)]))
    async with toy_process(place, tmp_path / "toy"):
        await until(lambda: _done(place, 300), 60)
    loop = asyncio.get_running_loop()
    async with toy_process(place, tmp_path / "toy") as process:
        await until(lambda: "started" in process.events(), 60)
        began = loop.time()
        await place.finish(6000, 120)
        assert loop.time() - began < 40, "one by one they take minutes"
    assert sorted(await place.done()) == list(range(6000))
    assert await place.rows("suspects") == 0
