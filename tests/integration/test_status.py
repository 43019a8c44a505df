"""`dimona status` on running services: good, with a missing service, and with a parked message."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import SERVICES
from tests.commands import dimona
from tests.integration.clients import engage, integrator
from tests.integration.parking import begin, broken, listed, operator_account
from tests.serving import serving

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, because a service is stopped and a message is parked here."""
    with serving(stack, "status", (*SERVICES, "provisioner")) as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def operator(own: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the file of endpoints of an operator without rights of the owner."""
    with operator_account(own, "status.alice", tmp_path_factory.mktemp("status")) as file:
        yield file


async def until(file: Path, wanted: dict[str, str]) -> dict[str, str]:
    """Wait until these checks, and no others, are faults; return their values."""
    end = time.monotonic() + 90
    while True:
        ran = await dimona(file, "status", "--json")
        faults = {row["name"]: row["value"] for row in json.loads(ran.stdout) if row["state"] == "fault"}
        assert ran.exit_code == int(bool(faults))
        if all(value in faults.get(name, "") for name, value in wanted.items()) and len(faults) == len(
            wanted
        ):
            return faults
        assert time.monotonic() < end, faults
        await asyncio.sleep(0.3)


async def test_a_good_deployment_fits_on_one_screen(own: Endpoints, operator: Path) -> None:
    await until(operator, {})
    shown = await dimona(operator, "status")
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) < 25


async def test_a_missing_service_is_named(own: Endpoints, operator: Path, stack: Stack) -> None:
    stack.unserve(f"{own.deployment.name}.contact")
    try:
        faults = await until(operator, {"processes": "contact", "consumers": "dimona.contact."})
        assert faults["processes"] == "no connection of contact"
    finally:
        stack.serve(own, ("contact",))
    await until(operator, {})


async def test_a_parked_message_is_counted(own: Endpoints, operator: Path) -> None:
    worker = own.data.people[0]
    database = await asyncpg.connect(own.postgres_dsn)
    async with (
        integrator(own) as client,
        broken(database, "personnel_file.relations", f"ssin <> '{worker.ssin}'"),
    ):
        await begin(client, engage(own, worker))
        await listed(operator, 1)
    await database.close()
    await until(operator, {"parked": "1 in dimona.personnel_file.parked of status.internal"})
