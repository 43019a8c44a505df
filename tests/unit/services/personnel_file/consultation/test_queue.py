"""Searches wait in a queue of their own, apart from the feed of institutions."""

from __future__ import annotations

import asyncio

import pytest

from services.personnel_file.consultation.api import routes
from shared.runtime.request_queue import AT_ONCE, RequestQueue


async def test_two_requests_of_a_client_run_at_one_time() -> None:
    """A third one waits, and one of another client does not wait for it."""
    (queue,) = {getattr(route, "own_queue", None) for route in routes.routes}
    assert isinstance(queue, RequestQueue)
    assert AT_ONCE > 2
    async with queue.slot("bakery"), queue.slot("bakery"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), queue.slot("bakery"):
                pass
        async with asyncio.timeout(5), queue.slot("nursery"):
            pass
