"""Fixtures for a login through the portal of the demo, on a running deployment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from tests.portal import Portal


@pytest.fixture(scope="module")
def document(served: Endpoints) -> dict[str, Any]:
    """Return the endpoints."""
    return served.document()


@pytest.fixture
def portal(document: dict[str, Any]) -> Portal:
    """Provide a portal with a browser without session."""
    return Portal(document)


@pytest.fixture
def another(document: dict[str, Any]) -> Callable[[], Portal]:
    """As many more as a test needs."""
    return lambda: Portal(document)
