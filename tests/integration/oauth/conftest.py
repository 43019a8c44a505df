"""Fixtures for a login through the portal of the demo, on a running deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from tests.portal import Portal


@pytest.fixture(scope="module")
def document(served: Endpoints) -> dict[str, Any]:
    """Return the endpoints."""
    return served.document()


@pytest.fixture
def fresh_codes(served: Endpoints) -> None:
    """Let each person use the present code again: another test may have used it in these 30 seconds."""
    asyncio.run(_forget_used_codes(served.postgres_dsn))


async def _forget_used_codes(dsn: str) -> None:
    owner = await connect(dsn)
    try:
        await owner.execute("UPDATE access.factor SET last_step = 0, blocked_until = NULL, attempts = 0")
    finally:
        await owner.close()


@pytest.fixture
def portal(document: dict[str, Any], fresh_codes: None) -> Portal:
    """Provide a portal with a browser without session."""
    return Portal(document)


@pytest.fixture
def another(document: dict[str, Any]) -> Callable[[], Portal]:
    """Return a function that opens further portals."""
    return lambda: Portal(document)
