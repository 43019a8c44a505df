"""A hundred declarations of all four kinds by a foreign client."""

from __future__ import annotations

import pytest

from tests.prove import hundred
from tests.prove.world import World

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_a_hundred_declarations_are_received_and_final(world: World) -> None:
    """100 received, 100 final by distinct id, each with its expected end."""
    figures = await hundred.prove(world)
    assert (figures.sent, figures.received, figures.final) == (100, 100, 100)
    assert figures.wrong == ()
    assert figures.broken == ()
