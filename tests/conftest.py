"""The one stack of the suite: PostgreSQL and RabbitMQ for all tests that need the real ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Both servers, no services; tests that need a clean place provision a deployment of their own."""
    stack = Stack(tmp_path_factory.mktemp("stack"), services=())
    stack.start()
    yield stack
    stack.stop()
