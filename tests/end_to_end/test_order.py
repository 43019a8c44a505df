"""Order: pairs that race each other end as they would one after the other (Must show 4, reduced)."""

from __future__ import annotations

import pytest

from deploy.local.stack import Stack
from tests.prove import order
from tests.prove.world import World

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_pairs_end_as_they_would_serially(world: World, stack: Stack) -> None:
    """D1: 60 pairs of each shape, with one shard held back and for half of them the hop of the INs too."""
    figures = await order.prove(world, stack, "e2e.", 60)
    assert [one.pairs for one in figures] == [60, 60, 60]
    assert [wrong for one in figures for wrong in one.wrong] == []
    assert all(one.decisive >= 30 for one in figures)  # otherwise it would prove nothing
    assert all(one.held for one in figures)
    assert figures[-1].overtaken
