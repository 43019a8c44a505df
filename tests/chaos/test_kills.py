"""SIGKILL of every process while declarations stream in: 0 lost, 0 repeated, all final."""

from __future__ import annotations

import pytest

from deploy.local.stack import Stack
from tests.prove import chaos
from tests.prove.world import World

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("victims", "within"),
    [
        pytest.param(("intake", "identification", "personnel_file", "notifier"), 60.0, id="services"),
        pytest.param(("postgres",), 60.0, id="postgres"),
        pytest.param(("rabbitmq",), 90.0, id="rabbitmq"),
    ],
)
async def test_no_declaration_is_lost_or_repeated(
    world: World, stack: Stack, victims: tuple[str, ...], within: float
) -> None:
    """Declarations of all kinds, some sent twice, each with its expected end (promises R1, R3)."""
    figures = await chaos.prove(world, stack, "chaos.", stack.endpoints.data, victims, count=160)
    print(figures)  # noqa: T201 - `pytest -s` shows how long recovery took
    assert (figures.lost, figures.doubled) == (0, 0)
    assert figures.broken == ()
    assert figures.wrong == ()
    assert len(figures.kills) == len(victims)
    assert all(kill.under_way for kill in figures.kills)
    assert all(kill.recovered < within for kill in figures.kills)
