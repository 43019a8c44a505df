"""Each row of the table of scenarios, by queue and over REST."""

from __future__ import annotations

from datetime import timedelta

import aio_pika
import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.sandbox.scenarios import scenarios
from shared.topology import DECLARATIONS
from tests.connecting import connected
from tests.integration.sandbox.playing import ByQueue, OverRest, Played, play
from tests.integration.sandbox.traces import Traces, traces
from tests.prove.world import World

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(world: World, sandbox: Endpoints) -> dict[str, Played]:
    """Play all scenarios; at test employers the two ways would meet, so one begins after the other."""
    chosen = list(scenarios().values())
    return {
        "queue": await play(ByQueue(world), sandbox.data, chosen),
        "rest": await play(OverRest(world), sandbox.data, chosen),
    }


@pytest.mark.parametrize("name", scenarios())
async def test_a_scenario_by_queue(played: dict[str, Played], name: str) -> None:
    assert played["queue"].outcomes[name] == [step.result for step in scenarios()[name].steps]


@pytest.mark.parametrize("name", scenarios())
async def test_a_scenario_over_rest(played: dict[str, Played], name: str) -> None:
    *before, last = [step.result for step in scenarios()[name].steps]
    assert played["rest"].outcomes[name] == [*before, scenarios()[name].rest or last]


async def test_a_replaced_number_is_answered_with_the_one_in_force(played: dict[str, Played]) -> None:
    worker = scenarios()["replaced"].test_worker
    for way in played.values():
        told = way.workers["replaced"]
        assert (told["ssin"], told["replacedSsin"]) == (worker.number_in_force, worker.ssin)


async def test_numbers_are_of_the_range_of_the_simulation(played: dict[str, Played]) -> None:
    """Decision D17."""
    numbers = played["queue"].numbers | played["rest"].numbers
    assert len(numbers) > len(scenarios())
    assert {number // 10**11 for number in numbers} == {9}


async def test_nothing_in_production_has_changed(
    played: dict[str, Played], production: Endpoints, before: Traces
) -> None:
    """All scenarios leave no row, message or file outside the sandbox."""
    assert await traces(production) == before


async def test_control_a_planted_trace_is_found(production: Endpoints, before: Traces) -> None:
    """A row, a message and a file, each found by itself."""
    vhost, file = production.deployment.public, production.files / "planted"
    clock = "UPDATE platform.clock SET moved_by = $1"
    database = await asyncpg.connect(production.superuser_dsn)
    async with await connected(production.amqp_url("operator", vhost)) as broker:
        queue = await (await broker.channel()).get_queue(DECLARATIONS.name)
        await database.execute(clock, timedelta(1))
        await queue.channel.default_exchange.publish(aio_pika.Message(b"{}"), queue.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        found = await traces(production)
        await database.execute(clock, timedelta())
        await (await queue.get()).ack()
        file.unlink()
    await database.close()
    places = {place for place in found.keys() | before.keys() if found.get(place) != before.get(place)}
    assert places == {"table platform.clock", f"queue {vhost} {queue.name}", "file planted"}
    assert await traces(production) == before
