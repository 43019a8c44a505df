"""Clients Q17 to Q32, for the body on the queue."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from tests.channels import send_in_binary_mode
from tests.foreign.events import INTERMEDIATE, PROBLEM, REPLY
from tests.prove.world import FLEXI, OTHER, STUDENT, World, cancel, change, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


@pytest.mark.parametrize("form", ["10 digits", "9 digits", "employerId", "both"])
async def test_an_employer_is_accepted_by_each_of_its_numbers(
    world: World, data: DemoData, form: str
) -> None:
    """The enterprise number as text, also with 9 digits; the NSSO number as an integer (clients Q17, Q18)."""
    bakery = data.organizations["bakery"]
    assert bakery.employer is not None
    document, client = world.engage(world.relation("bakery")), world["bakery"]
    forms: dict[str, dict[str, Any]] = {
        "10 digits": {"enterpriseNumber": bakery.enterprise_number},
        "9 digits": {"enterpriseNumber": bakery.enterprise_number[1:]},
        "employerId": {"employerId": bakery.employer.employer_id},
        "both": {"employerId": bakery.employer.employer_id, "enterpriseNumber": bakery.enterprise_number},
    }
    document["employer"] = forms[form]
    id_ = await client.declare(document)
    final = await client.answer(id_, REPLY)
    assert outcome([final]) == "A"
    assert final.data["employer"] == {
        "employerId": bakery.employer.employer_id,
        "enterpriseNumber": bakery.enterprise_number[1:],
    }


async def test_each_message_of_real_clients_is_accepted(world: World, data: DemoData) -> None:
    """Five INs in the forms in which clients send them, then changes of their periods."""
    day = world.day(world.days_in_one_quarter(1))
    bakery = data.organizations["bakery"]
    assert bakery.employer is not None
    by_number = {"employer": {"employerId": bakery.employer.employer_id}}
    place = {
        "name": "Test",
        "address": {
            "street": "Wetstraat", "houseNumber": "1", "boxNumber": None, "postCode": "1000",
            "municipality": {"code": 21004, "name": "Brussel"}, "country": 150,
        },
    }  # fmt: skip
    evening: dict[str, Any] = {"startDate": day, "startHour": "1700", "endDate": day, "endHour": "2130"}
    student: dict[str, Any] = {"startDate": day, "endDate": day, "plannedHoursNumber": 8}
    one_day: dict[str, Any] = {"startDate": day, "endDate": day}
    builder = {"jointCommissionNumber": 124, "workerType": "OTH"}
    client = world["bakery"]
    ids = [
        await client.declare(each)
        for each in (
            world.engage(world.relation("bakery"), features=FLEXI, **evening),
            world.engage(world.relation("bakery"), features=STUDENT, **student, studentPlaceOfWork=place),
            {**world.engage(world.relation("bakery")), **by_number},
            world.engage(world.relation("bakery"), features=builder, **one_day),
            {**world.engage(world.relation("bakery")), **by_number, "worker": data.people[-103].identity()},
        )
    ]
    await client.finals(ids)
    assert [outcome(client.answered(id_)) for id_ in ids] == ["A"] * 5
    flexi, student_, open_, _, described = [await client.number(id_) for id_ in ids]
    assert (
        await world.ends(
            "bakery",
            world.leave(open_, 30),
            change(flexi, **{**evening, "endHour": "2230"}),
            change(student_, **{**student, "plannedHoursNumber": 9}),
            cancel(described),
        )
        == ["A"] * 4
    )


async def test_a_9_digit_number_names_the_employer_of_the_10_digit_one(world: World) -> None:
    """So the second IN is a duplicate (clients Q18, Q28)."""
    document = world.engage(world.relation("bakery"))
    short = {"enterpriseNumber": document["employer"]["enterpriseNumber"][1:]}
    assert await world.ends("bakery", document, {**document, "employer": short}) == ["A", "B 90373-333"]


async def test_a_joint_commission_may_be_an_integer(world: World) -> None:
    """302 is read like "302" (client Q19)."""
    relation = world.relation("bakery")
    number, text = (
        world.engage(relation, 1, 1, {"workerType": "EXT", "jointCommissionNumber": given},
                     startHour="1000", endHour="1800")
        for given in (302, "302")
    )  # fmt: skip
    assert await world.ends("bakery", number, text) == ["A", "B 90373-333"]


async def test_8_and_8_0_planned_hours_are_equal(world: World) -> None:
    """8.5 is a problem, see test_problems (client Q20)."""
    relation = world.relation("bakery")
    whole, decimal = (world.engage(relation, 1, 1, STUDENT, plannedHoursNumber=hours) for hours in (8, 8.0))
    assert await world.ends("bakery", whole, decimal) == ["A", "B 90373-333"]
    relation = world.relation("bakery")
    period = await world.begun(relation, 1, 1, STUDENT, plannedHoursNumber=8)
    assert await world.ends("bakery", change(period, plannedHoursNumber=8.0)) == ["B 90378-444"]


async def test_null_and_an_unknown_municipality_are_accepted(world: World) -> None:
    """The boxNumber is null and the municipality 99999 (clients Q21, Q22)."""
    place = {
        "name": "Test",
        "address": {
            "street": "Wetstraat", "houseNumber": "1", "boxNumber": None, "postCode": "1000",
            "municipality": {"code": 99999, "name": "BRUSSEL"}, "country": 150,
        },
    }  # fmt: skip
    document = world.engage(
        world.relation("bakery"), 1, 1, STUDENT, plannedHoursNumber=8, studentPlaceOfWork=place
    )
    assert await world.ends("bakery", document) == ["A"]


async def test_both_pairs_of_names_and_gender_0_are_accepted(world: World, data: DemoData) -> None:
    """Gender 0 is stored; lastName/firstName, and familyName/givenName (clients Q23, Q24)."""
    client = world["bakery"]
    for person, older in ((data.people[-101], False), (data.people[-102], True)):
        worker: dict[str, Any] = {**person.identity(), "gender": 0}
        if older:
            worker |= {"lastName": worker.pop("familyName"), "firstName": worker.pop("givenName")}
        id_ = await client.declare({**world.engage(world.relation("bakery")), "worker": worker})
        final = await client.answer(id_, REPLY)
        assert client.answered(id_, INTERMEDIATE) == []
        assert outcome([final]) == "A"
        assert final.data["worker"]["familyName"] == person.family_name
        kept = await world.database.value(
            "SELECT declared::jsonb #>> '{worker,gender}' FROM intake.declarations WHERE message_id = $1",
            id_,
        )
        assert kept == "0"


async def test_a_stray_features_object_is_ignored(world: World) -> None:
    """Client Q26."""
    document = {**world.engage(world.relation("bakery")), "features": {"anything": ["at", "all"]}}
    assert await world.ends("bakery", document) == ["A"]


async def test_a_change_is_judged_by_the_rights_on_its_period(world: World) -> None:
    """An employer or worker that is given all the same has to match (client Q25, rule R31)."""
    relation, other = world.relation("bakery"), world.relation("bakery")
    period = await world.begun(relation)
    wrong = {"employer": {"enterpriseNumber": "0477472701"}, **cancel(period)}
    assert await world.ends(
        "bakery",
        {"worker": {"ssin": other.worker}, **cancel(period)},
        wrong,
        {
            "employer": {"enterpriseNumber": relation.employer},
            "worker": {"ssin": relation.worker},
            **cancel(period),
        },
    ) == ["B 00024-347", "B 00014-235 00014-347", "A"]


async def test_periods_with_other_features_may_overlap(world: World) -> None:
    """Rule R34; with equal features they may not (rule R33)."""
    relation = world.relation("bakery")
    assert await world.ends(
        "bakery",
        world.engage(relation, 1, 30),
        world.engage(relation, 5, 5, FLEXI, startHour="1700", endHour="2100"),
        world.engage(relation, 30, 40),
        world.engage(relation, 31, 40),
    ) == ["A", "A", "B 90373-334", "A"]


async def test_an_update_may_repeat_unchanged_values(world: World) -> None:
    """Beside a change; an UPDATE without any change is 90378-444 (client Q32)."""
    hours = {"startHour": "1700", "endHour": "2130"}
    period = await world.begun(world.relation("bakery"), 3, 3, FLEXI, **hours)
    same = {"startDate": world.day(3), "endDate": world.day(3), **hours}
    assert await world.ends(
        "bakery", change(period, **same), change(period, **{**same, "endHour": "2230"})
    ) == ["B 90378-444", "A"]


async def test_a_late_period_is_canceled_and_declared_again(world: World) -> None:
    """After a W a client cancels and declares anew, back to back; the late period makes room (client Q42)."""
    client, relation = world["bakery"], world.relation("bakery")
    document = world.engage(relation, -1, features=OTHER)
    first = await client.declare(document)
    await client.finals([first])
    assert outcome(client.answered(first)) == "W 90373-460"
    number = await client.number(first)
    assert await world.ends("bakery", cancel(number), document) == ["A", "W 90373-460"]


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_"])
async def test_attributes_in_headers(world: World, prefix: str) -> None:
    """ADR 22: an event in binary mode is received, and its problem names the places of the whole event."""
    client, relation = world["bakery"], world.relation("bakery")
    id_ = await send_in_binary_mode(client, world.engage(relation), prefix)
    period = await client.number(id_)
    assert outcome([await client.answer(id_, REPLY)]) == "A"
    broken = await send_in_binary_mode(client, {"dimonaUpdate": {"periodId": "x"}}, prefix)
    (issue,) = (await client.answer(broken, PROBLEM)).data["issues"]
    assert issue["name"] == "data.dimonaUpdate.periodId"
    assert await world.ends("bakery", {"dimonaCancel": {"periodId": str(period)}}) == ["A"]


async def test_the_number_of_a_period_beside_its_update(world: World) -> None:
    """ADR 22: one client puts it there."""
    period = await world.begun(world.relation("bakery"), 3, 5)
    update = {"dimonaUpdate": {"endDate": world.day(9)}, "periodId": period}
    assert await world.ends("bakery", update) == ["A"]
