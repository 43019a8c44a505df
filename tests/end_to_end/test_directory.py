"""Facts of the directory about employers and user undertakings, for an integrator (rules R38, R45)."""

from __future__ import annotations

import pytest

from deploy.local.demo.data import DemoData
from tests.prove.world import OTHER, Relation, World

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


def of_agency(world: World, data: DemoData) -> Relation:
    """Return a relation of the employer that is in the system of sub-entities."""
    worker = world.relation("provider").worker
    return Relation("provider", data.organizations["agency"].enterprise_number, worker)


@pytest.mark.parametrize(
    ("sub_entity", "ends"),
    [(None, "B 00652-001"), ("0300", "B 00652-003"), ("0200", "A")],
)
async def test_a_sub_entity_of_the_employer_is_named(
    world: World, data: DemoData, sub_entity: str | None, ends: str
) -> None:
    """It is mandatory, and has to be the employer's own (rule R45)."""
    features = OTHER if sub_entity is None else {**OTHER, "subEntityNumber": sub_entity}
    assert await world.ends("provider", world.engage(of_agency(world, data), features=features)) == [ends]


async def test_a_sub_entity_of_an_employer_without_any_is_refused(world: World) -> None:
    """00652-005 (rule R45)."""
    features = {**OTHER, "subEntityNumber": "0200"}
    document = world.engage(world.relation("bakery"), features=features)
    assert await world.ends("bakery", document) == ["B 00652-005"]
