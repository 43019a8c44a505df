"""Every kind of declaration and every result letter, as a client of the queue sees them."""

from __future__ import annotations

import pytest

from tests.foreign.events import PROBLEM, RECEIVED, REPLY
from tests.prove.world import FLEXI, REOPENED, STUDENT, World, cancel, change, letter

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_an_in_ends_with_a_and_is_answered_in_full(world: World) -> None:
    """Result A; a 12-digit number with its check digits, and the enriched answer (clients Q16, Q17)."""
    relation, client = world.relation("bakery"), world["bakery"]
    id_ = await client.declare(world.engage(relation))
    final = await client.answer(id_, REPLY)
    assert [event.type for event in client.answered(id_)] == [RECEIVED, REPLY]
    number = await client.number(id_)
    assert 10**11 <= number < 10**12
    assert number % 100 == (number // 100 % 97 or 97)
    status = final.data["declarationStatus"]
    assert (status["declarationId"], status["result"], status["period"]["id"]) == (number, "A", number)
    assert "contestationDeadline" in status
    assert "anomalies" not in status
    assert final.data["worker"]["ssin"] == relation.worker
    assert {"familyName", "givenName", "gender"} <= final.data["worker"].keys()
    assert final.data["employer"].keys() == {"employerId", "enterpriseNumber"}
    assert final.document["relatedto"] == id_
    assert final.document["relatedtosource"] == client.source


async def test_each_kind_acts_on_the_period(world: World) -> None:
    """IN, OUT, UPDATE, re-open, CANCEL, by the number of the IN alone (clients Q25, Q31)."""
    period = await world.begun(world.relation("bakery"))
    assert (
        await world.ends(
            "bakery",
            world.leave(period, 20),
            change(period, endDate=world.day(25)),
            change(period, endDate=REOPENED),
            cancel(period),
        )
        == ["A"] * 4
    )
    (row,) = await world.database.fetch(
        "SELECT canceled, end_date FROM personnel_file.periods WHERE period_id = $1", period
    )
    assert (row["canceled"], row["end_date"]) == (True, None)
    versions = await world.database.value(
        "SELECT count(*) FROM personnel_file.history WHERE event::jsonb ->> 'period_id' = $1", str(period)
    )
    assert versions == 5


async def test_hours_and_planned_hours_can_be_updated(world: World) -> None:
    """Of a flexi-job day and of a student."""
    evening = {"startHour": "1700", "endHour": "2230"}
    flexi = await world.begun(world.relation("bakery"), 1, 1, FLEXI, **evening)
    student = await world.begun(world.relation("bakery"), 1, 1, STUDENT, plannedHoursNumber=8)
    assert await world.ends(
        "bakery", change(flexi, endHour="2330"), change(student, plannedHoursNumber=10)
    ) == ["A", "A"]


async def test_a_late_in_ends_with_w(world: World) -> None:
    """90373-460; the period exists, and is marked late (rule R1)."""
    client = world["bakery"]
    id_ = await client.declare(world.engage(world.relation("bakery"), -1))
    final = await client.answer(id_, REPLY)
    assert letter(final) == "W"
    (anomaly,) = final.data["declarationStatus"]["anomalies"]
    assert anomaly["errorId"] == "90373-460"
    assert anomaly["label"].keys() == {"fr", "nl", "de", "en"}
    number = await client.number(id_)
    assert await world.database.value("SELECT late FROM personnel_file.periods WHERE period_id = $1", number)


@pytest.mark.parametrize(
    ("first", "then", "error"),
    [
        ("cancel", "cancel", "00913-355"),
        ("cancel", "leave", "00913-355"),
        ("leave", "leave", "00913-356"),
        ("leave", "same end", "90378-444"),
        ("leave", "early end", "00911-014"),
        ("nothing", "end", "00913-359"),
    ],
)
async def test_an_impossible_change_ends_with_b(world: World, first: str, then: str, error: str) -> None:
    """By the personnel file: rules R13, R26, R27."""
    period = await world.begun(world.relation("bakery"), 5)
    changes = {
        "cancel": cancel(period),
        "leave": world.leave(period, 20),
        "same end": change(period, endDate=world.day(20)),
        "early end": change(period, endDate=world.day(4)),
        "end": change(period, endDate=world.day(20)),
    }
    sent = [changes[name] for name in (first, then) if name in changes]
    assert (await world.ends("bakery", *sent))[-1] == f"B {error}"


async def test_a_malformed_in_ends_with_b_and_all_its_anomalies(world: World) -> None:
    """By intake, with all anomalies at once (rules R14, R23, check digits)."""
    declaration = world.engage(world.relation("bakery"), 1, None, STUDENT, plannedHoursNumber=8)
    declaration["worker"]["ssin"] = "93051800000"
    assert await world.ends("bakery", declaration) == ["B 00024-003 00911-001"]


async def test_a_change_of_a_refused_in_ends_with_b(world: World) -> None:
    """00913-357: the number exists, but there never was a period."""
    client, refused = world["bakery"], world.engage(world.relation("bakery"), 5, 1)
    id_ = await client.declare(refused)
    await client.finals([id_])
    assert await world.ends("bakery", cancel(await client.number(id_))) == ["B 00913-357"]


async def test_a_change_of_an_unknown_period_ends_with_b(world: World) -> None:
    """00913-354 for an unknown id, 00913-003 for wrong check digits (rule R30)."""
    assert await world.ends("bakery", cancel(600027876089), cancel(600027876088)) == [
        "B 00913-354",
        "B 00913-003",
    ]


async def test_a_message_without_user_id_is_dropped(world: World) -> None:
    """Without a sender it gets no answer, and is not stored (decision D4)."""
    client = world["bakery"]
    before = await world.database.value("SELECT count(*) FROM intake.declarations")
    body = client.body(world.engage(world.relation("bakery")), "nobody")
    await client.send(body, None, user_id=None)
    await world.ends("bakery", world.engage(world.relation("bakery")))
    assert await world.database.value("SELECT count(*) FROM intake.declarations") == before + 1
    assert not client.answered("nobody", PROBLEM, REPLY)
