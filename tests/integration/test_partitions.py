"""Growing tables are divided by month, ahead of time and by any number of processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime import metrics
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.partitions import make_partitions
from shared.topology import Deployment

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

_PARTITIONS = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'intake.readings'::regclass ORDER BY 1"""
_READ = """
INSERT INTO intake.readings (read_at, client_id, number, found) VALUES ($1, 'client', 1, false)
RETURNING tableoid::regclass::text"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment without processes."""
    return await asyncio.to_thread(stack.provision, Deployment("partitions"), "partitions")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(endpoints: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner of the database."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    yield connection
    await connection.close()


def months(now: datetime, count: int) -> list[str]:
    """Return the names of the partitions of this month and the following ones."""
    ordinals = [now.year * 12 + now.month - 1 + n for n in range(count)]
    return [f"intake.readings_{n // 12}_{n % 12 + 1:02}" for n in ordinals]


async def test_a_row_goes_to_the_partition_of_its_month(owner: asyncpg.Connection) -> None:
    now = datetime.now(UTC)
    made = months(now, 4)
    assert [row[0] for row in await owner.fetch(_PARTITIONS)] == sorted([*made, "intake.readings_other"])
    later = now.replace(day=1) + timedelta(days=45)
    assert await owner.fetchval(_READ, now) == made[0]
    assert await owner.fetchval(_READ, now - timedelta(days=900)) == made[0], "the table before the division"
    assert await owner.fetchval(_READ, later) == months(later, 1)[0]


async def test_several_processes_make_each_partition_once(
    endpoints: Endpoints, owner: asyncpg.Connection
) -> None:
    """A month later there is one partition more; the second process finds it."""
    await owner.execute("UPDATE platform.clock SET is_test = true")
    await owner.execute("UPDATE platform.clock SET moved_by = '31 days'")

    async def make(pool: Pool) -> None:
        async with transaction(pool) as tx:
            await make_partitions(tx)

    async with await open_pool(endpoints.dsns["intake"], "intake") as pool:
        await asyncio.gather(*(make(pool) for _ in range(4)))
    names = {row[0] for row in await owner.fetch(_PARTITIONS)}
    moved = datetime.now(UTC) + timedelta(days=31)
    assert set(months(moved, 4)) <= names
    until = metrics.PARTITIONS_UNTIL._value.get()
    assert until - moved.timestamp() > 89 * 86_400


async def test_only_the_right_service_makes_partitions(endpoints: Endpoints) -> None:
    connection = await asyncpg.connect(endpoints.dsns["notifier"])
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("SELECT platform.make_partitions()")
    finally:
        await connection.close()
