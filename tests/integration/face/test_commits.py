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
    """Lose the answer to a COMMIT, or the COMMIT itself, until the connection breaks."""

    async def before_commit() -> None:
        if deaf:
            proxy.deaf_clients = True
        else:
            proxy.half_open()
        about.set()

    about, face.table.before_commit = asyncio.Event(), before_commit
    asked = asyncio.create_task(face.post(role))
    await asyncio.wait_for(about.wait(), 30)
    face.table.before_commit = None
    return asked


async def test_a_commit_with_lost_answer_is_201(face: Face, proxy: FaultProxy) -> None:
    """The declaration is received once, and the answer has its number."""
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


async def test_a_commit_without_answer_in_time_is_201(face: Face, proxy: FaultProxy) -> None:
    """The connection is open but silent, so the command times out."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.deaf_clients = False
    answer = await asked
    assert answer.status == 201, answer.body
    assert await face.rows() == before + 1


async def test_a_denial_with_lost_answer_is_403(face: Face, proxy: FaultProxy) -> None:
    """The denial is answered, and stored once."""
    before, received = await face.rows("denials"), await face.rows()
    asked = await lost(face, proxy, deaf=True, role="bakery")
    await face.grows(before, "denials")
    proxy.heal()
    proxy.reset()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (403, "missingPermission")
    assert (await face.rows("denials"), await face.rows()) == (before + 1, received)


async def test_control_a_lost_commit_is_503(face: Face, proxy: FaultProxy) -> None:
    """Nothing is received; the next declaration is."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=False)
    proxy.reset()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    assert answer.headers["retry-after"]
    assert await face.rows() == before
    assert (await face.post()).status == 201


async def test_an_unknown_outcome_is_503(face: Face, proxy: FaultProxy) -> None:
    """The declaration was received, but the database is down, so the answer claims nothing."""
    before = await face.rows()
    asked = await lost(face, proxy, deaf=True)
    await face.grows(before)
    proxy.cut()
    answer = await asked
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    proxy.heal()
    assert (await face.post()).status == 201
