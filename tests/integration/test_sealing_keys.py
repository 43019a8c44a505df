"""Stored secrets are sealed with the current key by the roles of their services (ADR 43)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from prometheus_client import REGISTRY

from deploy.local.deployment import Endpoints
from services.access.oauth.store import logins
from services.notifier.delivery import store as delivery
from shared.runtime.database import Transaction, connect
from shared.runtime.resealing import PAGE, Resealing
from shared.runtime.sealing import SealBrokenError, Sealer

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]

OLD, NEW = b"1" * 32, b"2" * 32
BEFORE: Final = Sealer.of(OLD)
ROTATED: Final = Sealer(lambda: (NEW, OLD))
AFTER: Final = Sealer.of(NEW)
Database = Any  # asyncpg-stubs make it generic, asyncpg does not


@asynccontextmanager
async def role_of(endpoints: Endpoints, service: str) -> AsyncIterator[Database]:
    """Connect with the role of a service, in a transaction that is rolled back."""
    connection = await connect(endpoints.dsns[service])
    await connection.execute(f"SET search_path TO {service}")
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def add_webhook(connection: Database, *secrets: str) -> None:
    await connection.execute(
        """INSERT INTO subscriptions
            (enterprise_number, channel, url, secrets, created_at, created_by, ended_at, ended_by)
        VALUES ('0403019261', 'webhook', 'https://example.org', $1, now(), 'test', now(), 'test')""",
        list(secrets),
    )


async def stored(connection: Database) -> list[str]:
    """Return all stored secrets of webhooks."""
    rows = await connection.fetch("SELECT unnest(secrets) AS secret FROM subscriptions")
    return [row["secret"] for row in rows]


def sealed_before(table: str) -> float | None:
    return REGISTRY.get_sample_value("dimona_secrets_sealed_before", {"table": table})


async def test_secrets_of_webhooks_are_sealed_with_the_new_key(endpoints: Endpoints) -> None:
    async with role_of(endpoints, "notifier") as connection:
        seal, tx = Resealing(ROTATED, delivery.SEALED), Transaction(connection)
        await add_webhook(connection, BEFORE.seal("one", "0403019261"), ROTATED.seal("two", "0403019261"))
        await add_webhook(connection, "in clear")
        await seal(tx)
        assert sealed_before("subscriptions") == 2
        secrets = await stored(connection)
        assert sorted(AFTER.open(one, "0403019261") for one in secrets) == ["in clear", "one", "two"]
        await seal(tx)
        assert await stored(connection) == secrets, "a text with the current key is not written again"
        assert sealed_before("subscriptions") == 0


async def test_each_page_is_sealed_in_one_tick(endpoints: Endpoints) -> None:
    async with role_of(endpoints, "notifier") as connection:
        seal, tx = Resealing(ROTATED, delivery.SEALED), Transaction(connection)
        await seal(tx)
        for _ in range(PAGE + 1):
            await add_webhook(connection, "in clear")
        await seal(tx)
        assert (await stored(connection)).count("in clear") == 1
        assert sealed_before("subscriptions") == 0, "the table is not read to its end"
        await seal(tx)
        assert (await stored(connection)).count("in clear") == 0
        assert sealed_before("subscriptions") == PAGE + 1


async def test_a_secret_of_a_lost_key_stays_and_is_counted(endpoints: Endpoints) -> None:
    async with role_of(endpoints, "notifier") as connection:
        seal, tx = Resealing(AFTER, delivery.SEALED), Transaction(connection)
        lost = BEFORE.seal("one", "0403019261")
        await add_webhook(connection, lost)
        for _ in range(2):
            await seal(tx)
            assert sealed_before("subscriptions") == 1
        assert await stored(connection) == [lost]


async def test_secrets_of_authenticators_are_sealed_with_the_new_key(endpoints: Endpoints) -> None:
    query = "SELECT user_id::text AS user_id, secret FROM factor WHERE kind = 'totp'"
    async with role_of(endpoints, "access") as connection:
        clear = {row["user_id"]: row["secret"] for row in await connection.fetch(query)}
        assert clear, "the demonstration has persons with an authenticator"
        for sealer in (BEFORE, ROTATED):
            await Resealing(sealer, logins.SEALED)(Transaction(connection))
            assert sealed_before("factor") == len(clear)
            rows = await connection.fetch(query)
            assert {row["user_id"]: sealer.open(row["secret"], row["user_id"]) for row in rows} == clear
        with pytest.raises(SealBrokenError):
            BEFORE.open(rows[0]["secret"], rows[0]["user_id"])
