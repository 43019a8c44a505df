"""A deployment for the toy services, and a separate place for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.messages import MESSAGES
from shared.runtime import outgoing
from shared.topology import Deployment
from tests.integration.runtime.toys import Place, Told, Toy, a_place

_numbers = count(1)


@pytest.fixture(scope="session")
def rt(stack: Stack) -> Endpoints:
    """Provide the deployment of the toy services."""
    return stack.provision(Deployment("rt"), "rt")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten waits: rows of a crash are due after 1 s instead of 6; a closed lane is tried every second."""
    monkeypatch.setattr(outgoing, "GRACE", 1.0)
    monkeypatch.setattr(outgoing, "LONGEST_PAUSE", 1.0)


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the services of these tests read the message of the toys."""
    monkeypatch.setitem(MESSAGES, Told.TYPE, Told)


@pytest.fixture
async def place(rt: Endpoints) -> AsyncIterator[Place]:
    """Provide schema and queues of a scratch service."""
    async with a_place(f"toy{next(_numbers)}", rt) as place:
        yield place


@pytest.fixture
def toy(place: Place) -> Toy:
    """Provide the toy step on the schema and queues of the scratch service."""
    return Toy(place)
