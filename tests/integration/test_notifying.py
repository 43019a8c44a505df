"""Notifications on the real database: the message in the e-Box, its deadline and its addressee."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.letter import Letter
from services.notifier.notification.handler import Notifications
from services.notifier.notification.rules.content import Notifiable
from shared.domain.calendar import SATURDAY_AND_SUNDAY, SUNDAY
from shared.domain.declared import Kind
from shared.messages import Channel, Delivery, Result, notification_id
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.topology import Deployment
from tests.prove.letters import sample
from tests.prove.notifications import Page
from tests.statements import statements

pytestmark = pytest.mark.stack

#: 10:00 in Brussels on the day before the first of May: the deadline counts from it (rule R6).
EVE = datetime(2026, 4, 30, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, without services."""
    return stack.provision(Deployment("letters"), "letters")


@pytest.fixture
async def pool(own: Endpoints) -> AsyncIterator[Pool]:
    async with await open_pool(own.dsns["notifier"], "notifier", size=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def data(stack: Stack) -> DemoData:
    return stack.endpoints.data


def ended(data: DemoData, number: int, result: Result, employer: str, sender: str) -> Notifiable:
    """Return the end of a declaration for the organization in one role, sent by the client of another."""
    codes = {Result.REFUSED: ["90373-333"], Result.WARNING: ["90017-369"]}.get(result, [])
    made = sample(number, "en", result, Kind.IN, codes).notice.message
    numbers = made.declaration.employer
    assert numbers is not None
    about = numbers.model_copy(update={"enterprise_number": data.organizations[employer].enterprise_number})
    client = data.client_of(sender)
    by = made.declaration.sender.model_copy(
        update={
            "client_id": client.client_id,
            "organization": client.organization,
            "channel": Channel.QUEUE,
        }
    )
    declaration = made.declaration.model_copy(update={"employer": about, "sender": by})
    return made.model_copy(update={"declaration": declaration})


async def notified(
    pool: Pool, message: Notifiable, now: datetime = EVE, weekend: frozenset[int] = SATURDAY_AND_SUNDAY
) -> tuple[dict[str, Any], list[Delivery]]:
    """Return the row of a notification with its e-Box message, and the events sent by queue."""
    async with transaction(pool) as tx:
        effects = await Notifications(weekend).notify_declarations(Transaction(tx.connection, now), [message])
    id_ = notification_id(message.declaration.number, final=message.outcome.result is not Result.PROVISIONAL)
    (row,) = await pool.fetch(
        """SELECT * FROM notifications n JOIN messages m ON m.message_id = n.notification_id
        WHERE n.notification_id = $1""",
        id_,
    )
    return dict(row), [effect for effect in effects if isinstance(effect, Delivery)]


@pytest.mark.parametrize(
    ("weekend", "deadline", "said"),
    [(SATURDAY_AND_SUNDAY, date(2026, 5, 8), "8 mei 2026"), (SUNDAY, date(2026, 5, 7), "7 mei 2026")],
    ids=["Mon-Fri", "Mon-Sat"],
)
async def test_the_stored_and_the_printed_deadline_are_equal(
    pool: Pool, data: DemoData, weekend: frozenset[int], deadline: date, said: str
) -> None:
    """It is counted from the deposit, and is equal in the row, the event and the letter."""
    number = 5000 + len(weekend)
    row, _ = await notified(
        pool, ended(data, number, Result.ACCEPTED, "brewery", "secretariat"), weekend=weekend
    )
    assert (row["available_at"], row["deposited_at"], row["deadline"]) == (EVE, EVE, deadline)
    event = json.loads(row["data"])["data"]
    assert event["contestation"]["deadline"] == str(deadline)
    assert event["declaration"]["declarationStatus"]["contestationDeadline"] == str(deadline)
    page = Page(document(Letter.from_json(row["letter"])))
    assert any(f"tot en met {said}" in text for text in page.texts)


async def test_the_window_for_contesting_opens_at_the_deposit(pool: Pool, data: DemoData) -> None:
    """Also when an outage delays the deposit after the decision."""
    late = EVE + timedelta(days=5)
    row, _ = await notified(pool, ended(data, 5010, Result.REFUSED, "brewery", "secretariat"), now=late)
    assert row["deadline"] == date(2026, 5, 12)


async def test_a_provisional_notification_opens_no_window(pool: Pool, data: DemoData) -> None:
    row, _ = await notified(pool, ended(data, 5020, Result.PROVISIONAL, "brewery", "secretariat"))
    assert row["deadline"] is None
    assert row["message_type"] == "dimonaProvisional"


@pytest.mark.parametrize("result", [Result.ACCEPTED, Result.WARNING, Result.REFUSED, Result.PROVISIONAL])
@pytest.mark.parametrize(
    ("employer", "sender", "addressee", "queues"),
    [
        ("brewery", "secretariat", "secretariat", []),  # the reply is the delivery, the e-Box has it too
        ("nursery", "nursery", "secretariat", ["secretariat"]),
        ("hotel", "provider", "hotel", []),  # no queue
    ],
)
async def test_every_notification_is_in_the_e_box_of_its_addressee(
    pool: Pool, data: DemoData, result: Result, employer: str, sender: str, addressee: str, queues: list[str]
) -> None:
    """It is also sent by queue if the sender is another client (decisions D3, D30)."""
    number = 5100 + 10 * list(Result).index(result) + len(sender)
    row, deliveries = await notified(pool, ended(data, number, result, employer, sender))
    office = data.organizations[addressee]
    assert row["enterprise_number"] == row["addressee"] == office.enterprise_number
    assert row["language"] == office.language
    letter = Letter.from_json(row["letter"])
    assert letter.language == office.language
    assert letter.addressee[0] == office.name
    wanted = [f"reply.{data.client_of(role).client_id}" for role in queues]
    assert [one.recipient for one in deliveries] == wanted
    assert all(one.body == row["data"] for one in deliveries)


async def test_a_declaration_by_rest_is_notified_by_queue_too(pool: Pool, data: DemoData) -> None:
    """It has no reply that could be the delivery."""
    message = ended(data, 5190, Result.ACCEPTED, "brewery", "secretariat")
    sender = message.declaration.sender.model_copy(update={"channel": Channel.REST})
    declaration = message.declaration.model_copy(update={"sender": sender})
    row, deliveries = await notified(pool, message.model_copy(update={"declaration": declaration}))
    assert row["enterprise_number"] == data.organizations["secretariat"].enterprise_number
    assert [one.recipient for one in deliveries] == [f"reply.{data.client_of('secretariat').client_id}"]


async def test_a_repeated_event_deposits_and_sends_nothing(pool: Pool, data: DemoData) -> None:
    message = ended(data, 5200, Result.ACCEPTED, "nursery", "nursery")
    first, deliveries = await notified(pool, message)
    assert len(deliveries) == 1
    again, nothing = await notified(pool, message, now=EVE + timedelta(days=3))
    assert again == first
    assert nothing == []


async def test_search_finds_a_notification_by_the_name_of_its_worker(pool: Pool, data: DemoData) -> None:
    message = ended(data, 5300, Result.ACCEPTED, "brewery", "secretariat")
    row, _ = await notified(pool, message)
    worker = sample(5300, "en", Result.ACCEPTED, Kind.IN, []).person
    for query, found in [
        (worker.family_name.rpartition("-")[2], True),
        (worker.ssin, False),
        ("nobody", False),
    ]:
        hit = await pool.fetchval(
            "SELECT words @@ websearch_to_tsquery('simple', $2) FROM messages WHERE message_id = $1",
            row["message_id"],
            query,
        )
        assert hit is found, query


async def test_a_step_loads_and_saves_with_one_statement_each(pool: Pool, data: DemoData) -> None:
    """For a batch of any size, with employers with a queue and without."""
    await notified(pool, ended(data, 5409, Result.ACCEPTED, "nursery", "nursery"))  # the client learns types
    batch = [
        ended(data, 5400, Result.ACCEPTED, "nursery", "nursery"),
        ended(data, 5401, Result.REFUSED, "hotel", "provider"),
        ended(data, 5402, Result.PROVISIONAL, "hotel", "provider"),
    ]
    async with transaction(pool) as tx:
        with statements(tx.connection) as sent:
            effects = await Notifications(SATURDAY_AND_SUNDAY).notify_declarations(tx, batch)
    assert len(effects) == 4, "three for contact, one for the queue of the nursery's secretariat"
    assert len(sent) == 2, sent
