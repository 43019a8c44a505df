"""Idempotency-Key, Prefer, reference and batches over REST, on the whole pipeline (ADR 24)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.deployment import Endpoints
from services.intake.reception.channels.rest import BATCH_DECLARATIONS
from shared.topology import BATCH_BYTES, MAX_MESSAGE_BYTES
from tests.asgi import Answer
from tests.foreign.events import ISSUED, RECEIVED, REPLY, until
from tests.prove.world import World, cancel
from tests.rest import CONSULT, DECLARANT, UNKNOWN, Rest, call, kind_of, number_in, outcome
from tests.tokens import bearer

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


def key() -> str:
    return str(uuid4())


async def test_an_equal_request_under_a_key_has_an_equal_answer(world: World, bakery: Rest) -> None:
    """One number, one declaration; also for requests at one time, and with the key in quotation marks."""
    mine, document = key(), world.engage(world.relation("bakery"))
    before = await world.database.value("SELECT count(*) FROM intake.declarations")
    answers = await asyncio.gather(*(bakery.post(document, Idempotency_Key=mine) for _ in range(6)))
    answers.append(await bakery.post(document, Idempotency_Key=f'"{mine}"'))
    assert {(answer.status, answer.body) for answer in answers} == {(201, b"")}
    (number,) = {number_in(answer) for answer in answers}
    assert outcome(await bakery.answer(number)) == "A"
    assert await world.database.value("SELECT count(*) FROM intake.declarations") == before + 1
    assert number_in(await bakery.post(document, Idempotency_Key=mine)) == number, "also after the result"


async def test_another_body_under_a_key_is_a_conflict(world: World, bakery: Rest) -> None:
    mine, document = key(), world.engage(world.relation("bakery"))
    number = number_in(await bakery.post(document, Idempotency_Key=mine))
    other = await bakery.post(world.engage(world.relation("bakery")), Idempotency_Key=mine)
    assert (other.status, kind_of(other)) == (409, "conflict")
    assert number_in(await bakery.post(document, Idempotency_Key=mine)) == number
    elsewhere = Rest(world, "provider")
    assert (await elsewhere.post(cancel(UNKNOWN), Idempotency_Key=mine)).status == 201, "a key is of a client"


async def test_a_rejection_is_the_answer_again_and_a_400_uses_no_key(world: World) -> None:
    mine, nursery = key(), Rest(world, "nursery")
    document = world.engage(world.relation("bakery"))
    first, again = [await nursery.post(document, Idempotency_Key=mine) for _ in range(2)]
    assert (first.status, again.status) == (403, 403)
    assert _without_trace(first) == _without_trace(again)
    denials = "SELECT count(*) FROM intake.denials WHERE client_id = $1"
    before = await world.database.value(denials, nursery.client_id)
    assert (await nursery.post(document, Idempotency_Key=mine)).status == 403
    assert await world.database.value(denials, nursery.client_id) == before
    broken = key()
    assert (await nursery.post(b"{", Idempotency_Key=broken)).status == 400
    assert (await nursery.post(cancel(UNKNOWN), Idempotency_Key=broken)).status == 201


def _without_trace(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "instance"}


@pytest.mark.parametrize("wrong", ["", "x" * 201, "a b", '"open', "é"])
async def test_a_wrong_key_is_a_problem_that_names_the_header(bakery: Rest, wrong: str) -> None:
    answer = await bakery.post(cancel(UNKNOWN), Idempotency_Key=wrong)
    assert (answer.status, kind_of(answer)) == (400, "badRequest")
    (issue,) = answer.json()["issues"]
    assert (issue["in"], issue["name"]) == ("header", "Idempotency-Key")


async def test_the_result_comes_in_the_first_answer(world: World, bakery: Rest) -> None:
    """With `Prefer: wait`; it is the text that a query returns. Client Q14: without it, the body is empty."""
    answer = await bakery.post(world.engage(world.relation("bakery")), Prefer="respond-async, wait=9")
    number = number_in(answer)
    assert (answer.status, answer.headers["preference-applied"]) == (201, "wait=9")
    assert outcome(answer.json()) == "A"
    assert answer.body == (await bakery.get(number)).body
    for preference in ("wait=0", "wait=soon", "return=minimal"):
        plain = await bakery.post(world.engage(world.relation("bakery")), Prefer=preference)
        assert (plain.status, plain.body, "preference-applied" in plain.headers) == (201, b"", False)


async def test_the_reference_of_the_sender_comes_back(world: World, bakery: Rest) -> None:
    """In the result over REST, in each reply on the queue and in the notification; up to four texts."""
    own = ["2026-0417", "Zoë, line 12", "c", "d"]
    number = await bakery.declare({**world.engage(world.relation("bakery")), "reference": own})
    assert (await bakery.answer(number))["reference"] == own
    client = world["bakery"]

    def notified() -> list[Any]:
        issued = [event for event in client.notifications.values() if event.type == ISSUED]
        told = [event.data["declaration"] for event in issued]
        return [each["reference"] for each in told if each["declarationStatus"]["declarationId"] == number]

    await until(lambda: notified() == [own], 60, "the notification")
    id_ = await client.declare({**world.engage(world.relation("bakery")), "reference": own})
    for type_ in (RECEIVED, REPLY):
        assert (await client.answer(id_, type_)).data["reference"] == own
    copies = client.copies.copy()
    await client.again(id_)
    ids = [one.id for one in client.answered(id_)]
    await until(lambda: all(client.copies[each] > copies[each] for each in ids), 30, "the replies again")
    assert len(client.answered(id_)) == 2, "a repeat brings the same events"
    for wrong in ([], ["a", "b", "c", "d", "e"], ["x" * 21], [""], "text", [1]):
        answer = await bakery.post({**cancel(UNKNOWN), "reference": wrong})
        assert (answer.status, answer.json()["issues"][0]["name"].partition("[")[0]) == (400, "reference")


async def test_each_declaration_of_a_batch_has_its_number_or_its_problem(world: World, bakery: Rest) -> None:
    """In their order, and each as it would be alone."""
    relation = world.relation("bakery")
    document, stranger = world.engage(relation), world.engage(world.relation("nursery"))
    large = {**document, "reference": ["x" * MAX_MESSAGE_BYTES]}
    sent = [document, {"dimonaIn": {}}, stranger, cancel(UNKNOWN), document, large, cancel(1)]
    answer = await bakery.post_batch({"items": sent})
    assert answer.status == 200
    told = answer.json()["items"]
    numbers = [each.get("declarationId") for each in told]
    problems = [each["problem"]["status"] if "problem" in each else None for each in told]
    assert problems == [None, 400, 403, None, None, 413, None]
    assert told[0]["href"] == f"{bakery.url}/declarations/{numbers[0]}"
    ends = [outcome(await bakery.answer(number)) for number in numbers if number]
    assert ends == ["A", "B 00913-354", "B 90373-333", "B 00913-003"]
    mine = key()
    first = await bakery.post_batch({"items": [cancel(1), cancel(2)]}, Idempotency_Key=mine)
    again = await bakery.post_batch({"items": [cancel(1), cancel(3)]}, Idempotency_Key=mine)
    kept, conflict = again.json()["items"]
    assert (kept, conflict["problem"]["status"]) == (first.json()["items"][0], 409)


async def test_a_batch_has_a_largest_size(bakery: Rest) -> None:
    most = {"items": [cancel(UNKNOWN)] * BATCH_DECLARATIONS}
    answer = await bakery.post_batch(most)
    assert len({each["declarationId"] for each in answer.json()["items"]}) == BATCH_DECLARATIONS
    beyond = await bakery.post_batch({"items": [*most["items"], cancel(UNKNOWN)]})
    assert (beyond.status, beyond.json()["limit"]) == (413, BATCH_DECLARATIONS)
    filled = json.dumps({"items": [cancel(UNKNOWN)]}).encode()
    assert (await bakery.post_batch(filled.ljust(BATCH_BYTES))).status == 200
    assert (await bakery.post_batch(filled.ljust(BATCH_BYTES + 1))).status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"items":[]}',
        b'{"items":{}}',
        b'{"items":[{}]',
        b'{"items":[{}],"more":1}',
        b"\xff",
    ],
)
async def test_another_document_is_received_in_no_part(world: World, bakery: Rest, body: bytes) -> None:
    before = await world.database.value("SELECT count(*) FROM intake.commands")
    answer = await bakery.post_batch(body)
    assert (answer.status, kind_of(answer)) == (400, "badRequest")
    assert await world.database.value("SELECT count(*) FROM intake.commands") == before


@pytest.mark.parametrize("batch", [False, True], ids=["one", "batch"])
async def test_a_person_repeats_a_request_after_the_clients_of_the_organization_changed(
    world: World, deployment: Endpoints, batch: bool
) -> None:
    """The key of a person counts for the organization and the person, not for a technical client."""
    people, bakery = deployment.data.users, deployment.data.organizations["bakery"].enterprise_number
    headers = {
        **bearer(deployment, people["bakery.declarer"].user_id, DECLARANT, CONSULT, level=400),
        "Dimona-Organization": bakery, "Idempotency-Key": str(uuid4()),
    }  # fmt: skip
    document = world.engage(world.relation("bakery"))
    url = f"{world.document['rest_url']}/declarations"

    async def declared() -> int:
        if batch:
            answer = await asyncio.to_thread(call, f"{url}/batches", "POST", headers, {"items": [document]})
            return int(answer.json()["items"][0]["declarationId"])
        answer = await asyncio.to_thread(call, url, "POST", headers, document)
        assert answer.status == 201, answer.body
        return number_in(answer)

    first = await declared()
    world["bakery"].posted.add(first)
    added = "client_00000000000000000000"
    await world.database.value(
        "INSERT INTO access.client (client_id, organization, queue) VALUES ($1, $2, false) RETURNING 1",
        added, bakery,
    )  # fmt: skip
    try:
        of_person = "SELECT client_id FROM access.clients WHERE organization = $1 ORDER BY queue, client_id"
        assert await world.database.value(of_person, bakery) == added, "another client stands for the person"
        assert await declared() == first
    finally:
        await world.database.value("DELETE FROM access.client WHERE client_id = $1 RETURNING 1", added)
    party = "SELECT client_id FROM intake.commands WHERE number = $1"
    assert await world.database.value(party, first) == f"organization/{bakery}"
