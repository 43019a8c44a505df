"""A commit without an answer may have taken place: the client gets the true outcome."""

from __future__ import annotations

import asyncio

import pytest

from tests.asgi import Answer
from tests.fault_proxy import FaultProxy
from tests.integration.face.facing import Face
from tests.rest import kind_of, number_in

pytestmark = pytest.mark.stack


async def lost(face: Face, proxy: FaultProxy, *, deaf: bool, role: str = "orchard") -> asyncio.Task[Answer]:
    """A request whose COMMIT arrives without its answer (or does not arrive), until the connection breaks."""

    async def before_commit() -> None:
        if deaf:
            proxy.deaf_clients = True
        else:
            proxy.half_open()
        about.set()

    about, face.table.before_commit = asyncio.Event(), before_commit
    asked = asyncio.create_task(face.post(role))
    await asyncio.wait_for(about.wait(), 10)
    face.table.before_commit = None
    return asked


async def test_a_commit_that_took_place_unheard_is_201(face: Face, proxy: FaultProxy) -> None:
    """It is received, once, and the number is its own."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.heal()
    proxy.reset()
    answer = await asked
    assert answer.status == 201, answer.body
    number = await face.view.fetchval(
        "SELECT number FROM intake.declarations ORDER BY received_at DESC LIMIT 1"
    )
    assert number_in(answer) == number
    assert await face.rows() == before + 1


async def test_so_is_one_that_nobody_answered_in_time(face: Face, proxy: FaultProxy) -> None:
    """The connection is up, and silent: the command times out."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.deaf_clients = False
    answer = await asked
    assert answer.status == 201, answer.body
    assert await face.rows() == before + 1


async def test_a_denial_that_took_place_unheard_is_403(face: Face, proxy: FaultProxy) -> None:
    """The denial is answered, and stored once."""
    before, received = await face.rows("denials"), await face.rows()
    asked = await lost(face, proxy, deaf=True, role="bakery")
    await face.grows(before, "denials")
    proxy.heal()
    proxy.reset()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (403, "missingPermission")
    assert (await face.rows("denials"), await face.rows()) == (before + 1, received)


async def test_a_commit_that_did_not_arrive_is_503(face: Face, proxy: FaultProxy) -> None:
    """Control: nothing is received, and the next one is."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=False)
    proxy.reset()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    assert answer.headers["retry-after"]
    assert await face.rows() == before
    assert (await face.post()).status == 201


async def test_where_nobody_can_say_it_is_503(face: Face, proxy: FaultProxy) -> None:
    """It was received, and the database is away: the client is not told what we do not know."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.cut()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    proxy.heal()
    assert (await face.post()).status == 201
