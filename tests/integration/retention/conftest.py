"""A database without processes, with the clock of a test and without terms and holds of other tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime.database import open_pool
from shared.topology import Deployment
from tests.integration.retention.removing import Pools

SERVICES: Final = ("intake", "identification", "personnel_file", "notifier", "contact")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own(stack: Stack, request: pytest.FixtureRequest) -> Endpoints:
    """Make a deployment without processes for a module of tests."""
    name = request.node.path.stem.removeprefix("test_")
    return await asyncio.to_thread(stack.provision, Deployment(name), name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pools(own: Endpoints) -> AsyncIterator[Pools]:
    """Connect with the role of each service that removes rows."""
    found = {name: await open_pool(own.dsns[name], name, size=1) for name in SERVICES}
    yield found
    for pool in found.values():
        await pool.close()


@pytest_asyncio.fixture(loop_scope="module")
async def owner(own: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner of the database; end the holds and terms of other tests."""
    connection = await asyncpg.connect(own.postgres_dsn)
    await connection.execute("UPDATE platform.clock SET is_test = true, moved_by = '0'")
    await connection.execute("DELETE FROM platform.retention_terms WHERE table_name <> 'messages'")
    await connection.execute("DELETE FROM platform.holds")
    await connection.execute("DELETE FROM intake.denials")
    yield connection
    await connection.close()
