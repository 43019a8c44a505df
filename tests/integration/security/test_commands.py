"""A command has one effect, for its sender alone, however it is sent (threats T8, T16, T17)."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.processes import free_port, wait_until
from shared.runtime.database import Connection
from tests.foreign.events import PATIENCE, PROBLEM, RECEIVED, REPLY, Event, until
from tests.foreign.integrator import Integrator
from tests.integration.clients import declare, engage, errors, integrator, result, unused

pytestmark = pytest.mark.stack

COPIES = 20
_OVERLAPS = """
SELECT a.period_id, b.period_id FROM personnel_file.periods a JOIN personnel_file.periods b
ON a.employer = b.employer AND a.ssin = b.ssin AND a.features_key = b.features_key
AND a.span && b.span AND a.period_id < b.period_id AND NOT a.canceled AND NOT b.canceled"""


@pytest.fixture
async def database(served: Endpoints) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(served.superuser_dsn)
    yield connection
    await connection.close()


async def effects(database: Connection, message_id: str) -> int:
    """Return the number of declarations with a message id."""
    count = await database.fetchval(
        "SELECT count(*) FROM intake.declarations WHERE message_id = $1", message_id
    )
    return int(count)


@pytest.fixture(scope="module")
def rival(served: Endpoints) -> Iterator[None]:
    """Run a second intake, so that two consumers receive the commands."""
    port = free_port()
    ports = {"DIMONA_OPS_PORT": str(port), "DIMONA_API_PORT": str(free_port())}
    environment = {**served.environment("intake"), **ports}
    with subprocess.Popen(
        [sys.executable, "-m", "services.intake"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    ) as process:

        def ready() -> bool:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                    connection.request("GET", "/readyz")
                    return connection.getresponse().status == 200
            except OSError:
                return False

        wait_until(ready, 30, "the second intake")
        yield
        process.terminate()
        process.wait(20)


@pytest.mark.usefixtures("rival")
async def test_twenty_copies_at_once_are_one_declaration(served: Endpoints, database: Connection) -> None:
    """Over two connections, to two consumers (threat T16)."""
    async with integrator(served) as client, integrator(served) as twin:
        id_, declaration = str(uuid4()), engage(served, unused(served, 1)[0])
        await asyncio.gather(*((client, twin)[n % 2].declare(declaration, id_) for n in range(COPIES)))

        def told() -> list[Event]:
            # Both connections read the one reply queue, so each gets a part of the replies.
            return [event for one in (client, twin) for event in one.answered(id_)]

        def receipts() -> int:
            return sum(
                one.copies[event.id]
                for one in (client, twin)
                for event in one.answered(id_)
                if event.type == RECEIVED
            )

        def complete() -> bool:
            return receipts() >= COPIES and REPLY in {event.type for event in told()}

        await until(complete, PATIENCE, "the answers to all copies")
        assert len({event.id for event in told()}) == 2
        assert {event.type for event in told()} == {RECEIVED, REPLY}
        assert await effects(database, id_) == 1


async def test_a_repeated_id_with_another_body_is_a_problem(served: Endpoints, database: Connection) -> None:
    """Each copy gets an equal problem; the first declaration stands (threat T16)."""
    one, another = unused(served, 2)
    async with integrator(served) as client:
        id_ = await client.declare(engage(served, one))
        reply = await client.answer(id_, REPLY)
        for _ in range(3):
            await client.declare(engage(served, another), id_)
        problem = await client.answer(id_, PROBLEM)
        await until(lambda: client.copies[problem.id] == 3, PATIENCE, "a problem for each copy")
        assert problem.data["status"] == 400
        assert [event.type for event in client.answered(id_)] == [RECEIVED, REPLY, PROBLEM]
        assert result(reply) == "A"
        assert await effects(database, id_) == 1
        ssins = {one.ssin, another.ssin}
        rows = await database.fetch(
            "SELECT ssin FROM personnel_file.periods WHERE ssin = ANY($1)", list(ssins)
        )
        assert {row["ssin"] for row in rows} == {one.ssin}


async def test_control_without_stored_commands_a_copy_is_a_declaration(
    served: Endpoints, database: Connection
) -> None:
    """The function `effects` finds two of them (threat T16)."""
    async with integrator(served) as client:
        id_ = await client.declare(engage(served, unused(served, 1)[0]))
        await client.finals([id_])
        await database.execute("DELETE FROM intake.commands WHERE message_id = $1", id_)
        await client.again(id_)
        await until(lambda: len(client.answered(id_, REPLY)) == 2, PATIENCE, "the second final reply")
        assert await effects(database, id_) == 2
        assert [result(event) for event in client.answered(id_, REPLY)] == ["A", "B"]


@pytest.fixture
async def mandate(served: Endpoints, database: Connection) -> AsyncIterator[None]:
    """Let the provider declare for the bakery, so that two clients declare for one employer."""
    organizations = served.data.organizations
    parties = [organizations[role].enterprise_number for role in ("bakery", "provider")]
    await database.execute(
        """INSERT INTO access.mandate (mandator, mandatary, application_group, begin_quarter, status)
        VALUES ($1, $2, 'dimona', '2023Q1', 'active')""",
        *parties,
    )
    yield
    await database.execute("DELETE FROM access.mandate WHERE mandator = $1 AND mandatary = $2", *parties)


@pytest.mark.usefixtures("rival", "mandate")
async def test_two_clients_that_race_for_a_worker_make_one_period(
    served: Endpoints, database: Connection
) -> None:
    """Two clients send equal and overlapping days to two consumers (threat T17)."""
    people = unused(served, 12)
    async with integrator(served) as one, integrator(served, "provider") as two:
        spans: list[tuple[Integrator, tuple[int, int]]] = [
            (one, (2, 12)), (two, (2, 12)), (one, (7, 20)), (two, (0, 30)),
        ]  # fmt: skip
        race = [(client, engage(served, person, *span)) for person in people for client, span in spans]
        await asyncio.gather(*(client.declare(declaration) for client, declaration in race))
        replies = [event for client in (one, two) for event in (await client.finals(client.sent)).values()]
    letters = Counter(map(result, replies))
    assert letters == {"A": len(people), "B": 3 * len(people)}
    assert {code for reply in replies for code in errors(reply)} <= {"90373-333", "90373-334"}
    ssins = [person.ssin for person in people]
    rows = await database.fetch("SELECT ssin FROM personnel_file.periods WHERE ssin = ANY($1)", ssins)
    assert sorted(row["ssin"] for row in rows) == sorted(ssins)
    assert await database.fetch(_OVERLAPS) == []


async def test_control_without_the_constraint_an_overlap_is_found(
    served: Endpoints, database: Connection
) -> None:
    """With the constraint the database refuses the overlap (threat T17)."""
    (person,) = unused(served, 1)
    async with integrator(served) as client:
        await declare(client, engage(served, person, 2, 12))
    ssin = person.ssin
    columns = """employer, ssin, features, features_key, start_date, end_date, span"""
    overlap = f"""INSERT INTO personnel_file.periods (period_id, {columns})
        SELECT period_id + 1, {columns} FROM personnel_file.periods WHERE ssin = $1"""  # noqa: S608
    with pytest.raises(asyncpg.ExclusionViolationError):
        await database.execute(overlap, ssin)
    transaction = database.transaction()
    await transaction.start()
    await database.execute("ALTER TABLE personnel_file.periods DROP CONSTRAINT periods_do_not_overlap")
    await database.execute(overlap, ssin)
    found = await database.fetch(_OVERLAPS)
    await transaction.rollback()
    assert len(found) == 1
    assert await database.fetch(_OVERLAPS) == []
