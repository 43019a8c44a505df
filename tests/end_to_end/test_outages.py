"""An outage of a dependency delays answers, and never makes a provisional result (decisions D6, D31)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import asyncpg
import pytest

from deploy.local.demo.data import DemoData
from deploy.local.stack import Stack
from shared.messages import CaseResolved
from tests.foreign.events import INTERMEDIATE, RECEIVED, REPLY
from tests.prove.observe import quiet
from tests.prove.spy import spying
from tests.prove.world import World, cancel, outcome
from tests.rest import UNKNOWN, Rest, kind_of
from tests.unit.builders import IDENTITY

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

_SECONDS: Final = 2.0  #: longer than a service without patience would wait
_END: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = ANY($1::text[])"""
SERVICES: Final = ("intake", "identification", "personnel_file", "notifier")

Outage = Callable[[Stack], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _away(stack: Stack, shut: str, services: tuple[str, ...]) -> AsyncIterator[None]:
    """Let PostgreSQL refuse these services, and end their sessions."""
    connection = await asyncpg.connect(stack.postgres.dsn("e2e"))
    try:
        await connection.execute(f"{shut} CONNECTION LIMIT 0")
        await connection.fetch(_END, [f"dimona_{service}" for service in services])
        yield
    finally:
        await connection.execute(f"{shut} CONNECTION LIMIT -1")
        await connection.close()


def register(stack: Stack) -> AbstractAsyncContextManager[None]:
    """Make the person register unavailable, for identification alone."""
    return _away(stack, "ALTER ROLE dimona_identification", ("identification",))


def file(stack: Stack) -> AbstractAsyncContextManager[None]:
    """Make the database unavailable for the personnel file."""
    return _away(stack, "ALTER ROLE dimona_personnel_file", ("personnel_file",))


def database(stack: Stack) -> AbstractAsyncContextManager[None]:
    """Make the database unavailable for all services."""
    return _away(stack, 'ALTER DATABASE "e2e"', SERVICES)


#: Each with a person at the end of the register that no other test describes.
@pytest.mark.parametrize(("outage", "nth"), [(register, 3), (file, 4), (database, 7)])
async def test_an_outage_makes_no_s(
    world: World, stack: Stack, data: DemoData, outage: Outage, nth: int
) -> None:
    """Declarations sent meanwhile have one final afterwards, and none was provisional."""
    client = world["bakery"]
    period = await world.begun(world.relation("bakery"))
    described = {**world.engage(world.relation("bakery")), "worker": data.people[-nth].identity()}
    async with outage(stack):
        during = [
            await client.declare(each)
            for each in (
                *(world.engage(world.relation("bakery")) for _ in range(8)),
                described,
                cancel(period),
            )
        ]
        await asyncio.sleep(_SECONDS)
        ins = during[:-1]
        assert not any(client.answered(id_, INTERMEDIATE, REPLY) for id_ in ins), "it was no outage"
    await client.finals(during)
    for id_ in during:
        assert [event.type for event in client.answered(id_)] == [RECEIVED, REPLY]
        assert outcome(client.answered(id_)) == "A"


async def test_an_outage_over_rest_is_a_503(world: World, stack: Stack, bakery: Rest) -> None:
    """A failed declaration is not stored, so a client may repeat it; a poll gets 503 too (decision D6)."""
    document, headers = world.engage(world.relation("bakery")), bakery.headers
    received = "SELECT count(*) FROM intake.declarations"
    before = await world.database.value(received)
    async with database(stack):
        answers = [await bakery.post(document), await bakery.get(UNKNOWN)]
        assert bakery.headers == headers, "the token was there before"
    for answer in answers:
        assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
        assert answer.headers["retry-after"]
    assert await world.database.value(received) == before
    assert await bakery.ends(document) == ["A"]


async def test_every_s_has_an_identification_that_was_open(world: World) -> None:
    """Of all declarations of this session, on every channel."""
    client = world["bakery"]
    unnamed = {**world.engage(world.relation("bakery")), "worker": {**IDENTITY, "familyName": "NIEMAND"}}
    id_ = await client.declare(unnamed)
    await client.answer(id_, INTERMEDIATE)
    number = await client.number(id_)
    async with spying(world.document) as spy:
        await spy.tell(CaseResolved(number=number))
    await client.finals([id_])
    await quiet(world)
    provisional, opened = [
        {row[0] for row in await world.database.fetch(statement)}
        for statement in (
            "SELECT declaration_id FROM notifier.notifications WHERE provisional",
            "SELECT declaration_id FROM identification.case_history WHERE event = 'opened'",
        )
    ]
    assert number in provisional
    assert provisional <= opened
