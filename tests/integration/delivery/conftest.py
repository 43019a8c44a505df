"""A database for deliveries with a movable clock, and a receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime.database import Pool, connect, open_pool
from shared.topology import Deployment
from tests.integration.delivery.receiver import Receiver, receiving


@pytest.fixture(scope="package")
def place(stack: Stack) -> Endpoints:
    """Provision a database with a movable clock, without services."""
    return stack.provision(Deployment("dispatch"), "dispatch")


@pytest_asyncio.fixture
async def pool(place: Endpoints) -> AsyncIterator[Pool]:
    """Connect with the role of the notifier, with empty tables."""
    owner = await connect(place.postgres_dsn)
    await owner.execute(
        "TRUNCATE notifier.dispatches, notifier.lanes, notifier.subscriptions, notifier.messages CASCADE"
    )
    await owner.close()
    async with await open_pool(place.dsns["notifier"], "notifier", size=8) as pool:
        yield pool


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Start a receiver of webhooks."""
    async with receiving() as receiver:
        yield receiver
