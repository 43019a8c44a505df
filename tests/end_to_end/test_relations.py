"""A relation in the answers of a search, through declarations that begin earlier and are canceled."""

from __future__ import annotations

import pytest

from tests.end_to_end.test_consultation import about, accepted, fits, sent
from tests.prove.world import World, cancel
from tests.rest import Rest

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_a_relation_keeps_its_first_declared_start_and_gives_the_earliest_day(
    world: World, bakery: Rest
) -> None:
    """Decision D32: a later IN may begin earlier, and may be canceled."""
    relation = world.relation("bakery")

    async def starts() -> tuple[str, str]:
        answer = await sent(bakery, "POST", "/relations/search", about(relation))
        (item,) = fits("RelationPage", answer)["items"]
        return item["startDate"], item["earliestStartDate"]

    await accepted(bakery, world.engage(relation, 5, 8))
    assert await starts() == (world.day(5), world.day(5))
    earlier = await accepted(bakery, world.engage(relation, 1, 3))
    assert await starts() == (world.day(5), world.day(1))
    await accepted(bakery, cancel(earlier))
    assert await starts() == (world.day(5), world.day(5))
