"""Order: concurrent pairs of declarations end as if one after the other."""

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


@pytest.mark.parametrize("shape", order.SHAPES)
async def test_pairs_end_as_they_would_serially(world: World, stack: Stack, shape: str) -> None:
    """60 pairs, with one shard delayed, and for half of them also the first hop of the INs (decision D1)."""
    figures = await order.prove(world, stack, "e2e.", shape, 60)
    assert figures.pairs == 60
    assert figures.wrong == ()
    assert figures.decisive >= 30  # otherwise it would prove nothing
    assert figures.held
    assert figures.overtaken or shape != "IN P2, CANCEL P1"
