"""Quotas through the queue: warned, refused, freed; and concurrent declarations of several employers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from tests.foreign.events import REPLY, Event
from tests.prove.world import OTHER, STUDENT, Relation, World, cancel, change, errors, letter

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
ARTICLE_17 = {"jointCommissionNumber": "XXX", "workerType": "O17"}


def everywhere(world: World) -> list[Relation]:
    """Return an unused worker, with an employer of each client."""
    relations = [world.relation(role) for role in world.clients]
    assert len({relation.worker for relation in relations}) == 1
    return relations


def engaged(
    relation: Relation, first: date, days: int, features: Mapping[str, str], hours: int | None
) -> dict[str, Any]:
    """Build an IN of some days."""
    block: dict[str, Any] = {"startDate": str(first), "endDate": str(first + timedelta(days - 1))}
    if hours is not None:
        block["plannedHoursNumber"] = hours
    return {
        "employer": {"enterpriseNumber": relation.employer},
        "worker": {"ssin": relation.worker},
        "dimonaIn": {**block, "features": dict(features)},
    }


async def final(world: World, relation: Relation, declaration: Mapping[str, Any]) -> Event:
    client = world[relation.client]
    return await client.answer(await client.declare(declaration), REPLY)


def told(event: Event) -> tuple[str, list[str], Any]:
    return letter(event), errors(event), event.data["declarationStatus"].get("quota")


def period_of(event: Event) -> int:
    return int(event.data["declarationStatus"]["period"]["id"])


async def test_a_student_beyond_the_hours_is_warned_canceled_and_replaced(world: World) -> None:
    """W with the exact excess; then a CANCEL, and OTH instead (rule R59, decision D33, client Q42)."""
    here, there = everywhere(world)[:2]
    spring = date(world.today.year + 1, 2, 1)
    assert told(await final(world, here, engaged(here, spring, 20, STUDENT, 600))) == ("A", [], None)
    beyond = await final(world, there, engaged(there, spring, 20, STUDENT, 60))
    assert told(beyond) == (
        "W", ["90017-369"], [{"quotaType": "STUDENT", "exceedingHours": 10}],
    )  # fmt: skip
    assert letter(await final(world, there, cancel(period_of(beyond)))) == "A"
    assert told(await final(world, there, engaged(there, spring, 20, OTHER, None))) == ("A", [], None)


async def test_article_17_is_refused_beyond_its_hours_and_frees_them(world: World) -> None:
    """The limit itself is allowed; an UPDATE counts by its difference; a CANCEL frees (rule R60)."""
    here, there = everywhere(world)[:2]
    day = world.today + timedelta(1)
    limit = 190 if day.month in (7, 8, 9) else 100
    first = await final(world, here, engaged(here, day, 1, ARTICLE_17, limit - 10))
    assert letter(first) == "A"
    excess = [{"quotaType": "A17_QUARTER_OTHER", "exceedingHours": 1}]
    beyond = await final(world, there, engaged(there, day, 1, ARTICLE_17, 11))
    assert told(beyond) == ("B", ["90017-369"], excess)
    second = await final(world, there, engaged(there, day, 1, ARTICLE_17, 10))
    assert told(second) == ("A", [], None)
    more = change(period_of(second), plannedHoursNumber=11)
    assert told(await final(world, there, more)) == ("B", ["90017-369"], excess)
    assert letter(await final(world, here, cancel(period_of(first)))) == "A"
    assert told(await final(world, there, more)) == ("A", [], None)


async def test_concurrent_employers_fill_a_quota_exactly(world: World) -> None:
    """In any order, never more than the quota is accepted, and never less than fits (decision D7)."""
    relations = everywhere(world)
    days = [world.today + timedelta(1 + n) for n in range(3)]
    limit = 190 if days[0].month in (7, 8, 9) else 100
    hours = 20
    finals = await asyncio.gather(
        *(
            final(world, relation, engaged(relation, day, 1, ARTICLE_17, hours))
            for day in days
            if (day.month - 1) // 3 == (days[0].month - 1) // 3
            for relation in relations
        )
    )
    letters = [letter(event) for event in finals]
    assert set(letters) <= {"A", "B"}
    assert letters.count("A") == min(limit // hours, len(finals))
