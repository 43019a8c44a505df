"""Effects of time alone, on a deployment with a clock that is moved (decision D24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.data import DemoData
from deploy.local.demo.numbers import FEMALE, make_ssin
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.domain.calendar import local_date
from shared.domain.features import OCCASIONAL
from shared.messages import RegisterEntry, WorkerRegistered
from tests.foreign.events import CONTEST, FINAL, INTERMEDIATE, RECEIVED, REPLY, until
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.spy import spying
from tests.prove.world import World, cancel, opened, outcome
from tests.serving import serving
from tests.tokens import bearer
from tests.unit.builders import IDENTITY
from tests.web import ask
from tests.worker_types import WORKER_TYPES, WorkerType

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]

BORN = "1952-03-04"  # before all demo people
_SHORTLY = timedelta(minutes=5)  #: before and after a deadline; no step of a test takes so long


@pytest.fixture(scope="module")
def place(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, with all services."""
    with serving(stack, "later") as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def later(place: Endpoints) -> dict[str, Any]:
    """Return its endpoints, as in `.run/endpoints.json`."""
    return place.document()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(later: dict[str, Any]) -> AsyncIterator[World]:
    """Connect all clients to it."""
    async with opened(later) as world:
        yield world


async def move(world: World, by: timedelta) -> None:
    """Move the clock forward."""
    await world.database.fetch("UPDATE platform.clock SET moved_by = moved_by + $1", by)


async def test_an_unresolved_identification_times_out(world: World, data: DemoData) -> None:
    """S, then 90017-151 after ten working days, not earlier; waiting changes continue (decision D31)."""
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
    await move(world, deadline - _SHORTLY)
    await asyncio.sleep(2.5)  # the clock of identification ticks each second
    assert client.answered(id_, REPLY) == []
    await move(world, 2 * _SHORTLY)
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


def _person(serial: int, **known: Any) -> RegisterEntry:
    row = {"familyName": "Dubbelganger", "givenName": "Philomena", "birthDate": BORN, "gender": 2}
    ssin = make_ssin(BORN, FEMALE, serial)
    return RegisterEntry.model_validate({**row, "ssin": ssin, "nationality": 150, **known})


async def _provisional(world: World, worker: dict[str, Any], row: WorkerType, today: date) -> tuple[str, str]:
    """Declare an IN that gets S, and a change that waits for it; return their event ids."""
    client = world["bakery"]
    employer = {"enterpriseNumber": world.relation("bakery").employer}
    id_ = await client.declare({"employer": employer, "worker": worker, "dimonaIn": row.block(today)})
    waiting = await client.declare(cancel(await client.number(id_)))
    await client.answer(id_, INTERMEDIATE)
    return id_, waiting


async def test_every_case_ends_at_its_deadline_without_operator(world: World, data: DemoData) -> None:
    """For each reason of a case and each worker type (decision D31)."""
    client = world["bakery"]
    async with spying(world.document) as spy:
        dead = _person(3, deceasedOn="2000-01-01", familyName="Overleden")
        people = (_person(1), _person(2), dead)
        await spy.tell(*(WorkerRegistered(worker=one, sequence=n) for n, one in enumerate(people, 10**6)))
    known = "SELECT count(*) = 3 FROM identification.persons WHERE ssin = ANY($1::text[])"
    await world.database.until(known, [one.ssin for one in people])
    twin = {
        **IDENTITY,
        "familyName": "Dubbelganger",
        "givenName": "Philomena",
        "birthDate": BORN,
        "gender": 2,
    }
    nobody, number = {**IDENTITY, "familyName": "NESSUNO"}, {"ssin": make_ssin(BORN, FEMALE, 4)}
    rows = {row.code: row for row in WORKER_TYPES if not row.of_authorities}

    today = await _today(world)
    workers = [(nobody, row) for code, row in rows.items() if code != OCCASIONAL]
    workers += [(number, rows[OCCASIONAL]), ({"ssin": dead.ssin}, rows["OTH"]), (twin, rows["FLX"])]
    first = await asyncio.gather(*(_provisional(world, *each, today) for each in workers))
    await move(world, timedelta(days=7))  # at least one of them is a working day, so the deadline is later
    last = [await _provisional(world, nobody, rows["OTH"], await _today(world))]
    reasons = await world.database.fetch("SELECT DISTINCT reason FROM identification.case_history")
    assert {row["reason"] for row in reasons} >= {"nobody", "unknown_number", "deceased", "ambiguous"}

    for due, later in ((first, last), (last, [])):
        await move(world, await _left(world) - _SHORTLY)
        await asyncio.sleep(2.5)  # the clock of identification ticks each second
        assert not any(client.answered(id_, REPLY) for id_, _ in (*due, *later)), "before its time"
        await move(world, 2 * _SHORTLY)
        await client.finals([id_ for case in due for id_ in case])
        assert not any(client.answered(id_, REPLY) for id_, _ in later)
        for id_, waiting in due:
            assert "90017-151" in outcome(client.answered(id_)).split()
            assert [event.type for event in client.answered(id_)] == [RECEIVED, INTERMEDIATE, REPLY]
            assert outcome(client.answered(waiting)) == "B 00913-357"
            assert [event.type for event in client.answered(waiting)] == [RECEIVED, REPLY]
    await quiet(world)
    assert check(await observe(world)) == []


async def test_an_uncontested_notification_becomes_final_once(
    world: World, place: Endpoints, data: DemoData
) -> None:
    """Not while the window or a case is open; afterwards contesting is too late (decision D30)."""
    client = world["bakery"]
    ids = [await client.declare(world.engage(world.relation("bakery"), 90)) for _ in range(2)]
    ends = [event.data["declarationStatus"] for event in (await client.finals(ids)).values()]
    plain, contested = (end["notificationId"] for end in ends)
    known = "SELECT count(*) = 2 FROM contact.notifications WHERE notification_id = ANY($1::uuid[])"
    await world.database.until(known, [plain, contested])

    def told() -> list[str]:
        return [e.data["notificationId"] for e in client.others.values() if e.type == FINAL]

    last = """
        SELECT (deadline + time '23:55') AT TIME ZONE 'Europe/Brussels' - platform.now()
        FROM contact.notifications WHERE notification_id = $1"""
    await move(world, await world.database.value(last, plain))
    case = await client.answer(await client.contest(contested, "The start is wrong."), f"{CONTEST}.reply")
    assert case.data["state"] == "open"
    await asyncio.sleep(2.5)  # the clock of contact ticks each second
    assert not {plain, contested} & set(told()), "the last day is not over"
    await move(world, 2 * _SHORTLY)
    await until(lambda: plain in told(), 30, "the end of the window")
    await asyncio.sleep(2.5)
    assert told().count(plain) == 1
    assert contested not in told(), "a case is open"
    assert max(client.copies[e.id] for e in client.others.values() if e.type == FINAL) == 1
    case_url = f"{place.api_url('contact')}/cases/{case.data['contestationId']}"
    agent = bearer(place, data.users["authority.agent"].user_id, "scope:dimona:agent")
    await asyncio.to_thread(ask, f"{case_url}/claims", "POST", agent)
    ended = {"state": "rejected", "answer": "It is right."}
    assert (await asyncio.to_thread(ask, f"{case_url}/answers", "POST", agent, ended)).status == 200
    await until(lambda: contested in told(), 30, "the end of what was contested")
    late = await client.answer(await client.contest(plain, "Too late."), f"{CONTEST}.problemReply")
    (issue,) = late.data["issues"]
    assert issue["name"] == "data.notificationId"
    assert (
        next(end for end in ends if end["notificationId"] == plain)["contestationDeadline"] in issue["detail"]
    )


async def test_a_complaint_is_answered_on_the_fifteenth_working_day(
    world: World, later: dict[str, Any]
) -> None:
    """By an answer or by a report of progress, once."""
    body = {"name": "Odile Tilquin", "address": "Rue du Moulin 3", "description": "Nobody answers."}
    made = await asyncio.to_thread(ask, f"{later['api']['contact']}/complaints", "POST", {}, body)
    id_ = made.json()["complaintId"]
    count = "SELECT count(*) FROM contact.letters WHERE case_id = $1 AND purpose = 'progress'"
    eve = """
        SELECT (due_on - interval '5 minutes') AT TIME ZONE 'Europe/Brussels' - platform.now()
        FROM contact.cases WHERE case_id = $1"""
    await move(world, await world.database.value(eve, id_))
    await asyncio.sleep(2.5)  # the clock of contact ticks each second
    assert await world.database.value(count, id_) == 0
    await move(world, 2 * _SHORTLY)
    await world.database.until(count.replace("count(*)", "count(*) = 1"), id_)
    await asyncio.sleep(2.5)
    assert await world.database.value(count, id_) == 1
    words = "SELECT body FROM contact.letters WHERE case_id = $1 AND purpose = 'progress'"
    assert "Elle va être confiée à un collaborateur." in await world.database.value(words, id_)


async def _today(world: World) -> date:
    return local_date(await world.database.value("SELECT platform.now()"))


async def _left(world: World) -> timedelta:
    """Return the time until the next case is due."""
    left: timedelta = await world.database.value(
        "SELECT min(deadline) - platform.now() FROM identification.cases WHERE state = 'open'"
    )
    return left
