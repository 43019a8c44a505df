"""A sandbox with running services, and a production deployment without, which keeps each trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack, run
from shared.topology import Deployment
from tests.integration.sandbox.traces import Traces, traces
from tests.prove.world import World, opened
from tests.serving import running

NAME = "played.sim"


@pytest.fixture(scope="package")
def production(stack: Stack) -> Endpoints:
    """Provision a production deployment. Messages to it stay where they arrive."""
    return stack.provision(Deployment("played"), "played")


@pytest.fixture(scope="package")
def sandbox(stack: Stack) -> Iterator[Endpoints]:
    """Run the services of a sandbox."""
    endpoints = stack.provision(Deployment(NAME), "played_sim")
    run(shorten, endpoints.superuser_dsn)
    with running(stack, endpoints):
        yield endpoints


async def shorten(dsn: str) -> None:
    """Let rehearsed identifications end after at most three seconds."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE access.rehearsal SET seconds = least(seconds, 3)")
    await connection.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def before(production: Endpoints) -> Traces:
    """Return everything that the production deployment holds before the sandbox is used."""
    return await traces(production)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(sandbox: Endpoints, before: Traces) -> AsyncIterator[World]:
    """Connect the clients of the sandbox."""
    async with opened(sandbox.document(), iter(())) as world:
        yield world
