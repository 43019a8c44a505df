"""The notifier's table: one final notification, and no provisional one after it (decisions D2, D3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.notifier.letters import store
from services.notifier.letters.store import NewMessage
from shared.domain.rights import MessageType
from shared.messages import notification_id
from shared.runtime.database import Connection, Pool, connect, open_pool, transaction
from shared.topology import Deployment

DAY = date(2026, 5, 8)
SUBJECT = dict.fromkeys(("fr", "nl", "de", "en"), "subject")

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, without services."""
    return stack.provision(Deployment("notes"), "notes")


@pytest.fixture
async def pool(own: Endpoints) -> AsyncIterator[Pool]:
    async with await open_pool(own.dsns["notifier"], "notifier", size=1) as pool:
        yield pool


@pytest_asyncio.fixture
async def owner(own: Endpoints) -> AsyncIterator[Connection]:
    """Connect as the owner of the tables, to fill the directory."""
    connection = await connect(own.postgres_dsn)
    yield connection
    await connection.close()


async def test_the_oldest_client_with_a_queue_keeps_getting_the_notifications(
    pool: Pool, owner: Connection
) -> None:
    async with transaction(pool) as tx:
        before = await store.load(tx, ["0990101368"])
    client = before["0990101368"].client_id
    assert client is not None
    assert client > "a", "the newer one comes first by name"
    await owner.execute("INSERT INTO access.client (client_id, organization) VALUES ('a', '0990101368')")
    async with transaction(pool) as tx:
        assert await store.load(tx, ["0990101368"]) == before


async def test_enterprises_are_looked_up_by_key(pool: Pool) -> None:
    async with transaction(pool) as tx:
        found = await store.load(tx, ["0990101368", "0999999922"])
        known = found["0990101368"].party
        assert (known.name, known.language) == ("Boulangerie Les Trois Épis", "fr")
        assert found["0999999922"].party.name is None
        await tx.connection.execute("SET LOCAL enable_seqscan = off")  # of tables that are all but empty
        plan = await tx.connection.fetch(f"EXPLAIN {store._LOAD}", ["0990101368"], DAY)
    assert not any("Seq Scan" in row[0] for row in plan), plan


def notification(number: int, *, final: bool) -> NewMessage:
    id_ = notification_id(number, final=final)
    return NewMessage(
        id_, "0990101368", MessageType.POSITIVE, "fr", SUBJECT, data="{}", declaration_id=number,
        event_id=id_, result="A" if final else "S", deadline=DAY if final else None,
    )  # fmt: skip


async def saved(pool: Pool, *messages: NewMessage) -> set[str | None]:
    async with transaction(pool) as tx:
        new = await store.save(tx, messages)
    return {message.result for message in messages if message.id in new}


async def test_a_provisional_and_a_final_notification_are_stored(pool: Pool) -> None:
    assert await saved(pool, notification(1, final=False)) == {"S"}
    assert await saved(pool, notification(1, final=True)) == {"A"}


async def test_a_provisional_notification_after_the_final_is_dropped(pool: Pool) -> None:
    assert await saved(pool, notification(2, final=True)) == {"A"}
    assert await saved(pool, notification(2, final=False)) == set()


async def test_a_final_notification_is_made_once(pool: Pool) -> None:
    assert await saved(pool, notification(3, final=True)) == {"A"}
    assert await saved(pool, notification(3, final=True)) == set()
