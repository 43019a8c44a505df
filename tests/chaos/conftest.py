"""A deployment for destructive tests, with every client connected before its first declaration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from tests.prove.world import World, opened
from tests.serving import serving


@pytest.fixture(scope="package")
def battered(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment for the kills, and yield its endpoints."""
    with serving(stack, "chaos") as endpoints:
        yield endpoints


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(battered: Endpoints) -> AsyncIterator[World]:
    """Give a world with every client connected."""
    async with opened(battered.document()) as world:
        yield world
