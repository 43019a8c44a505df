"""After removal everything is settled as before: workers with and without removed relations compared."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg
import pytest

from deploy.local.stack import Stack
from shared.runtime.database import open_pool
from shared.topology import Deployment
from tests.integration.retention.twins import compare

pytestmark = pytest.mark.stack

#: `python -m tests.prove.retention` compares 10,000.
PAIRS: Final = 40


async def test_random_sequences_settle_as_before(stack: Stack) -> None:
    """Periods of open relations, and of years that count, are never removed, so no decision changes."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("twins"), "twins")
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file", size=1) as pool:
        found = await compare(owner, pool, PAIRS)
    await owner.close()
    assert (found.different, found.broken) == (0, 0)
    assert found.removed > PAIRS
    assert {"A", "B"} <= set(found.results)
    assert found.removed_changed == ("B", ["00913-354"])
