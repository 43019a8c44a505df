"""Daily registrations through the whole pipeline (rule R36): changed, canceled, refused, in order."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from shared.messages import CaseResolved
from tests.foreign.events import INTERMEDIATE, PROBLEM, RECEIVED, REPLY, until
from tests.prove.spy import spying
from tests.prove.world import (
    FLEXI,
    World,
    cancel,
    cancel_day,
    change,
    change_day,
    outcome,
    register_day,
)

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

LENGTH = 9  #: days between the first and the last of the period


async def flexi(world: World, role: str = "bakery") -> tuple[int, int]:
    """Declare a flexi-job by period; return it, and its first day, counted from today."""
    first = world.days_in_one_quarter(LENGTH)
    return await world.begun(world.relation(role), first, first + LENGTH, FLEXI), first


async def registered(world: World, declaration: dict[str, Any], role: str = "bakery") -> int:
    """Register a day that is accepted; return its number."""
    id_ = await world[role].declare(declaration)
    await world[role].finals([id_])
    assert outcome(world[role].answered(id_)) == "A"
    return await world[role].number(id_)


async def stored_registration(world: World, registration: int) -> tuple[Any, ...]:
    """Return a registration as stored in the personnel file."""
    (row,) = await world.database.fetch(
        """SELECT start_date::text, to_char(start_hour, 'HH24MI'),
            end_date::text, to_char(end_hour, 'HH24MI'), canceled
        FROM personnel_file.daily_registrations WHERE registration_id = $1""",
        registration,
    )
    return tuple(row)


async def test_a_day_is_registered_changed_and_canceled(world: World) -> None:
    """Status 0, 1, 3: the registration keeps the number of its first declaration."""
    period, first = await flexi(world)
    day, client = world.day(first), world["bakery"]
    id_ = await client.declare(register_day(period, day))
    final = await client.answer(id_, REPLY)
    assert [event.type for event in client.answered(id_)] == [RECEIVED, REPLY]
    number = await client.number(id_)
    status = final.data["declarationStatus"]
    assert (status["result"], status["period"], status["dailyRegistration"]) == (
        "A",
        {"id": period},
        {"id": number},
    )
    assert final.data["dimonaDailyRegistration"]["periodId"] == period
    assert final.data["employer"].keys() == {"employerId", "enterpriseNumber"}
    assert final.data["worker"].keys() >= {"ssin", "familyName"}
    assert await stored_registration(world, number) == (day, "0900", day, "1700", False)
    changed = await client.declare(change_day(number, endHour="1800"))
    status = (await client.answer(changed, REPLY)).data["declarationStatus"]
    assert status["dailyRegistration"] == {"id": number} != {"id": status["declarationId"]}
    assert status["period"] == {"id": period}
    assert await stored_registration(world, number) == (day, "0900", day, "1800", False)
    assert await world.ends("bakery", cancel_day(number)) == ["A"]
    assert await stored_registration(world, number) == (day, "0900", day, "1800", True)


async def test_each_change_of_a_day_is_a_version_of_its_relation(world: World) -> None:
    """History and feed have all of it; a reader without the right to days sees none (decisions D12, D32)."""
    period, first = await flexi(world)
    number = await registered(world, register_day(period, world.day(first)))
    assert await world.ends("bakery", change_day(number, startHour="0800"), cancel_day(number)) == ["A", "A"]
    onem, onva = world.institutions["onem"], world.institutions["onva"]

    def of_period() -> list[Any]:
        return [event for event in onem.events.values() if event.data["periodId"] == period]

    await until(lambda: len(of_period()) == 4, 30, "what an institution is told")
    told = sorted(of_period(), key=lambda event: int(event.data["version"]))
    assert [(e.type.removeprefix("be.nsso.dimona.v1."), e.data["version"]) for e in told] == [
        ("periods.notify.opened", 1),
        ("dailyRegistrations.notify.created", 2),
        ("dailyRegistrations.notify.updated", 3),
        ("dailyRegistrations.notify.canceled", 4),
    ]
    day = {"id": number, "startDate": world.day(first), "endDate": world.day(first), "endHour": "1700"}
    assert [event.data.get("dailyRegistration") for event in told] == [
        None,
        {**day, "startHour": "0900", "isCancelled": False},
        {**day, "startHour": "0800", "isCancelled": False},
        {**day, "startHour": "0800", "isCancelled": True},
    ]
    assert told[3].data["startDate"] == world.day(first)
    assert told[3].data["status"] == "CLOSED"
    later, _ = await flexi(world)
    await until(
        lambda: {period, later} <= {event.data["periodId"] for event in onva.events.values()},
        30,
        "what a reader without days is told",
    )
    versions = [event.data["version"] for event in onva.events.values() if event.data["periodId"] == period]
    assert versions == [1]
    events = await world.database.fetch(
        "SELECT event::jsonb ->> 'type' AS type FROM personnel_file.history WHERE declaration_id = $1", number
    )
    assert [row["type"] for row in events] == ["dayRegistered"]


async def test_an_impossible_day_ends_with_b(world: World) -> None:
    """90480-*, 00910-462, 00911-462; the last day of the period is accepted (rule R36)."""
    period, first = await flexi(world)
    day, last = world.day(first + 1), world.day(first + LENGTH)
    number = await registered(world, register_day(period, day))
    assert await world.ends(
        "bakery",
        register_day(period, day, "1630", "2000"),
        register_day(period, day, "1700", "2000"),
        change_day(number, endHour="1700"),
        change_day(number, endHour="1701"),
        change_day(number, startDate=world.day(first), startHour="0900", endHour="0901"),
        change_day(number, endHour="0800"),
        change_day(number, endDate=world.day(first)),
        register_day(period, world.day(first - 1)),
        register_day(period, world.day(first + LENGTH + 1)),
        register_day(period, last),
    ) == [
        "B 90480-334",
        "A",
        "B 90480-444",
        "B 90480-334",
        "B 90480-260",
        "B 00778-345",
        "B 00911-014",
        "B 00910-462 00911-462",
        "B 00910-462 00911-462",
        "A",
    ]


async def test_only_a_flexi_job_by_period_has_days(world: World) -> None:
    """00913-462."""
    other = await world.begun(world.relation("bakery"))
    evening = {"startHour": "1700", "endHour": "2230"}
    by_day = await world.begun(world.relation("bakery"), 1, 1, FLEXI, **evening)
    assert await world.ends(
        "bakery", register_day(other, world.day(1)), register_day(by_day, world.day(1))
    ) == ["B 00913-462", "B 00913-462"]


async def test_only_an_employer_that_chose_dimona_registers_days(world: World) -> None:
    """00913-461."""
    period, first = await flexi(world, "nursery")
    assert await world.ends("nursery", register_day(period, world.day(first))) == ["B 00913-461"]


async def test_a_canceled_period_or_registration_is_refused(world: World) -> None:
    """01085-355, 01085-354; 00913-355.

    A change of a registration is no registration; 00913-357 for a refused IN.
    """
    period, first = await flexi(world)
    day = world.day(first)
    number = await registered(world, register_day(period, day))
    client = world["bakery"]
    changed = await client.declare(change_day(number, endHour="1200"))
    refused = await client.declare(register_day(period, day, "1100", "1300"))
    await client.finals([changed, refused])
    assert await world.ends(
        "bakery",
        cancel_day(await client.number(changed)),
        cancel_day(await client.number(refused)),
        cancel_day(period),
        cancel_day(number),
        cancel_day(number),
        change_day(number, endHour="1300"),
    ) == ["B 01085-354"] * 3 + ["A", "B 01085-355", "B 01085-355"]
    other = await registered(world, register_day(period, day))
    assert await world.ends(
        "bakery", cancel(period), register_day(period, day), change_day(other, endHour="1200")
    ) == ["A", "B 00913-355", "B 01085-181"]
    backwards = await client.declare(world.engage(world.relation("bakery"), 5, 1))
    await client.finals([backwards])
    assert await world.ends("bakery", register_day(await client.number(backwards), day)) == ["B 00913-357"]


async def test_a_foreign_and_an_unknown_registration_are_refused_alike(world: World) -> None:
    """With 00913-354 and 01085-354; no other part of the answers differs (decision D4)."""
    period, first = await flexi(world)
    number = await registered(world, register_day(period, world.day(first)))
    client = world["provider"]
    for theirs, none, code in (
        (register_day(period, world.day(first)), register_day(600027876089, world.day(first)), "00913-354"),
        (cancel_day(number), cancel_day(600027876089), "01085-354"),
    ):
        answers = []
        for declaration in (theirs, none):
            id_ = await client.declare(declaration)
            final = await client.answer(id_, REPLY)
            assert outcome([final]) == f"B {code}"
            text = str(final.data)
            own = (await client.number(id_), final.data["declarationStatus"]["notificationId"])
            for given in (*own, period, number, 600027876089):
                text = text.replace(str(given), "…")
            answers.append(text)
        assert answers[0] == answers[1]
    assert not (await stored_registration(world, number))[-1]


async def test_a_day_sent_before_the_end_of_its_in_waits(world: World) -> None:
    """With a change of it: each gets its answer and one final (decision D1)."""
    first, client = world.days_in_one_quarter(LENGTH), world["bakery"]
    in_ = await client.declare(world.engage(world.relation("bakery"), first, first + LENGTH, FLEXI))
    day = await client.declare(register_day(await client.number(in_), world.day(first)))
    number = await client.number(day)
    changed = await client.declare(change_day(number, endHour="1200"))
    await client.finals([in_, day, changed])
    for each in (in_, day, changed):
        assert outcome(client.answered(each)) == "A"
        assert [event.type for event in client.answered(each)] == [RECEIVED, REPLY]
    assert (await stored_registration(world, number))[3] == "1200"


async def test_a_day_of_a_provisional_in_gets_no_s(world: World, data: DemoData) -> None:
    """A received reply, and one final when the IN has its own (decision D31)."""
    first, client = world.days_in_one_quarter(LENGTH), world["bakery"]
    document = world.engage(world.relation("bakery"), first, first + LENGTH, FLEXI)
    in_ = await client.declare({**document, "worker": data.strangers[-2].identity()})
    await client.answer(in_, INTERMEDIATE)
    period = await client.number(in_)
    day = await client.declare(register_day(period, world.day(first)))
    changed = await client.declare(change_day(await client.number(day), endHour="1200"))
    await client.number(changed)
    await world.database.until("SELECT count(*) = 2 FROM personnel_file.waiting")
    async with spying(world.document) as spy:
        await spy.tell(CaseResolved(number=period))
    await client.finals([in_, day, changed])
    found = [outcome(client.answered(each)) for each in (in_, day, changed)]
    assert found == ["B 90017-151", "B 00913-357", "B 01085-354"]
    for each in (day, changed):
        assert [event.type for event in client.answered(each)] == [RECEIVED, REPLY]


async def test_a_repeated_registration_has_no_effect(world: World) -> None:
    """Equal bytes get equal answers; under a new id it overlaps itself."""
    period, first = await flexi(world)
    client, document = world["bakery"], register_day(period, world.day(first))
    id_ = await client.declare(document)
    await client.finals([id_])
    before = client.copies.copy()
    await client.again(id_)
    replies = {event.id for event in client.answered(id_)}
    await until(lambda: all(client.copies[one] > before[one] for one in replies), 30, "the same answers")
    assert len(client.answered(id_)) == 2
    assert await world.ends("bakery", document) == ["B 90480-334"]
    rows = await world.database.value(
        "SELECT count(*) FROM personnel_file.daily_registrations WHERE period_id = $1", period
    )
    assert rows == 1


async def test_a_registration_with_an_employer_or_a_worker_cannot_be_read(
    world: World, data: DemoData
) -> None:
    """Its form has no such field: a problem, and no declaration."""
    client = world["bakery"]
    block = register_day(600027876089, world.day(1))
    for more in ({"employer": {"enterpriseNumber": "0206731645"}}, {"worker": {"ssin": data.workers[0]}}):
        id_ = await client.declare({**block, **more})
        problem = await client.answer(id_, PROBLEM)
        assert "daily registration" in problem.data["issues"][0]["detail"]


async def test_days_do_not_change_with_their_period(world: World) -> None:
    """An UPDATE of the period is judged without its days."""
    period, first = await flexi(world)
    number = await registered(world, register_day(period, world.day(first + 5)))
    assert await world.ends("bakery", change(period, endDate=world.day(first + 3))) == ["A"]
    assert (await stored_registration(world, number))[0] == world.day(first + 5)
    assert await world.ends(
        "bakery",
        change_day(number, endHour="1200"),
        change_day(number, endHour="1200", startDate=world.day(first), endDate=world.day(first)),
    ) == ["B 00910-462 00911-462", "A"]
