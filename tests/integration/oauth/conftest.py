"""Fixtures for a login through the portal of the demo, on a running deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from tests.portal import Portal, forget_attempts


@pytest.fixture(scope="module")
def document(served: Endpoints) -> dict[str, Any]:
    """Return the endpoints."""
    return served.document()


@pytest.fixture
def fresh_codes(served: Endpoints) -> None:
    """Let each person log in, whatever other tests have tried."""
    asyncio.run(forget_attempts(served.postgres_dsn))


@pytest.fixture
def portal(document: dict[str, Any], fresh_codes: None) -> Portal:
    """Provide a portal with a browser without session."""
    return Portal(document)


@pytest.fixture
def another(document: dict[str, Any]) -> Callable[[], Portal]:
    """Return a function that opens further portals."""
    return lambda: Portal(document)
