"""Two bad days of the database under load, in short: no message is lost, repeated or parked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from tests.prove.bad_day.cases import read_only
from tests.prove.bad_day.credentials import database_passwords, set_database_passwords, write_addresses
from tests.prove.bad_day.frame import Case, Site, endure
from tests.prove.world import World

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]

FINAL_SECONDS = 60.0  #: on a machine with other work; the proof has the figures of a quiet one


@pytest_asyncio.fixture(loop_scope="session")
async def site(stack: Stack, battered: Endpoints, world: World) -> AsyncIterator[Site]:
    """Yield the deployment; restore its passwords afterwards for the others on the server."""
    site = Site(stack, battered, world)
    yield site
    write_addresses(site, "dimona_database_dsn", battered.dsns)
    await set_database_passwords(site, battered.dsns)


@pytest.mark.parametrize(
    "case",
    [
        Case("password of PostgreSQL", database_passwords, seconds=4),
        Case("read-only database", read_only, seconds=4),
    ],
    ids=lambda case: case.name,
)
async def test_a_bad_day_of_the_database_loses_no_declaration(site: Site, case: Case) -> None:
    """20 declarations per second, each with its expected end (promise R1)."""
    figures = await endure(case, site, {}, calm=2)
    print(figures)  # noqa: T201 - `pytest -s` shows how long it took
    assert figures.broken == ()
    assert figures.passed(case)
    assert figures.final_seconds is not None
    assert figures.final_seconds < FINAL_SECONDS
