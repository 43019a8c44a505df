"""Dimona REST v2 on the whole pipeline: tokens, declaring, polling, and refused clients."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.local.demo.data import DemoData
from services.cli.main import commands
from shared.domain.identifiers import parse_dimona_number
from shared.topology import MAX_MESSAGE_BYTES
from tests.contracts.contract import complaints, named
from tests.matters import plain
from tests.prove.world import (
    FLEXI,
    OTHER,
    STUDENT,
    World,
    cancel,
    cancel_day,
    change,
    change_day,
    register_day,
)
from tests.rest import UNKNOWN, Rest, call, kind_of, number_in, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_each_kind_is_received_and_accepted(world: World, bakery: Rest) -> None:
    """201, no body, an address with the number; changes by that number (clients Q13 to Q16, Q25, Q31)."""
    kinds: list[Callable[[int], dict[str, Any]]] = [
        lambda _: world.engage(world.relation("bakery")),
        lambda of: world.leave(of, 20),
        lambda of: change(of, endDate=world.day(25)),
        cancel,
    ]
    period = 0
    for what in kinds:
        received = await bakery.post(what(period))
        assert (received.status, received.body) == (201, b"")
        location = received.headers["location"]
        assert location.startswith(f"{bakery.url}/declarations/")
        assert re.fullmatch(r"https?://[^/]+/REST/dimona/v2/declarations/[1-9]\d{11}", location)
        number = number_in(received)
        assert parse_dimona_number(number) == number, "client Q16: it has its check"
        told = await asyncio.to_thread(call, location, "GET", bakery.headers)
        assert told.status in (200, 404), "client Q33: never 202, and no 200 without a result"
        answer = await bakery.answer(number)
        assert complaints(named("Answer"), answer) == []
        period = period or number
        status = answer["declarationStatus"]
        assert (status["declarationId"], status["result"], status["period"]["id"]) == (number, "A", period)
        assert "contestationDeadline" in status


async def test_a_day_is_registered_changed_and_canceled(world: World, bakery: Rest) -> None:
    """Daily registrations have the effects that they have on the queue (rule R36)."""
    first = world.days_in_one_quarter(9)
    period = await bakery.declare(world.engage(world.relation("bakery"), first, first + 9, FLEXI))
    day = await bakery.declare(register_day(period, world.day(first)))
    answer = await bakery.answer(day)
    assert (outcome(answer), complaints(named("Answer"), answer)) == ("A", [])
    assert answer["dimonaDailyRegistration"]["periodId"] == period
    status = answer["declarationStatus"]
    assert (status["period"]["id"], status["dailyRegistration"]) == (period, {"id": day})
    again, later = register_day(period, world.day(first)), change_day(day, endHour="1800")
    assert await bakery.ends(again, later, cancel_day(day), cancel_day(day)) == [
        "B 90480-334", "A", "A", "B 01085-355",
    ]  # fmt: skip
    (row,) = await world.database.fetch(
        "SELECT end_hour::text, canceled FROM personnel_file.daily_registrations WHERE registration_id = $1",
        day,
    )
    assert tuple(row) == ("18:00:00", True)


async def test_the_answer_is_equal_to_the_reply_by_queue(world: World, bakery: Rest) -> None:
    """But for the addresses of the declaration and of its period (decision D3)."""
    number = await bakery.declare(world.engage(world.relation("bakery")))
    await bakery.answer(number)
    told = await bakery.get(number)
    kept = await world.database.value("SELECT answer FROM intake.results WHERE number = $1 AND final", number)
    assert told.headers["content-type"] == "application/json"
    answer = told.json()
    assert answer.pop("href") == f"{bakery.url}/declarations/{number}"
    assert answer["declarationStatus"]["period"].pop("href") == f"{bakery.url}/periods/{number}"
    assert answer == json.loads(kept)
    assert (await bakery.get(number)).body == told.body


def forms(world: World, data: DemoData) -> dict[str, dict[str, Any]]:
    """Return one IN in every form that clients use, each for another relation."""
    number, employer = data.organizations["bakery"].enterprise_number, data.organizations["bakery"].employer
    assert employer is not None
    address = {
        "street": "Wetstraat", "houseNumber": "1", "boxNumber": None, "postCode": "1000",
        "municipality": {"code": 99999, "name": "BRUSSEL"}, "country": 150,
    }  # fmt: skip
    place = {"name": "Test", "address": address}
    person = data.people[-111]
    identity = person.identity()
    older = {
        {"familyName": "lastName", "givenName": "firstName"}.get(name, name): value
        for name, value in data.people[-112].identity().items()
    }

    def engaged(*arguments: Any, **more: Any) -> dict[str, Any]:
        return world.engage(world.relation("bakery"), *arguments, **more)

    hours = {"startHour": "1000", "endHour": "1800"}
    extra = {"workerType": "EXT", "jointCommissionNumber": 302}
    return {
        "client Q17 ten digits": {**engaged(), "employer": {"enterpriseNumber": number}},
        "client Q17 employerId": {**engaged(), "employer": {"employerId": employer.employer_id}},
        "client Q18 nine digits": {**engaged(), "employer": {"enterpriseNumber": number[1:]}},
        "client Q19 an integer": engaged(1, 1, extra, **hours),
        "client Q20 8": engaged(1, 1, STUDENT, plannedHoursNumber=8),
        "client Q20 8.0": engaged(1, 1, STUDENT, plannedHoursNumber=8.0),
        "clients Q21, Q22": engaged(1, 1, STUDENT, plannedHoursNumber=8, studentPlaceOfWork=place),
        "client Q23 gender 0": {**engaged(), "worker": {**identity, "gender": 0}},
        "client Q24 older names": {**engaged(), "worker": older},
        "client Q26 features outside": {**engaged(), "features": OTHER},
        "client Q30 student XXX": engaged(1, 1, STUDENT, plannedHoursNumber=4),
        "client Q30 flexi XXX": engaged(1, 1, FLEXI, startHour="1700", endHour="2130"),
    }


async def test_the_forms_of_real_clients_are_accepted(world: World, bakery: Rest, data: DemoData) -> None:
    """Clients Q17 to Q24, Q26, Q30."""
    numbers = {name: await bakery.declare(document) for name, document in forms(world, data).items()}
    ends = {name: outcome(await bakery.answer(number)) for name, number in numbers.items()}
    assert ends == dict.fromkeys(ends, "A")


async def test_faults_of_the_content_are_anomalies(world: World, bakery: Rest) -> None:
    """201 all the same; the body is judged as on the queue (decision D4, clients Q20, Q23, Q28 to Q31)."""
    relation, wrong = world.relation("bakery"), {"workerType": "STU", "jointCommissionNumber": "302"}
    document = world.engage(relation, 5)
    bad = world.engage(world.relation("bakery"))
    bad["worker"]["ssin"] = "93051800000"
    student = world.engage(world.relation("bakery"), 1, 1, wrong, plannedHoursNumber=8)
    hours = {"startHour": "0900", "endHour": "1100"}
    timed = world.engage(world.relation("bakery"), 1, 1, STUDENT, plannedHoursNumber=2, **hours)
    sent = [document, document, student, timed, bad, cancel(UNKNOWN), cancel(UNKNOWN - 1)]
    assert await bakery.ends(*sent) == [
        "A", "B 90373-333", "B 90374-349", "B 00777-005 00778-005", "B 00024-003",
        "B 00913-354", "B 00913-003",
    ]  # fmt: skip


def broken(world: World, ssin: str) -> dict[str, tuple[Any, str | None]]:
    """Return unreadable bodies, each with the place that the problem names."""
    engaged = world.engage(world.relation("bakery"), 1, 1, STUDENT)
    block = engaged["dimonaIn"]
    bare = {name: value for name, value in block.items() if name != "features"}
    return {
        "client Q27 no features": ({**engaged, "dimonaIn": bare}, "dimonaIn.features"),
        "client Q20 8.5": (
            {**engaged, "dimonaIn": {**block, "plannedHoursNumber": 8.5}}, "dimonaIn.plannedHoursNumber",
        ),
        "client Q21 empty": ({**engaged, "worker": {"ssin": ssin, "initial": ""}}, "worker.initial"),
        "wrong type": ({"dimonaCancel": {"periodId": f"x{ssin}"}}, "dimonaCancel.periodId"),
        "date": ({"dimonaOut": {"periodId": 1, "endDate": ssin}}, "dimonaOut.endDate"),
        "unknown property": ({**engaged, ssin: ssin}, "…"),
        "two kinds": ({**engaged, **cancel(1)}, None),
        "no kind": ({"worker": {"ssin": ssin}}, None),
        "a list": ([ssin], None),
        "no JSON": (f"{{{ssin}".encode(), None),
        "nothing": (b"", None),
    }  # fmt: skip


async def test_an_unreadable_body_is_a_problem(world: World, bakery: Rest) -> None:
    """It names the place, and repeats no value (decisions D4, D27, clients Q20, Q21, Q27)."""
    held = "SELECT (SELECT count(*) FROM intake.declarations) + (SELECT count(*) FROM intake.commands)"
    before, ssin = await world.database.value(held), world.relation("bakery").worker
    for name, (body, place) in broken(world, ssin).items():
        answer = await bakery.post(body)
        assert (name, answer.status, kind_of(answer)) == (name, 400, "badRequest")
        assert (name, answer.json()["issues"][0].get("name")) == (name, place)
        assert "location" not in answer.headers
        said = json.dumps([answer.json(), dict(answer.headers)])
        assert ssin not in said, name
    assert await world.database.value(held) == before


async def test_a_body_beyond_the_limit_is_413(bakery: Rest) -> None:
    """Also a readable body (decision D28)."""
    fits = json.dumps(cancel(UNKNOWN)).encode().ljust(MAX_MESSAGE_BYTES)
    assert (await bakery.post(fits)).status == 201
    answer = await bakery.post(fits + b" ")
    assert (answer.status, kind_of(answer)) == (413, "payloadTooLarge")


async def test_a_provisional_result_is_replaced_by_the_final_one(
    world: World, bakery: Rest, data: DemoData, endpoints_file: Any
) -> None:
    """S while the worker is identified; 404 for a change that waits (clients Q33, Q34, decision D31)."""
    document = {**world.engage(world.relation("bakery")), "worker": data.strangers[-4].identity()}
    number = await bakery.declare({**document, "reference": ["own"]})
    provisional = await bakery.answer(number, "S")
    assert provisional["reference"] == ["own"]
    assert "contestationDeadline" not in provisional["declarationStatus"]
    waiting = await bakery.declare(cancel(number))
    for _ in range(3):
        told, unknown = await bakery.get(waiting), await bakery.get(UNKNOWN)
        assert (told.status, kind_of(told)) == (404, "resourceNotFound")
        assert plain(told) == plain(unknown)
    given = "SELECT count(*) FROM intake.results WHERE number = $1"
    assert await world.database.value(given, waiting) == 0, "D31: S is of an open case alone"
    line = ["case", "resolve", str(number), "--give-up", "--endpoints", str(endpoints_file)]
    done = await asyncio.to_thread(CliRunner().invoke, commands, line)
    assert done.exit_code == 0, done.output
    given_up = await bakery.answer(number)
    assert (outcome(given_up), given_up["reference"]) == ("B 90017-151", ["own"])
    assert outcome(await bakery.answer(waiting)) == "B 00913-357"
    assert await world.database.value(f"{given} AND NOT final", waiting) == 0


@pytest.mark.parametrize(("role", "addressee"), [("bakery", "bakery"), ("nursery", "secretariat")])
async def test_a_declaration_by_rest_makes_a_notification_and_no_reply(
    world: World, role: str, addressee: str
) -> None:
    """The notification goes once, to the queue of the addressee alone (decision D3)."""
    rest, copies = Rest(world, role), world[addressee].copies.copy()
    number = await rest.declare(world.engage(world.relation(role)))
    await rest.answer(number)
    issued = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1"
    await world.database.until(issued, number)
    assert await world.database.value(issued, number) == 1
    await world.database.until("SELECT count(*) = 0 FROM notifier.deliveries")

    def about(client: str) -> list[str]:
        program = world[client]
        events = [*program.notifications.values(), *program.others.values()]
        events += [event for found in program.answers.values() for event in found.values()]
        return [event.id for event in events if str(number) in json.dumps(event.data)]

    async with asyncio.timeout(30):
        while not about(addressee):  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0.05)
    (id_,) = about(addressee)
    assert world[addressee].notifications[id_].data["declaration"]["declarationStatus"]["result"] == "A"
    assert world[addressee].copies[id_] == copies[id_] + 1
    assert [client for client in world.clients if client != addressee and about(client)] == []
