"""Mandates through the queue: permitted declarations, and addressees of notifications."""

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


#: Indexes of workers at the end of the register, which no other test declares by number.
_WORKERS = count(10)


def engage(world: World, data: DemoData, role: str, **more: Any) -> dict[str, Any]:
    """Build an IN for the organization in this role, of a worker without relations."""
    employer, worker = data.organizations[role].enterprise_number, data.people[-next(_WORKERS)].ssin
    return world.engage(Relation("", employer, worker), **more)


async def notified(world: World, number: int) -> tuple[str, bool]:
    """Return the addressee of the final notification, and whether it is in the addressee's e-Box."""
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
    """The secretariat for an affiliated employer, the provider for its mandator (rule R41)."""
    assert await world.ends("secretariat", engage(world, data, "brewery")) == ["A"]
    assert await world.ends("provider", engage(world, data, "orchard")) == ["A"]


@pytest.mark.parametrize(
    ("sender", "employer"),
    [
        ("provider", "studio"),  # no mandate at all
        ("secretariat", "printer"),  # an expired one
        ("secretariat", "nursery"),  # one for another group of applications
        ("bakery", "hotel"),  # that of another employer
    ],
)
async def test_without_a_mandate_an_in_is_refused(
    world: World, data: DemoData, sender: str, employer: str
) -> None:
    """90256-155, to the sender only, with the sender's own data only (rule R41, decision D4)."""
    client, document = world[sender], engage(world, data, employer)
    id_ = await client.declare(document)
    final = await client.answer(id_, REPLY)
    assert outcome([final]) == "B 90256-155"
    assert final.data["employer"] == document["employer"]
    addressee, _ = await notified(world, await client.number(id_))
    assert addressee == data.organizations[sender].enterprise_number


async def test_a_pending_mandate_gives_no_right(world: World, data: DemoData) -> None:
    """A mandate that waits for a signature."""
    document = engage(world, data, "municipality", features={"workerType": "OTH"})
    (ended,) = await world.ends("provider", document)
    assert ended.startswith("B")
    assert "90256-155" in ended


async def test_a_foreign_and_an_unknown_period_are_refused_alike(world: World) -> None:
    """With 00913-354; no other part of the answers differs (decision D4)."""
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


async def test_the_secretariat_is_notified_of_declarations_by_its_affiliate(
    world: World, data: DemoData
) -> None:
    """The employer gets the reply, and the secretariat's queue the notification (decision D3)."""
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


async def test_an_addressee_that_sent_the_declaration_gets_the_reply_only(
    world: World, data: DemoData
) -> None:
    """No second message by queue (decision D3); it is also in the e-Box (decision D30)."""
    client = world["secretariat"]
    id_ = await client.declare(engage(world, data, "garage"))
    final = await client.answer(id_, REPLY)
    number = data.organizations["secretariat"].enterprise_number
    assert await notified(world, await client.number(id_)) == (number, True)
    wanted = final.data["declarationStatus"]["notificationId"]
    assert not any(e.data["notificationId"] == wanted for e in client.notifications.values())


async def test_an_addressee_without_queue_is_notified_by_e_box(world: World, data: DemoData) -> None:
    """A service provider is no secretariat: its employer is the addressee (decision D34)."""
    client = world["provider"]
    id_ = await client.declare(engage(world, data, "hotel"))
    await client.finals([id_])
    assert await notified(world, await client.number(id_)) == (
        data.organizations["hotel"].enterprise_number,
        True,
    )


async def test_an_inactive_employer_is_refused(world: World, data: DemoData) -> None:
    """90373-343 (rule R39)."""
    assert await world.ends("secretariat", engage(world, data, "mill")) == ["B 90373-343"]
