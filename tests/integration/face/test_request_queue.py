"""Requests share a database with the consumers: they get half of the connections and a short queue."""

from __future__ import annotations

import asyncio

import pytest

from services.intake.outages import store
from shared.runtime import request_queue
from shared.runtime.database import POOL_SIZE
from shared.runtime.request_queue import AT_ONCE, IN_LINE, OF_ONE_CLIENT, WAITING
from tests.asgi import Answer
from tests.integration.face.facing import Face
from tests.rest import kind_of

pytestmark = pytest.mark.stack


async def crowd(face: Face, **clients: int) -> list[asyncio.Task[Answer]]:
    """Start this number of requests per client; each hangs in its transaction."""
    asked = [
        asyncio.create_task(face.post(client=role)) for role, count in clients.items() for _ in range(count)
    ]
    async with asyncio.timeout(30):
        while face.hanging < AT_ONCE:  # noqa: ASYNC110 - the database has to answer
            await asyncio.sleep(0.01)
    return asked


async def test_requests_leave_connections_to_the_consumers(face: Face) -> None:
    """The consume loop and the beat keep their connections; excess requests are refused at once."""
    go = face.hang()
    asked = await crowd(face, provider=OF_ONE_CLIENT + IN_LINE)
    await asyncio.sleep(0)
    refused = await face.post()
    assert (refused.status, kind_of(refused)) == (429, "tooManyRequests")
    assert refused.headers["retry-after"] == str(refused.json()["retryAfterSec"])
    asked += await crowd(face, bakery=OF_ONE_CLIENT, nursery=AT_ONCE + WAITING - 2 * OF_ONE_CLIENT)
    await asyncio.sleep(0)
    for refused in (await face.get(605114838201, "nursery"), await face.post(client="nursery")):
        assert (refused.status, kind_of(refused)) == (503, "serviceUnavailable")
        assert refused.headers["retry-after"]

    async def beat() -> None:
        async with face.stage.work() as (tx, _):
            await store.store_heartbeat(tx)

    async with asyncio.timeout(20):
        await asyncio.gather(*(beat() for _ in range(POOL_SIZE - AT_ONCE)))
    assert face.hanging == AT_ONCE
    go.set()
    answers = await asyncio.gather(*asked)
    assert {answer.status for answer in answers} <= {201, 403}
    assert (await face.post()).status == 201, "the queue is empty again"


async def test_parallel_polls_of_one_client_wait_and_are_answered(face: Face) -> None:
    """Client Q35: some clients take a 429 for final. One of another client does not wait for them."""
    go = face.hang()
    asked = await crowd(face, provider=AT_ONCE)
    polls = [asyncio.create_task(face.get(605114838201)) for _ in range(OF_ONE_CLIENT + IN_LINE - AT_ONCE)]
    await asyncio.sleep(0.1)
    assert not any(poll.done() for poll in polls)
    other = asyncio.create_task(face.get(605114838201, "bakery"))
    go.set()
    assert {answer.status for answer in await asyncio.gather(*polls, other)} == {404}
    assert {answer.status for answer in await asyncio.gather(*asked)} == {201}


async def test_client_q36_a_wait_ends_with_503(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Client Q36: and not with 400 or 405; one client then keeps its declaration pending, and asks again."""
    monkeypatch.setattr(request_queue, "LONGEST_WAIT", 0.2)
    go = face.hang()
    asked = await crowd(face, provider=AT_ONCE)
    told = await face.get(605114838201)
    assert (told.status, kind_of(told)) == (503, "serviceUnavailable")
    go.set()
    assert {answer.status for answer in await asyncio.gather(*asked)} == {201}


async def test_a_client_on_the_official_schedule_gets_no_429(face: Face) -> None:
    """A flood of another client changes nothing about it (client Q35, threat T15)."""

    async def flood() -> None:
        while not stop.is_set():
            await face.post()
            await asyncio.sleep(0.05)  # a request refused at once does not wait

    stop = asyncio.Event()
    floods = [asyncio.create_task(flood()) for _ in range(2 * OF_ONE_CLIENT)]
    polled = set()
    for _ in range(4):
        await asyncio.sleep(1)
        polled.add((await face.get(605114838201, "bakery")).status)
    stop.set()
    await asyncio.gather(*floods)
    assert polled == {404}


async def test_a_full_outbox_refuses_declarations(face: Face) -> None:
    """Reading stays possible."""
    before, face.table.has_room = await face.rows(), False
    answer = await face.post()
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    assert answer.headers["retry-after"]
    assert (await face.get(605114838201)).status == 404
    assert await face.rows() == before
    face.table.has_room = True
    assert (await face.post()).status == 201
