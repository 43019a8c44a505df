"""A deployment for the toys, and a place of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime import outgoing
from shared.topology import Deployment
from tests.integration.runtime.toys import Place, Toy, a_place

_numbers = count(1)


@pytest.fixture(scope="session")
def rt(stack: Stack) -> Endpoints:
    """Provide the deployment of the toy service."""
    return stack.provision(Deployment("rt"), "rt")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make rows of a crashed process due after one second, and try a closed lane every second."""
    monkeypatch.setattr(outgoing, "GRACE", 1.0)
    monkeypatch.setattr(outgoing, "LONGEST_PAUSE", 1.0)


@pytest.fixture
async def place(rt: Endpoints) -> AsyncIterator[Place]:
    """Provide schema and queues of a scratch service."""
    async with a_place(f"toy{next(_numbers)}", rt) as place:
        yield place


@pytest.fixture
def toy(place: Place) -> Toy:
    """Provide the toy step of that service."""
    return Toy(place)
