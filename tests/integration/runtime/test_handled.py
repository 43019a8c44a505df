"""The inbox loses the rows of messages that were handled long ago, and no other rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.runtime import handled
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.handled import KEEP, MOST, Handled
from tests.integration.runtime.toys import Place

pytestmark = pytest.mark.stack

_FILL = """
INSERT INTO inbox (consumer, message_id, handled_at)
SELECT $1, gen_random_uuid(), platform.now() - $2::interval FROM generate_series(1, $3)"""
_OLD = KEEP + timedelta(minutes=1)
_RECENT = KEEP - timedelta(minutes=1)


@pytest.fixture
async def pool(place: Place) -> AsyncIterator[Pool]:
    pool = await open_pool(place.endpoints.superuser_dsn, place.name, size=2)
    async with pool:
        yield pool


async def look(pool: Pool, walk: Handled, times: int) -> None:
    for _ in range(times):
        async with transaction(pool) as tx:
            assert await walk.remove(tx) == ()


async def left(place: Place) -> dict[tuple[str, bool], int]:
    """Return the number of rows by consumer, and by whether they are old."""
    rows = await place.database.fetch(
        """SELECT consumer, handled_at < platform.now() - $1::interval AS old, count(*) FROM inbox
        GROUP BY 1, 2""",
        KEEP,
    )
    return {(row["consumer"], row["old"]): row["count"] for row in rows}


async def test_old_rows_of_each_consumer_are_removed(place: Place, pool: Pool) -> None:
    """A round of some transactions finds all of them, wherever it begins; the next round begins anew."""
    for consumer in ("toy", "other"):
        await place.database.execute(_FILL, consumer, _OLD, 2 * MOST)
        await place.database.execute(_FILL, consumer, _RECENT, MOST)
    walk = Handled(["toy", "other"])
    await look(pool, walk, 1)
    assert (await left(place))["toy", True] >= MOST, "one transaction looks at a thousand rows"
    await look(pool, walk, 5)  # up to the end, and from the first row on
    assert await left(place) == {("toy", False): MOST, ("other", False): MOST}
    await place.database.execute(_FILL, "toy", _OLD, 5)
    await look(pool, walk, 4)
    assert await left(place) == {("toy", False): MOST, ("other", False): MOST}


async def test_a_row_that_another_process_removes_is_left_to_it(place: Place, pool: Pool) -> None:
    await place.database.execute(_FILL, "toy", _OLD, 3)
    walks = Handled(["toy"]), Handled(["toy"])
    async with transaction(pool) as tx:
        for _ in range(3):  # from a random row on, the end, from the first row on
            await walks[0].remove(tx)
        await look(pool, walks[1], 3)  # it does not wait
        assert await left(place) == {("toy", True): 3}
    assert await left(place) == {}


async def test_the_primary_key_finds_the_rows(place: Place) -> None:
    """Also with the plan for unknown values, which a connection uses from its sixth call on."""
    await place.database.execute(_FILL, "toy", _RECENT, 100 * MOST)
    await place.database.execute("ANALYZE inbox")
    await place.database.execute(f"PREPARE remove (text, uuid, interval) AS {handled._REMOVE}")
    for mode in ("force_custom_plan", "force_generic_plan"):
        await place.database.execute(f"SET plan_cache_mode = {mode}")
        explain = f"EXPLAIN (FORMAT JSON) EXECUTE remove ('toy', '{UUID(int=0)}', '90 days')"
        plan = await place.database.fetchval(explain)
        assert '"Seq Scan"' not in plan, mode
        assert '"Index Scan"' in plan or '"Index Only Scan"' in plan, mode
