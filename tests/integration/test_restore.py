"""`dimona restore` on a database without the last declarations, which broker and sender have."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import IDENTIFY, JOBS, SERVICES
from tests.commands import dimona
from tests.foreign.events import RECEIVED, REPLY
from tests.integration.clients import engage, integrator, result
from tests.integration.losing import arrived
from tests.integration.parking import Database, settled_once
from tests.serving import serving

pytestmark = pytest.mark.stack

NAME = "restored"
MARGIN = 5000
_SEQUENCES = """
SELECT schemaname || '.' || sequencename AS name, coalesce(last_value, 0) AS value FROM pg_sequences
WHERE schemaname NOT LIKE 'pg\\_%'"""
#: Removes the first declaration of a worker, as if the database had been restored to the instant before it.
_FORGET = (
    "DELETE FROM intake.open WHERE number = $1",
    "DELETE FROM intake.chains WHERE last = $1",
    "DELETE FROM intake.commands WHERE number = $1",
    "DELETE FROM intake.declarations WHERE number = $1",
)
_VERSION = """
SELECT r.version FROM personnel_file.relations r JOIN personnel_file.periods p USING (employer, ssin)
WHERE p.period_id = $1"""
_KNOWN = "SELECT count(*) FROM intake.declarations WHERE number = $1"


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, which gets a new epoch."""
    with serving(stack, NAME, (*SERVICES, *JOBS)) as endpoints:
        yield endpoints


async def test_a_restore_is_not_finished_while_services_work(own: Endpoints, file: Path) -> None:
    ran = await dimona(file, "restore", "finish")
    assert ran.exit_code == 2
    assert "stop the services first" in ran.output


async def test_a_restored_deployment(stack: Stack, own: Endpoints, file: Path, database: Database) -> None:
    """One declaration is unknown to the database, one was on its way, one is final."""
    names = [f"{NAME}.{service}" for service in (*SERVICES, *JOBS)]
    async with integrator(own) as client:
        final = await client.declare(engage(own, own.data.people[0]))
        await client.ends([final])
        period = await client.number(final)
        await settled_once(database, period)
        await asyncio.to_thread(stack.halt, f"{NAME}.identification")
        open_, lost = [await client.declare(engage(own, own.data.people[n])) for n in (1, 2)]
        number, unknown = [await client.number(id_) for id_ in (open_, lost)]
        await arrived(own, (IDENTIFY,))
        await asyncio.to_thread(stack.halt, *(name for name in names if not name.endswith("identification")))
        for statement in _FORGET:
            await database.execute(statement, unknown)
        before = {row["name"]: row["value"] for row in await database.fetch(_SEQUENCES)}

        ran = await dimona(file, "restore", "finish", "--margin", str(MARGIN))
        assert ran.exit_code == 0, ran.output
        assert f"missing declaration {unknown}, in {IDENTIFY.name}" in ran.output
        after = {row["name"]: row["value"] for row in await database.fetch(_SEQUENCES)}
        assert before
        assert all(after[name] >= before[name] + MARGIN for name in before)

        log = stack.folder / "logs" / f"{NAME}.intake.log"
        named = await dimona(file, "restore", "missing", str(log))
        assert [line.split()[0] for line in named.stdout.splitlines()] == [str(unknown)]

        await asyncio.to_thread(stack.launch, *names)
        for name in names:
            await asyncio.to_thread(stack.ready, name)
        sent = json.loads((await dimona(file, "reconcile", "--older-than", "0", "--json")).stdout)
        assert sent["admitted"] == [number]
        (end,) = await client.ends([open_])
        assert result(end) == "A"
        assert len(client.answered(open_, REPLY)) == 1

        await client.again(lost)
        (again,) = await client.ends([lost])
        assert result(again) == "A"
        (_, second) = [event.data["declarationId"] for event in client.answered(lost, RECEIVED)]
        assert second not in (unknown, number, period)
        assert await database.fetchval(_KNOWN, unknown) == 0

        (changed,) = await client.ends([await client.declare({"dimonaCancel": {"periodId": period}})])
        assert result(changed) == "A"
        assert await database.fetchval(_VERSION, period) > 1000  # above every version of the lost time


async def test_a_closed_database_is_named(own: Endpoints, file: Path, database: Database) -> None:
    """The login has no right to change the server, so that a superuser has to open the database."""
    name = await database.fetchval("SELECT current_database()")
    await database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        ran = await dimona(file, "restore", "finish")
        assert ran.exit_code == 1
        assert "ALTER SYSTEM RESET default_transaction_read_only" in ran.output
    finally:
        await database.execute("SET default_transaction_read_only = off")
        await database.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
