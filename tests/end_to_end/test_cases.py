"""Workers that are not found at once: the provisional result, and each way in which it ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import ROOT
from shared.messages import CaseResolved, RegisterEntry, WorkerRegistered
from tests.foreign.events import INTERMEDIATE, RECEIVED, REPLY
from tests.prove.spy import Spy, spying
from tests.prove.world import World, cancel, letter, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def spy(world: World) -> AsyncIterator[Spy]:
    """Connect as the operator."""
    async with spying(world.document) as spy:
        yield spy


@pytest.fixture(scope="module")
def strangers(data: DemoData) -> Iterator[DemoPerson]:
    """Return people that the register lacks."""
    return iter(data.strangers)


def unnamed(world: World, person: DemoPerson, role: str = "bakery") -> dict[str, Any]:
    """Build an IN with the identity of the worker instead of a NISS."""
    return {**world.engage(world.relation(role)), "worker": person.identity()}


async def provisional(world: World, person: DemoPerson) -> tuple[str, int]:
    """Declare an IN that gets the result S; return its event id and number."""
    client = world["bakery"]
    id_ = await client.declare(unnamed(world, person))
    told = await client.answer(id_, INTERMEDIATE)
    assert letter(told) == "S"
    assert "contestationDeadline" not in told.data["declarationStatus"]  # decision D30
    return id_, await client.number(id_)


def dimona(file: Path, *arguments: str, code: int = 0) -> str:
    """Run the operators' command line."""
    command = [sys.executable, "-m", "services.cli.main", *arguments, "--endpoints", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


async def test_a_worker_is_found_by_identity(world: World, data: DemoData) -> None:
    """Of a person in the register, the identity set is enough."""
    client, person = world["bakery"], data.people[-1]
    id_ = await client.declare(unnamed(world, person))
    final = await client.answer(id_, REPLY)
    assert (letter(final), final.data["worker"]["ssin"]) == ("A", person.ssin)
    assert client.answered(id_, INTERMEDIATE) == []


async def test_s_then_a_when_the_worker_enters_the_register(
    world: World, spy: Spy, strangers: Iterator[DemoPerson]
) -> None:
    """S, then A with the NISS of the register; a second WorkerRegistered has no effect."""
    person = next(strangers)
    id_, number = await provisional(world, person)
    registered = WorkerRegistered(worker=RegisterEntry.model_validate(person.register_row()), sequence=number)
    await spy.tell(registered)
    final = await world["bakery"].answer(id_, REPLY)
    assert outcome([final]) == "A"
    assert final.data["worker"]["ssin"] == person.ssin
    types = [event.type for event in world["bakery"].answered(id_)]
    assert types == [RECEIVED, INTERMEDIATE, REPLY]


async def test_s_then_a_when_an_operator_names_the_worker(
    world: World, data: DemoData, endpoints_file: Path, strangers: Iterator[DemoPerson]
) -> None:
    """`dimona case resolve NUMBER --ssin …`; the case is listed until then."""
    id_, number = await provisional(world, next(strangers))
    assert str(number) in await asyncio.to_thread(dimona, endpoints_file, "case", "list")
    person = data.people[-2]
    await asyncio.to_thread(dimona, endpoints_file, "case", "resolve", str(number), "--ssin", person.ssin)
    final = await world["bakery"].answer(id_, REPLY)
    assert (outcome([final]), final.data["worker"]["ssin"]) == ("A", person.ssin)
    assert str(number) not in await asyncio.to_thread(dimona, endpoints_file, "case", "list")
    decided_by = (
        "SELECT decided_by FROM identification.case_history WHERE declaration_id = $1 AND event = 'resolved'"
    )
    assert await world.database.value(decided_by, number) == "operator"
    again = ("case", "resolve", str(number), "--give-up")
    refused = await asyncio.to_thread(dimona, endpoints_file, *again, code=2)
    assert "closed already: resolved" in " ".join(refused.replace("│", " ").split())


async def test_s_then_b_when_an_operator_gives_up(
    world: World, endpoints_file: Path, strangers: Iterator[DemoPerson]
) -> None:
    """90017-151; a change of the period that never existed ends with 00913-357."""
    id_, number = await provisional(world, next(strangers))
    client = world["bakery"]
    waiting = await client.declare(cancel(number))
    await asyncio.to_thread(dimona, endpoints_file, "case", "resolve", str(number), "--give-up")
    await client.finals([id_, waiting])
    assert outcome(client.answered(id_)) == "B 90017-151"
    assert outcome(client.answered(waiting)) == "B 00913-357"


async def test_changes_wait_for_a_provisional_in(
    world: World, spy: Spy, strangers: Iterator[DemoPerson]
) -> None:
    """Received at once, with one final after that of the IN, in order, without S (decision D31)."""
    person, client = next(strangers), world["bakery"]
    id_, number = await provisional(world, person)
    changes = [world.leave(number, 20), world.leave(number, 21), cancel(number)]
    ids = [await client.declare(change) for change in changes]
    for waiting in ids:
        await client.answer(waiting, RECEIVED)
    await world.database.until(
        "SELECT count(*) >= 1 FROM personnel_file.waiting WHERE declaration_id IN "
        "(SELECT number FROM intake.declarations WHERE previous >= $1 OR number = $1)", number
    )  # fmt: skip
    await asyncio.sleep(0.5)  # a final reply would come now
    assert [client.answered(waiting, INTERMEDIATE, REPLY) for waiting in ids] == [[], [], []]
    person_ = RegisterEntry.model_validate(person.register_row())
    await spy.tell(WorkerRegistered(worker=person_, sequence=number))
    await client.finals([id_, *ids])
    assert [outcome(client.answered(each)) for each in (id_, *ids)] == ["A", "A", "B 00913-356", "A"]
    assert all(len(client.answered(waiting)) == 2 for waiting in ids)


async def test_two_concurrent_ends_of_a_case_make_one_final(
    world: World, spy: Spy, strangers: Iterator[DemoPerson]
) -> None:
    """The register and an operator end it at once, each twice (decision D2)."""
    person = next(strangers)
    id_, number = await provisional(world, person)
    registered = WorkerRegistered(worker=RegisterEntry.model_validate(person.register_row()), sequence=number)
    given_up = CaseResolved(number=number)
    await asyncio.gather(*(spy.tell(message) for message in (registered, given_up, registered, given_up)))
    await world["bakery"].finals([id_])
    await asyncio.sleep(0.3)
    assert len(world["bakery"].answered(id_, REPLY)) == 1


async def test_a_change_sent_before_the_end_of_its_in_waits(world: World) -> None:
    """It names the number of the IN, and is settled after it (decision D1)."""
    client = world["bakery"]
    for _ in range(20):
        first = await client.declare(world.engage(world.relation("bakery")))
        number = await client.number(first)
        second = await client.declare(world.leave(number, 20))
        third = await client.declare(cancel(number))
        await client.finals([first, second, third])
        assert [outcome(client.answered(id_)) for id_ in (first, second, third)] == ["A", "A", "A"]
