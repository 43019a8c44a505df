"""Contestations on the real database: visible only with the right to the type of their notification."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.contact.contestation import handler, store
from services.contact.contestation.channels import Contestation
from services.contact.contestation.handler import ContestationOf
from services.contact.contestation.store import Contested
from shared.domain.rights import Right
from shared.messages import NotificationDeposited
from shared.runtime.database import Pool, Transaction, connect, open_pool, transaction
from shared.topology import Deployment

pytestmark = pytest.mark.stack

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Provision a deployment without services."""
    return stack.provision(Deployment("contest"), "contest")


@pytest.fixture
async def pool(own: Endpoints) -> AsyncIterator[Pool]:
    async with await open_pool(own.dsns["contact"], "contact", size=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def data(stack: Stack) -> DemoData:
    return stack.endpoints.data


async def contested(pool: Pool, enterprise: str, result: str) -> UUID:
    """Open a contestation of a notification with this result, by a client, and return its id."""
    notification = NotificationDeposited(
        notification_id=uuid4(), number=1, employer=enterprise, addressee=enterprise, result=result,
        available_at=AT, deadline=date(2026, 3, 9),
    )  # fmt: skip
    async with transaction(pool) as tx:
        at = Transaction(tx.connection, AT)
        await store.store_notifications(at, [notification])
        words = Contestation(notification_id=notification.notification_id, reason="The start is wrong.")
        (case,) = await handler.open_cases(at, [ContestationOf(uuid4(), words, enterprise, "client")])
    assert isinstance(case, Contested)
    return case.case.id


async def test_a_contestation_of_a_hidden_type_is_neither_shown_nor_withdrawn(
    pool: Pool, own: Endpoints, data: DemoData
) -> None:
    """The reader of the hotel may contest, and sees positive notifications only."""
    hotel = data.organizations["hotel"].enterprise_number
    reader = data.users["hotel.reader"].user_id
    owner = await connect(own.postgres_dsn)
    may = await owner.fetch(
        "SELECT what, message_type FROM access.rights WHERE user_id::text = $1 AND enterprise_number = $2",
        reader,
        hotel,
    )
    await owner.close()
    assert (Right.CONTEST, None) in {tuple(row) for row in may}
    positive, negative = await contested(pool, hotel, "A"), await contested(pool, hotel, "B")
    async with transaction(pool) as tx:
        person = store.Contester(reader, reader, frozenset({hotel}))
        assert await store.load_contestation(tx, person, positive) is not None
        assert await store.load_contestation(tx, person, negative) is None
        assert [one.case.id for one in await store.load_contestations(tx, person, None, 10)] == [positive]
        assert await handler.withdraw(tx, person, negative) is None
        assert await handler.withdraw(tx, person, positive) is not None


async def test_a_client_of_the_enterprise_sees_every_type(pool: Pool, data: DemoData) -> None:
    client = data.client_of("nursery")
    nursery = data.organizations["nursery"].enterprise_number
    ids = {await contested(pool, nursery, "A"), await contested(pool, nursery, "B")}
    async with transaction(pool) as tx:
        program = store.Contester(client.client_id, None, frozenset({nursery}))
        assert {one.case.id for one in await store.load_contestations(tx, program, None, 10)} == ids
