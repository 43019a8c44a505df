"""The ledger on a real database: each planted fault is visible within a minute (promise R1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime.database import Connection, connect
from shared.topology import Deployment
from tests.web import ask

pytestmark = pytest.mark.stack

VISIBLE_SECONDS = 60.0
_RECEIVE = """
INSERT INTO intake.declarations (number, client_id, organization, channel, message_id, message_source, kind,
    declared, received_at, late_after, order_key)
VALUES ($1, 'c', '0200881159', 'queue', $2, 'urn:test', 'in', '{}', platform.now(), platform.now(), $3)"""
_CONCLUDE = """
INSERT INTO intake.results (number, final, result, answer, recorded_at)
VALUES ($1, true, 'A', '{}', platform.now())"""
_SETTLE = """
INSERT INTO personnel_file.settlements (declaration_id, result, settled_at) VALUES ($1, $2, platform.now())"""
_NOTIFY = """
INSERT INTO notifier.notifications (notification_id, declaration_id, provisional, result, addressee,
    issued_at, available_at) VALUES ($1, $2, false, 'A', '0200881159', platform.now(), platform.now())"""
_CASE = """
INSERT INTO identification.cases (declaration_id, state, declaration, opened_at, deadline, closed_at)
VALUES ($1, $2, '{}', platform.now(), platform.now() + interval '10 days',
    CASE WHEN $2 <> 'open' THEN platform.now() END)"""


@pytest.fixture(scope="module")
def place(stack: Stack) -> Iterator[Endpoints]:
    """Yield a deployment with the ledger alone; the test writes instead of the services."""
    endpoints = stack.provision(Deployment("ledger"), "ledger")
    stack.serve(endpoints, ("ledger",))
    yield endpoints
    stack.unserve("ledger.ledger")


@pytest_asyncio.fixture
async def owner(place: Endpoints) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(place.superuser_dsn)
    await connection.execute("SET session_replication_role = replica")  # rows without those they refer to
    yield connection
    await connection.close()


def counts(place: Endpoints) -> dict[str, float]:
    """Return the ledger's count of broken promises, by promise."""
    body = ask(f"{place.ops_url('ledger')}/metrics").body.decode()
    found = {}
    for line in body.splitlines():
        if line.startswith("dimona_ledger_broken{"):
            promise, value = line.partition('promise="')[2].split('"} ')
            found[promise] = float(value)
    return found


async def received(owner: Connection, number: int, key: str | None = None) -> int:
    """Store a received, open declaration."""
    await owner.execute(_RECEIVE, number, str(uuid4()), key or str(number))
    return number


async def test_each_planted_fault_is_visible_within_a_minute(place: Endpoints, owner: Connection) -> None:
    begun = time.monotonic()
    lost = await received(owner, 101)
    ended = await received(owner, 102)  # its identification ended, and the end was parked
    await owner.execute(_CASE, ended, "resolved")
    waiting = await received(owner, 103, "chain")
    await owner.execute(_CASE, waiting, "open")
    await received(owner, 104, "chain")  # waits behind it
    for number in (105, 106, 107, 108):
        await received(owner, number)
        await owner.execute(_CONCLUDE, number)
    await owner.execute(_SETTLE, 106, "B")
    for number in (106, 107, 108):
        await owner.execute(_NOTIFY, uuid4(), number)
    expected = {"final": 2, "one_final": 1, "notification": 1, "delivery": 3}
    while (found := counts(place)) != expected:
        assert time.monotonic() - begun < VISIBLE_SECONDS, (found, lost)
        await asyncio.sleep(1)


async def test_the_ledger_may_only_read(place: Endpoints) -> None:
    connection = await connect(place.dsns["ledger"])
    try:
        for statement in (
            "UPDATE intake.results SET result = 'B'",
            "DELETE FROM notifier.notifications",
            "SET default_transaction_read_only = off; DELETE FROM intake.open",
            "SELECT declared FROM intake.declarations",
            "SELECT letter FROM notifier.messages",
        ):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
                await connection.execute(statement)
    finally:
        await connection.close()
