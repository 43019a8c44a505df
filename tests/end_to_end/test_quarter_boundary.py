"""Before and after the start of a quarter: addressees, and permitted declarations (decision D34)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.domain.calendar import BRUSSELS, first_day
from tests.directory import addressee, in_force, later, number_of, proposal, user
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.world import Relation, World, opened
from tests.serving import serving

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]

NEXT = later(1)
DAYS = 120  #: from the day on which the stack was made: beyond any boundary that is near


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, with a clock that is moved."""
    with serving(stack, "quarter") as endpoints:
        yield endpoints


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(endpoints: Endpoints) -> AsyncIterator[World]:
    """Connect every client to it."""
    async with opened(endpoints.document()) as world:
        yield world


def engage(world: World, employer: str) -> dict[str, Any]:
    """Build an IN of a worker of the register; no clock of this module makes it late."""
    return world.engage(Relation("", employer, world.relation("bakery").worker), DAYS)


async def until(world: World, seconds: int) -> None:
    """Move the clock to so many seconds after the next quarter has begun."""
    instant = datetime.combine(first_day(NEXT), time.min, BRUSSELS) + timedelta(seconds=seconds)
    await world.database.fetch(
        "UPDATE platform.clock SET moved_by = moved_by + ($1::timestamptz - platform.now())", instant
    )


async def test_a_secretariat_from_the_next_quarter_on(world: World, endpoints: Endpoints) -> None:
    """The employer mandates one group and keeps the other, then mandates that too, and revokes it."""
    bakery, secretariat = number_of(endpoints, "bakery"), number_of(endpoints, "secretariat")
    principal = user(endpoints, "bakery.principal")
    body = {"employer": bakery, "secretariat": secretariat, "beginQuarter": NEXT}
    principal.post("/affiliations", body)
    kept = proposal(endpoints, bakery, "secretariat", beginQuarter=NEXT, applicationGroup="dmfa")
    in_force(endpoints, principal, kept, "secretariat.principal")
    given = proposal(endpoints, bakery, "secretariat", beginQuarter=NEXT)

    await until(world, -600)
    assert await addressee(world, "bakery", engage(world, bakery)) == bakery
    await until(world, 1)
    assert await addressee(world, "bakery", engage(world, bakery)) == secretariat
    assert await world.ends("secretariat", engage(world, bakery)) == ["B 90256-155"]
    mandate = in_force(endpoints, principal, given, "secretariat.principal")
    assert await addressee(world, "secretariat", engage(world, bakery)) == secretariat
    principal.post(f"/mandates/{mandate['id']}/revocations")
    assert await world.ends("secretariat", engage(world, bakery)) == ["B 90256-155"]
    assert await addressee(world, "bakery", engage(world, bakery)) == secretariat
    await quiet(world)
    assert check(await observe(world)) == []
