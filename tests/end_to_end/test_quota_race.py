"""The race of `make prove-rules`, at a size for the suite."""

from __future__ import annotations

import asyncio

import pytest

from deploy.local.stack import Stack
from shared.topology import SERVICES, Deployment
from tests.prove.quotas import prove
from tests.prove.world import opened

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]


async def test_concurrent_declarations_never_exceed_a_quota(stack: Stack) -> None:
    """Few workers, so quotas fill; no overlap, no deadlock (decision D7, rules R59 to R61, promise R6)."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("race"), "race")
    await asyncio.to_thread(stack.serve, endpoints)
    try:
        async with opened(endpoints.document(), institutions=False) as world:
            found = await prove(world, 600, workers=8)
    finally:
        await asyncio.to_thread(stack.unserve, *(f"race.{service}" for service in SERVICES))
    assert (found.wrong, found.overlaps, found.deadlocks, found.broken) == ((), 0, 0, ())
    assert found.results.keys() == {"A", "B", "W"}
    assert found.beyond.keys() >= {"A17_QUARTER_OTHER", "STUDENT"}
