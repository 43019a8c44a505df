"""The law of today through the queue: for each correction a refused and an accepted declaration."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from deploy.local.demo.data import UNREGISTERED, DemoData
from deploy.local.demo.numbers import make_enterprise_number
from tests.prove.world import FLEXI, REOPENED, STUDENT, World, change, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
_EVENING = {"startHour": "1700", "endHour": "2130"}


async def test_the_end_of_a_flexi_job_never_moves_to_a_later_day(world: World) -> None:
    """With and without hours (rule R17)."""
    first = world.days_in_one_quarter(6)
    evening = await world.begun(world.relation("bakery"), 1, 1, FLEXI, **_EVENING)
    period = await world.begun(world.relation("bakery"), first, first + 3, FLEXI)
    assert await world.ends(
        "bakery",
        change(evening, endDate=REOPENED),
        change(evening, endDate=world.day(300)),
        change(period, endDate=REOPENED),
        change(period, endDate=world.day(first + 4)),
        change(evening, endHour="2330"),
        change(period, endDate=world.day(first + 2)),
    ) == ["B 00911-344", "B 00911-344 90378-341", "B 00911-344", "B 00911-344", "A", "A"]


async def test_french_and_new_names_of_towns_are_accepted(world: World) -> None:
    """A student's place of work: Liège, a merged town, a part of Leuven, and a wrong town."""
    first = world.days_in_one_quarter(1)

    def at(post_code: str, town: str) -> dict[str, Any]:
        address = {
            "street": "Dorp", "houseNumber": "1", "postCode": post_code, "municipality": {"name": town},
            "country": 150,
        }  # fmt: skip
        place = {"name": "The other shop", "address": address}
        relation = world.relation("bakery")
        return world.engage(relation, first, first, STUDENT, plannedHoursNumber=8, studentPlaceOfWork=place)

    assert await world.ends(
        "bakery", at("4000", "Liège"), at("9840", "Nazareth-De Pinte"), at("9840", "De Pinte"),
        at("3001", "Leuven"), at("4000", "Antwerpen"),
    ) == ["A", "A", "A", "A", "B 00522-003"]  # fmt: skip


async def test_consecutive_horeca_days_count_per_user_undertaking(world: World, data: DemoData) -> None:
    """A third day is accepted at another one, and refused at the first (rule R24)."""
    relation = world.relation("bakery")
    users = [data.organizations[name].enterprise_number for name in ("garage", "bakery")]

    def occasional(day: int, user: str) -> dict[str, Any]:
        using = {"enterpriseNumber": user, "jointCommissionNumber": "302"}
        features = {"jointCommissionNumber": "322", "workerType": "EXT", "usingEmployer": using}
        return world.engage(relation, day, day, features, **_EVENING)

    ends = [
        *await world.ends("bakery", occasional(1, users[0])),
        *await world.ends("bakery", occasional(2, users[0])),
        *await world.ends("bakery", occasional(3, users[1])),
        *await world.ends("bakery", occasional(3, users[0])),
    ]
    assert ends == ["A", "A", "A", "B 00910-459"]


async def test_a_user_undertaking_has_to_be_in_the_register_of_enterprises(world: World) -> None:
    """An enterprise without staff is accepted, an unknown number is not (rule R38)."""

    def agency(user: str) -> dict[str, Any]:
        using = {"enterpriseNumber": user, "jointCommissionNumber": "140"}
        features = {"jointCommissionNumber": "322", "workerType": "OTH", "usingEmployer": using}
        return world.engage(world.relation("bakery"), 1, 5, features)

    users = map(make_enterprise_number, (UNREGISTERED[0], 99_999))
    assert await world.ends("bakery", *map(agency, users)) == ["A", "B 00131-235"]


async def test_article_17_is_declared_from_fifteen_days_before_the_quarter(world: World) -> None:
    """In the current quarter at any time; the quarter after next is too early (rule R9)."""
    sport = {"jointCommissionNumber": "XXX", "workerType": "S17"}
    month = (world.today.month - 1) // 3 * 3 + 7
    early = str(date(world.today.year + (month > 12), (month - 1) % 12 + 1, 1))
    last = world.days_in_one_quarter(1)
    accepted = world.engage(world.relation("bakery"), last, last, sport, plannedHoursNumber=8)
    refused = world.engage(
        world.relation("bakery"), 1, None, sport, plannedHoursNumber=8, startDate=early, endDate=early
    )
    assert await world.ends("bakery", accepted, refused) == ["A", "B 00910-008"]


async def test_only_combinations_seen_refused_are_refused(world: World) -> None:
    """FLX with 140 was never seen refused; STU with 302 was (rule R52)."""
    flexi = {"jointCommissionNumber": "140", "workerType": "FLX"}
    student = {"jointCommissionNumber": "302", "workerType": "STU"}
    assert await world.ends(
        "bakery",
        world.engage(world.relation("bakery"), 1, 1, flexi, **_EVENING),
        world.engage(world.relation("bakery"), 1, 1, student, plannedHoursNumber=8),
    ) == ["A", "B 90374-349"]


async def test_students_until_2016_are_declared_in_days(world: World) -> None:
    """Planned days instead of planned hours, at most those of the period (rule R23)."""
    days = {"startDate": "2016-12-05", "endDate": "2016-12-09"}

    def student(**planned: int) -> dict[str, Any]:
        return world.engage(world.relation("bakery"), 1, None, STUDENT, **days, **planned)

    client = world["bakery"]
    id_ = await client.declare(student(plannedDaysNumber=5))
    await client.finals([id_])
    assert outcome(client.answered(id_)) == "W 90373-460"
    period = await client.number(id_)
    assert await world.ends(
        "bakery",
        student(plannedDaysNumber=6),
        student(plannedHoursNumber=8),
        change(period, plannedDaysNumber=6),
        change(period, plannedDaysNumber=4),
    ) == [
        "B 90373-420 90373-460", "B 01017-001 01135-005 90373-460", "B 90378-420", "A",
    ]  # fmt: skip
