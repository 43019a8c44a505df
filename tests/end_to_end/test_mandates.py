"""Who may declare for whom, and who is notified."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from tests.foreign.events import REPLY, until
from tests.prove.world import Relation, World, cancel, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


#: Of those at the end of the register, whom no other test declares by number.
_WORKERS = count(10)


def engage(world: World, data: DemoData, role: str, **more: Any) -> dict[str, Any]:
    """An IN for the organization in this role, of a worker whom nobody employs."""
    employer, worker = data.organizations[role].enterprise_number, data.people[-next(_WORKERS)].ssin
    return world.engage(Relation("", employer, worker), **more)


async def notified(world: World, number: int) -> tuple[str, bool]:
    """The addressee of the final notification, and whether it lies in his e-Box."""
    issued = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1 AND NOT provisional"
    await world.database.until(issued, number)
    (row,) = await world.database.fetch(
        """SELECT n.addressee, m.message_id IS NOT NULL AS in_ebox FROM notifier.notifications n
        LEFT JOIN notifier.messages m
            ON m.message_id = n.notification_id AND m.enterprise_number = n.addressee
        WHERE n.declaration_id = $1 AND NOT n.provisional""",
        number,
    )
    return row["addressee"], row["in_ebox"]


async def test_a_mandatary_declares_for_its_mandator(world: World, data: DemoData) -> None:
    """Rule R41: the secretariat for an affiliated employer, the provider for one that gave it a mandate."""
    assert await world.ends("secretariat", engage(world, data, "brewery")) == ["A"]
    assert await world.ends("provider", engage(world, data, "orchard")) == ["A"]


@pytest.mark.parametrize(
    ("sender", "employer"),
    [
        ("provider", "studio"),  # no mandate at all
        ("secretariat", "printer"),  # one that has run out
        ("secretariat", "nursery"),  # one for another group of applications
        ("bakery", "hotel"),  # somebody else's
    ],
)
async def test_without_a_mandate_an_in_is_refused(
    world: World, data: DemoData, sender: str, employer: str
) -> None:
    """Rule R41, decision D4: 90256-155, told to the sender only, with nothing that he did not say himself."""
    client, document = world[sender], engage(world, data, employer)
    id_ = await client.declare(document)
    final = await client.answer(id_, REPLY)
    assert outcome([final]) == "B 90256-155"
    assert final.data["employer"] == document["employer"]
    addressee, _ = await notified(world, await client.number(id_))
    assert addressee == data.organizations[sender].enterprise_number


async def test_a_pending_mandate_is_none(world: World, data: DemoData) -> None:
    """A mandate that waits for a signature lets nobody act."""
    document = engage(world, data, "municipality", features={"workerType": "OTH"})
    (ended,) = await world.ends("provider", document)
    assert ended.startswith("B")
    assert "90256-155" in ended


async def test_somebody_elses_period_is_as_unknown_as_one_that_is_not_there(world: World) -> None:
    """Decision D4: 00913-354 both times, and nothing in the answers tells the two apart."""
    period, client = await world.begun(world.relation("bakery")), world["provider"]
    answers = []
    for number in (period, 600027876089):
        id_ = await client.declare(cancel(number))
        final = await client.answer(id_, REPLY)
        assert outcome([final]) == "B 00913-354"
        text = str(final.data)
        for given in (number, await client.number(id_), final.data["declarationStatus"]["notificationId"]):
            text = text.replace(str(given), "…")
        answers.append(text)
    assert answers[0] == answers[1]
    assert await world.ends("bakery", cancel(period)) == ["A"]


async def test_the_secretariat_is_notified_of_what_an_affiliated_employer_declares_itself(
    world: World, data: DemoData
) -> None:
    """Decision D3: the employer gets his reply, and the secretariat's queue the notification."""
    client, secretariat = world["nursery"], world["secretariat"]
    id_ = await client.declare(world.engage(world.relation("nursery")))
    final = await client.answer(id_, REPLY)
    wanted = final.data["declarationStatus"]["notificationId"]

    def told() -> list[Any]:
        return [e for e in secretariat.notifications.values() if e.data["notificationId"] == wanted]

    await until(lambda: bool(told()), 30, "the notification")
    (event,) = told()
    assert event.data["kind"] == "positive"
    assert event.data["declaration"] == final.data
    office = data.organizations["secretariat"]
    number = office.enterprise_number
    assert event.data["addressee"] == {"enterpriseNumber": number, "name": office.name}
    assert event.data["language"] == office.language
    (impact,) = event.data["impact"]
    assert impact["after"]["status"] == "OPEN"
    assert impact["after"]["startDate"] == final.data["dimonaIn"]["startDate"]
    assert event.data["contestation"]["deadline"] == final.data["declarationStatus"]["contestationDeadline"]
    assert await notified(world, await client.number(id_)) == (number, True)
    assert not any(e.data["notificationId"] == wanted for e in client.notifications.values())


async def test_where_addressee_and_sender_are_one_the_reply_is_the_delivery(
    world: World, data: DemoData
) -> None:
    """Decision D3: no second message on the queue; the e-Box holds it all the same (decision D30)."""
    client = world["secretariat"]
    id_ = await client.declare(engage(world, data, "garage"))
    final = await client.answer(id_, REPLY)
    number = data.organizations["secretariat"].enterprise_number
    assert await notified(world, await client.number(id_)) == (number, True)
    wanted = final.data["declarationStatus"]["notificationId"]
    assert not any(e.data["notificationId"] == wanted for e in client.notifications.values())


async def test_an_addressee_without_a_queue_finds_it_in_his_e_box(world: World, data: DemoData) -> None:
    """Decision D34: a service provider is not a secretariat: its employer is notified, in the e-Box."""
    client = world["provider"]
    id_ = await client.declare(engage(world, data, "hotel"))
    await client.finals([id_])
    assert await notified(world, await client.number(id_)) == (
        data.organizations["hotel"].enterprise_number,
        True,
    )


async def test_an_employer_that_is_no_longer_active(world: World, data: DemoData) -> None:
    """Rule R39: 90373-343."""
    assert await world.ends("secretariat", engage(world, data, "mill")) == ["B 90373-343"]
