"""A deployment for destructive tests, with every client connected before its first declaration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from shared.topology import Deployment
from tests.prove.world import World, opened


@pytest.fixture(scope="session")
def battered(stack: Stack) -> Iterator[dict[str, Any]]:
    """Its endpoints."""
    endpoints = stack.provision(Deployment("chaos"), "chaos")
    stack.serve(endpoints)
    yield endpoints.document()
    stack.unserve(*(name for name in stack.names if name.startswith("chaos.")))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(battered: dict[str, Any]) -> AsyncIterator[World]:
    """Give a world with every client connected."""
    async with opened(battered) as world:
        yield world
