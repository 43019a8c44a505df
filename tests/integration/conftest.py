"""Two deployments, with running services and without, and the login of the owner at a module's own one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime.database import Transaction, open_pool
from shared.topology import JOBS, SERVICES, Deployment
from tests.integration.parking import Database
from tests.integration.working_files import Work, open_work
from tests.serving import running

WATCHED = Deployment("watched")


@pytest.fixture(scope="session")
def watched(stack: Stack) -> Endpoints:
    """Serve one deployment for all these tests; each uses other workers."""
    return stack.provision(WATCHED, "watched")


@pytest.fixture(scope="session")
def served(stack: Stack, watched: Endpoints) -> Iterator[Endpoints]:
    """Give that deployment with its services, from the first module on that needs them."""
    with running(stack, watched, (*SERVICES, *JOBS)):
        yield watched


@pytest.fixture(scope="session")
def endpoints(stack: Stack) -> Endpoints:
    """Return a deployment with the demo data and without services, in which tests commit no declaration."""
    return stack.provision(Deployment("undone"), "undone")


@pytest.fixture(scope="module")
def file(own: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of endpoints of a module's own deployment, with the login of the owner."""
    path = tmp_path_factory.mktemp(own.deployment.name) / "endpoints.json"
    path.write_text(json.dumps(own.document()))
    return path


@pytest.fixture
async def database(own: Endpoints) -> AsyncIterator[Database]:
    """Connect to the database of a module's own deployment as its owner."""
    connection = await asyncpg.connect(own.postgres_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def tx(endpoints: Endpoints) -> AsyncIterator[Transaction]:
    """Open a transaction of intake that is never committed."""
    async with await open_pool(endpoints.dsns["intake"], "intake", size=1) as pool, pool.acquire() as one:
        open_ = one.transaction()
        await open_.start()
        yield Transaction(one, await one.fetchval("SELECT platform.now()"))
        await open_.rollback()


@pytest.fixture
async def work(endpoints: Endpoints, tmp_path: Path) -> AsyncIterator[Work]:
    """Open the work of the service files in a transaction that is never committed."""
    async with open_work(endpoints, tmp_path) as opened:
        yield opened
