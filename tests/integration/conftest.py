"""A deployment with running services, for the tests that look at them from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES, Deployment
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
