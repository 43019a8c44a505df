"""Identification: contradictions of the register, replaced numbers, workers without number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from shared.messages import CaseResolved
from tests.end_to_end.registers import make_person, register
from tests.foreign.events import INTERMEDIATE, REPLY, Event
from tests.prove.spy import Spy, spying
from tests.prove.world import World, letter, outcome
from tests.unit.builders import IDENTITY

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def spy(world: World) -> AsyncIterator[Spy]:
    """Open the person register."""
    async with spying(world.document) as spy:
        yield spy


def described(row: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    """Return the identity set of a person, with some values changed."""
    known = {name: row[name] for name in ("familyName", "givenName", "birthDate", "gender")}
    return {**IDENTITY, **known, **said}


async def engaged(world: World, worker: Mapping[str, Any]) -> str:
    """Declare an IN of this worker; return its event id."""
    declaration = {**world.engage(world.relation("bakery")), "worker": dict(worker)}
    return await world["bakery"].declare(declaration)


async def ended(world: World, worker: Mapping[str, Any]) -> Event:
    """Return the final of an IN that was never provisional."""
    client = world["bakery"]
    id_ = await engaged(world, worker)
    final = await client.answer(id_, REPLY)
    assert client.answered(id_, INTERMEDIATE) == []
    return final


async def provisional(world: World, worker: Mapping[str, Any]) -> tuple[str, int]:
    """Declare an IN that gets S; return its event id and number."""
    client = world["bakery"]
    id_ = await engaged(world, worker)
    assert letter(await client.answer(id_, INTERMEDIATE)) == "S"
    return id_, await client.number(id_)


async def history(world: World, number: int) -> list[tuple[str, str]]:
    """Return the history of a case."""
    statement = "SELECT event, reason FROM identification.case_history WHERE declaration_id = $1 ORDER BY id"
    return [(row["event"], row["reason"]) for row in await world.database.fetch(statement, number)]


async def test_a_contradiction_of_the_register_is_a_warning(world: World, data: DemoData) -> None:
    person = data.people[-5]
    wrong = {"familyName": "Quackelbeen", "givenName": person.given_name, "gender": 3 - person.gender}
    final = await ended(world, {"ssin": person.ssin, **wrong})
    assert outcome([final]) == "W 00025-348 00029-348"
    assert final.data["worker"]["familyName"] == person.family_name


async def test_a_typing_error_causes_no_warning(world: World, data: DemoData) -> None:
    person = data.people[-6]
    said = {"familyName": person.family_name.upper() + "S", "birthDate": f"{person.birth_date[:4]}-00-00"}
    assert outcome([await ended(world, {"ssin": person.ssin, **said})]) == "A"


async def test_a_replaced_number_is_followed_and_answered(world: World, spy: Spy) -> None:
    """The answer has both numbers; a change may give either, and no third."""
    new = make_person()
    old, oldest = make_person(replacedBy=new["ssin"]), make_person()
    await register(spy, world, new, old, {**oldest, "replacedBy": old["ssin"]})
    client, relation = world["bakery"], world.relation("bakery")
    id_ = await client.declare({**world.engage(relation), "worker": {"ssin": oldest["ssin"]}})
    final = await client.answer(id_, REPLY)
    assert outcome([final]) == "A"
    assert final.data["worker"]["ssin"] == new["ssin"]
    assert final.data["worker"]["replacedSsin"] == oldest["ssin"]
    kept = await world.database.value(
        "SELECT ssin FROM personnel_file.periods WHERE period_id = $1", number := await client.number(id_)
    )
    assert kept == new["ssin"]
    leaving = world.leave(number, 20)
    third = {**leaving, "worker": {"ssin": world.relation("bakery").worker}}
    by_new = {**leaving, "worker": {"ssin": new["ssin"]}}
    assert await world.ends("bakery", third, by_new) == ["B 00024-347", "A"]
    again = {"dimonaUpdate": {"periodId": number, "endDate": world.day(21)}}
    by_old = {**again, "worker": {"ssin": oldest["ssin"]}}
    assert await world.ends("bakery", by_old) == ["A"]


async def test_an_in_of_a_deceased_worker_is_provisional(world: World, spy: Spy) -> None:
    """Until a change of the register or an operator decides."""
    row = make_person()
    await register(spy, world, {**row, "deceasedOn": world.day(-10)})
    id_, number = await provisional(world, {"ssin": row["ssin"]})
    await register(spy, world, row)
    assert outcome([await world["bakery"].answer(id_, REPLY)]) == "A"
    assert await history(world, number) == [("opened", "deceased"), ("resolved", "register")]


async def test_a_misspelled_worker_is_identified(world: World, spy: Spy) -> None:
    row = make_person(familyName="Van den Wijngaert", givenName="Léopoldine")
    await register(spy, world, row)
    final = await ended(world, described(row, familyName="VANDENWYNGAERT", givenName="LEOPOLDINNE"))
    assert (outcome([final]), final.data["worker"]["ssin"]) == ("A", row["ssin"])


async def test_two_candidates_are_provisional_until_one_is_deceased(world: World, spy: Spy) -> None:
    """The other candidate is then the worker."""
    one = make_person(familyName="Tweeling", givenName="Clementine")
    other = make_person(familyName="Tweeling", givenName="Clementine")
    await register(spy, world, one, other)
    id_, number = await provisional(world, described(one))
    await register(spy, world, {**other, "deceasedOn": world.day(-1000)})
    final = await world["bakery"].answer(id_, REPLY)
    assert (outcome([final]), final.data["worker"]["ssin"]) == ("A", one["ssin"])
    assert await history(world, number) == [("opened", "ambiguous"), ("resolved", "register")]


async def test_an_unknown_number_ends_once_its_successor_is_registered(world: World, spy: Spy) -> None:
    new = make_person()
    old = make_person(replacedBy=new["ssin"])
    await register(spy, world, old)
    id_, number = await provisional(world, {"ssin": old["ssin"]})
    await register(spy, world, new)
    final = await world["bakery"].answer(id_, REPLY)
    assert (outcome([final]), final.data["worker"]["ssin"]) == ("A", new["ssin"])
    assert await history(world, number) == [("opened", "unknown_number"), ("resolved", "register")]


async def test_without_a_certain_candidate_the_operator_decides(
    world: World, spy: Spy, data: DemoData
) -> None:
    """A candidate of another gender is never certain; the operator names the worker, or gives up."""
    row = make_person(familyName="Onbekend", givenName="Hildegarde")
    await register(spy, world, row)
    id_, number = await provisional(world, described(row, gender=1))
    await spy.tell(CaseResolved(number=number, ssin=row["ssin"]))
    assert outcome([await world["bakery"].answer(id_, REPLY)]) == "A"
    assert await history(world, number) == [("opened", "nobody"), ("resolved", "operator")]
    id_, number = await provisional(world, described(row, birthDate="1950-03-04"))
    await spy.tell(CaseResolved(number=number))
    assert outcome([await world["bakery"].answer(id_, REPLY)]) == "B 90017-151"
    assert await history(world, number) == [("opened", "nobody"), ("given_up", "operator")]
