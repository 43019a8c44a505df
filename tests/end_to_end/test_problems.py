"""Messages that are no declaration (decision D4): a Belgif problem as reply; none is stored or parked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.foreign.events import PROBLEM, RECEIVED, until
from tests.prove.world import STUDENT, World, cancel

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

SSIN = "93051822361"  #: never in a problem (decision D27)


def good(world: World) -> dict[str, Any]:
    """Build a student's IN without fault."""
    owner = world.document["integrators"][world["bakery"].client_id]["employers"][0]
    return {
        "employer": {"enterpriseNumber": owner},
        "worker": {"ssin": SSIN},
        "dimonaIn": {
            "startDate": world.day(1), "endDate": world.day(1), "plannedHoursNumber": 8,
            "features": dict(STUDENT),
        },
    }  # fmt: skip


async def problem(world: World, body: bytes, id_: str, message_id: str | None = None) -> dict[str, Any]:
    """Send a body twice; return the problem, equal for both (decision D3)."""
    client = world["bakery"]
    before = await world.database.value("SELECT count(*) FROM intake.declarations")
    await client.send(body, None, message_id=message_id)
    event = await client.answer(id_, PROBLEM)
    copies = client.copies[event.id]
    await client.send(body, None, message_id=message_id)
    await until(lambda: client.copies[event.id] > copies, 30, "the same problem again")
    assert [told.type for told in client.answered(id_)] == [PROBLEM]
    assert await world.database.value("SELECT count(*) FROM intake.declarations") == before
    assert event.document["datacontenttype"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= event.data.keys()
    assert event.data["type"].startswith("urn:problem-type:belgif:")
    assert SSIN not in json.dumps(event.document)
    return event.data


def with_(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return a document with a value in the wrong place."""

    def spoil(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            document = document.setdefault(name, {})
        document[last] = value

    return spoil


def without(path: str) -> Callable[[dict[str, Any]], None]:
    """Return a document without a property."""

    def spoil(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            document = document[name]
        del document[last]

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(with_("worker", "Peeters"), id="wrong JSON type"),
        pytest.param(with_("employer.employerId", "125482497"), id="number as text"),
        pytest.param(with_("dimonaIn.startDate", "21/02/2026"), id="bad date text"),
        pytest.param(with_("dimonaIn.startDate", 20260221), id="date as number"),
        pytest.param(with_("dimonaIn.plannedHoursNumber", 8.5), id="client Q20: 8.5 hours"),
        pytest.param(with_("dimonaIn.startHour", ""), id="client Q21: empty string"),
        pytest.param(with_("worker.address", {"street": ""}), id="client Q21: empty string deep inside"),
        pytest.param(with_("dimonaIn.startingDate", "2026-02-21"), id="unknown property"),
        pytest.param(with_("declarationType", "IN"), id="§14: invented property"),
        pytest.param(without("dimonaIn.features"), id="client Q27: missing features"),
        pytest.param(without("dimonaIn"), id="no kind"),
        pytest.param(with_("dimonaCancel", {"periodId": 600027876089}), id="two kinds"),
    ],
)
async def test_a_declaration_of_another_form_is_a_problem(
    world: World, spoil: Callable[[dict[str, Any]], None]
) -> None:
    """Each ends with 400 badRequest and issues that name the place."""
    document, id_ = copy.deepcopy(good(world)), str(uuid4())
    spoil(document)
    told = await problem(world, world["bakery"].body(document, id_), id_)
    assert (told["status"], told["type"]) == (400, "urn:problem-type:belgif:badRequest")
    assert told["issues"]


async def test_missing_features_are_named(world: World) -> None:
    """In a readable text (client Q27)."""
    document, id_ = good(world), str(uuid4())
    del document["dimonaIn"]["features"]
    told = await problem(world, world["bakery"].body(document, id_), id_)
    assert "features" in json.dumps(told["issues"])


@pytest.mark.parametrize("body", [b"not JSON", b"", b"[]", b"\xff\xfe", b'{"id": '])
async def test_a_body_that_is_not_json_is_a_problem(world: World, body: bytes) -> None:
    """It is answered by the AMQP message id, since it has no other."""
    id_ = str(uuid4())
    assert (await problem(world, body, id_, id_))["status"] == 400


async def test_an_event_without_id_is_a_problem(world: World) -> None:
    """It is answered by its AMQP message id."""
    id_ = str(uuid4())
    document = json.loads(world["bakery"].body(cancel(600027876089), "x"))
    del document["id"]
    assert (await problem(world, json.dumps(document).encode(), id_, id_))["status"] == 400


@pytest.mark.parametrize("attribute", ["specversion", "source", "type", "data"])
async def test_an_event_without_an_attribute_is_a_problem(world: World, attribute: str) -> None:
    """CloudEvents 1.0: id, source, specversion and type are compulsory."""
    id_ = str(uuid4())
    document = json.loads(world["bakery"].body(good(world), id_))
    del document[attribute]
    assert (await problem(world, json.dumps(document).encode(), id_))["status"] == 400


async def test_an_event_of_another_type_is_a_problem(world: World) -> None:
    """It is not read as a declaration."""
    id_ = str(uuid4())
    document = json.loads(world["bakery"].body(good(world), id_)) | {"type": "be.other.v1.things.create"}
    assert (await problem(world, json.dumps(document).encode(), id_))["status"] == 400


async def test_a_message_that_is_too_large_is_a_problem(world: World) -> None:
    """Decision D28: 32 KiB."""
    document, id_ = good(world), str(uuid4())
    document["worker"]["familyName"] = "A" * 300_000
    told = await problem(world, world["bakery"].body(document, id_), id_, id_)
    assert (told["status"], told["type"]) == (413, "urn:problem-type:belgif:payloadTooLarge")


async def test_a_text_with_a_null_character_is_a_problem(world: World) -> None:
    """PostgreSQL cannot store U+0000."""
    document, id_ = good(world), str(uuid4())
    document["worker"] = {"familyName": "A\x00B"}
    assert (await problem(world, world["bakery"].body(document, id_), id_))["status"] == 400


async def test_numbers_beyond_every_column_are_anomalies(world: World) -> None:
    """Ranges and lengths are received, then refused; no sender can cause a parked message (decision D4)."""
    huge = {"employer": {"employerId": 10**30}, "worker": {"ssin": "1" * 500, "birthDate": "9999-99-99"}}
    documents: list[dict[str, Any]] = [
        {**good(world), **huge},
        {"dimonaCancel": {"periodId": 10**40}},
        {"dimonaCancel": {"periodId": -1}},
        {"dimonaUpdate": {"periodId": 2**63, "endDate": "2026-02-31", "endHour": "9999"}},
        {**good(world), "worker": {"ssin": SSIN, "gender": 10**20, "nationality": 10**20}},
        {"dimonaOut": {}},
    ]
    for document in documents:
        client = world["bakery"]
        id_ = await client.declare(document)
        await client.answer(id_, RECEIVED)
        await client.finals([id_])
    (ended,) = await world.ends("bakery", {"dimonaCancel": {}})
    assert ended == "B 00913-001"
