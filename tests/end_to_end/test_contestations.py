"""From a declaration to a contestation, by queue and over HTTP, by its parties only."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from tests.asgi import Answer
from tests.foreign.events import CONTEST
from tests.foreign.integrator import Integrator
from tests.prove.world import Relation, World
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
SCOPE = "scope:dimona:contact"
REPLY, PROBLEM = f"{CONTEST}.reply", f"{CONTEST}.problemReply"
UNKNOWN = "urn:problem-type:belgif:input-validation:referencedResourceNotFound"


@pytest.fixture
def contact(pipeline: dict[str, Any]) -> str:
    """Return the address for contestations over HTTP."""
    return f"{pipeline['api']['contact']}/contestations"


async def notified(world: World, role: str) -> str:
    """Declare; return the id of the notification in the e-Box of its addressee."""
    client = world[role]
    id_ = await client.declare(world.engage(world.relation(role)))
    final = (await client.finals([id_]))[id_]
    notification = final.data["declarationStatus"]["notificationId"]
    known = "SELECT count(*) = 1 FROM contact.notifications WHERE notification_id = $1"
    await world.database.until(known, notification)
    return str(notification)


async def contested(client: Integrator, notification: str, reason: str = "The start is wrong.") -> Any:
    """Contest by queue; return the reply."""
    return await client.answer(await client.contest(notification, reason), REPLY, PROBLEM)


async def post(url: str, token: dict[str, str], notification: str, enterprise: str) -> Answer:
    body = {"notificationId": notification, "enterpriseNumber": enterprise, "reason": "The start is wrong."}
    return await asyncio.to_thread(ask, url, "POST", token, body)


async def test_an_employer_and_its_secretariat_contest_by_queue(world: World, data: DemoData) -> None:
    """Both are parties, whichever of them declared; each has a case of its own."""
    notification = await notified(world, "nursery")
    for role in ("nursery", "secretariat"):
        event = await contested(world[role], notification)
        assert event.type == REPLY, event.data
        assert event.data["notificationId"] == notification
        assert event.data["enterpriseNumber"] == data.organizations[role].enterprise_number
        assert event.data["state"] == "open"
    again = await contested(world["nursery"], notification)
    assert again.type == PROBLEM
    assert again.data["type"] == "urn:problem-type:belgif:conflict"


async def test_a_repeated_contestation_gets_an_equal_reply_without_effect(world: World) -> None:
    notification, client, id_ = await notified(world, "bakery"), world["bakery"], str(uuid4())
    await client.contest(notification, "The start is wrong.", id_)
    first = await client.answer(id_, REPLY)
    await client.contest(notification, "The start is wrong.", id_)
    async with asyncio.timeout(30):
        while client.copies[first.id] < 2:  # noqa: ASYNC110 - the reply comes a second time
            await asyncio.sleep(0.05)
    await client.contest(notification, "Something else.", id_)
    problem = await client.answer(id_, PROBLEM)
    assert problem.data["type"] == "urn:problem-type:belgif:badRequest"
    assert len(client.answered(id_)) == 2
    cases = "SELECT count(*) FROM contact.cases WHERE notification_id = $1"
    assert await world.database.value(cases, notification) == 1


@pytest.mark.parametrize("reason", ["", "   ", "\u0000"])
async def test_a_contestation_without_a_reason_names_the_field(world: World, reason: str) -> None:
    event = await contested(world["bakery"], await notified(world, "bakery"), reason)
    assert event.type == PROBLEM
    assert [issue["name"] for issue in event.data["issues"]] == ["data.reason"]


async def test_a_foreign_and_an_unknown_notification_are_refused_alike(
    world: World, data: DemoData, contact: str, client_token: Any
) -> None:
    """With equal words, on both channels."""
    notification = await notified(world, "nursery")
    bakery = data.organizations["bakery"].enterprise_number
    token = client_token(data.client_of("bakery").client_id, SCOPE)
    by_queue = [(await contested(world["bakery"], each)).data for each in (notification, str(uuid4()))]
    by_http = [
        {name: value for name, value in answer.json().items() if name != "instance"}
        for each in (notification, str(uuid4()))
        for answer in [await post(contact, token, each, bakery)]
    ]
    assert by_queue[0] == by_queue[1]
    assert by_http[0] == by_http[1]
    assert by_queue[0]["issues"][0]["type"] == by_http[0]["issues"][0]["type"] == UNKNOWN
    assert by_queue[0]["issues"][0]["name"] == "data.notificationId"


async def test_a_user_with_the_right_contests_for_the_enterprise(
    world: World, data: DemoData, contact: str, deployment: Endpoints
) -> None:
    notification = await notified(world, "bakery")
    bakery = data.organizations["bakery"].enterprise_number
    declarer, reader = (data.users[name].user_id for name in ("bakery.declarer", "bakery.reader"))
    refused = await post(contact, bearer(deployment, reader, SCOPE), notification, bakery)
    assert (refused.status, refused.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
    audited = "SELECT count(*) FROM contact.refusals WHERE who = $1 AND enterprise_number = $2"
    assert await world.database.value(audited, reader, bakery) == 1
    weak = await post(contact, bearer(deployment, declarer, SCOPE, level=350), notification, bakery)
    assert weak.status == 401
    assert "insufficient_user_authentication" in weak.headers["www-authenticate"]

    token = bearer(deployment, declarer, SCOPE)
    made = await post(contact, token, notification, bakery)
    assert made.status == 201, made.body
    found = await asyncio.to_thread(ask, f"{contact}/{made.json()['contestationId']}", "GET", token)
    assert (found.status, found.json()) == (200, made.json())
    listed = await asyncio.to_thread(ask, f"{contact}?pageSize=1", "GET", token)
    assert listed.json()["items"] == [made.json()]
    assert listed.json()["nextAfter"] == made.json()["contestationId"]
    for other in (bearer(deployment, id_, SCOPE) for id_ in (reader, data.users["hotel.reader"].user_id)):
        hidden = await asyncio.to_thread(ask, f"{contact}/{made.json()['contestationId']}", "GET", other)
        assert hidden.status == 404
    twice = await post(contact, token, notification, bakery)
    assert (twice.status, twice.json()["contestationId"]) == (409, made.json()["contestationId"])


async def test_contesting_does_not_reveal_a_hidden_notification(
    world: World, data: DemoData, contact: str, deployment: Endpoints
) -> None:
    """A user with the right to positive ones only gets the answer for an unknown one about a refusal."""
    hotel = data.organizations["hotel"].enterprise_number
    document = world.engage(Relation("", hotel, data.people[-90].ssin), -30, -60)
    client = world["provider"]
    id_ = await client.declare(document)
    status = (await client.finals([id_]))[id_].data["declarationStatus"]
    assert status["result"] == "B"
    hidden = status["notificationId"]
    await world.database.until(
        "SELECT count(*) FROM contact.notifications WHERE notification_id::text = $1", hidden
    )
    reader = bearer(deployment, data.users["hotel.reader"].user_id, SCOPE)
    answers = [await post(contact, reader, one, hotel) for one in (hidden, str(uuid4()))]
    told = [{**answer.json(), "instance": ""} for answer in answers]
    assert told[0] == told[1]
    assert told[0]["issues"][0]["type"] == UNKNOWN
    assert not await world.database.value(
        "SELECT count(*) FROM contact.cases WHERE notification_id::text = $1", hidden
    )


async def test_a_secretariat_contests_over_http_for_itself(
    world: World, data: DemoData, contact: str, deployment: Endpoints, client_token: Any
) -> None:
    """Its clerk and its client may; neither may in the name of the employer."""
    notification = await notified(world, "secretariat")
    secretariat = data.organizations["secretariat"].enterprise_number
    clerk = bearer(deployment, data.users["secretariat.clerk"].user_id, SCOPE)
    client = client_token(data.client_of("secretariat").client_id, SCOPE)
    garage = data.organizations["garage"].enterprise_number
    assert (await post(contact, client, notification, garage)).status == 403
    assert (await post(contact, clerk, notification, garage)).status == 403
    made = await post(contact, client, notification, secretariat)
    assert made.status == 201, made.body
    seen = await asyncio.to_thread(ask, f"{contact}/{made.json()['contestationId']}", "GET", clerk)
    assert seen.json() == made.json()
