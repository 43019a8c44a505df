"""The only module that opens connections to PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, unique
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    #: Satisfies mypy; not subscriptable at run time.
    Connection = PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = Pool = object

Record = asyncpg.Record  #: a row; stores name it from here
COMMAND_TIMEOUT = 5.0  #: seconds; lock_timeout lies below it, so that a rival's lock shows as 55P03
POOL_SIZE = 8  #: connections of a service to its database, consumers and requests together
_SERVER_SETTINGS = {
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


@unique
class Lock(IntEnum):
    """The classes of advisory locks, of all services: they share one database, and must not share a class.

    Within a class locks are taken in the order of their hashes, in one statement; a transaction that
    takes several classes takes them in this order.
    """

    CHAINS = 1  #: intake: the end of a chain, by order key
    REGISTER = 2  #: identification: the person register as a whole
    NUMBERS = 6  #: personnel file: which numbers are in force; shared by all who settle
    ORDER_KEYS = 3  #: personnel file: what waits and settles under an order key
    WORKERS = 4  #: personnel file: the relations and quotas of a worker
    ACCOUNTS = 5  #: personnel file: the quota of an employer or user
    DIRECTORY = 8  #: access: an organization, what it is party to, and who may act for it
    EBOX_EVENTS = 7  #: notifier: the numbering of the events feed of the e-Boxes


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction and the one instant that everything in it happens at (decision D24)."""

    connection: Connection
    now: datetime


async def connect(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection of its own. Raises OSError, TimeoutError or asyncpg errors."""
    return await asyncpg.connect(
        dsn, timeout=COMMAND_TIMEOUT, command_timeout=COMMAND_TIMEOUT, server_settings=_SERVER_SETTINGS
    )


async def open_pool(dsn: str, service: str, size: int = POOL_SIZE) -> Pool:
    """A pool whose connections see the service's own schema first."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        timeout=COMMAND_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        reset=_nothing_to_reset,
        server_settings={
            **_SERVER_SETTINGS,
            "search_path": f"{service},platform",
            "application_name": service,
        },
    )


async def _nothing_to_reset(_connection: object) -> None:
    """Nobody sets anything on a connection beyond his transaction; asking each time costs a round trip."""


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Transaction]:
    """A transaction, READ COMMITTED, with the instant it happens at."""
    async with pool.acquire() as connection, connection.transaction():
        yield Transaction(connection, await connection.fetchval("SELECT platform.now()"))


async def answers(dsn: str) -> bool:
    """Whether the database answers on a fresh connection within two seconds."""
    try:
        async with asyncio.timeout(2):
            connection = await asyncpg.connect(dsn, timeout=2)
            try:
                await connection.fetchval("SELECT 1")
            finally:
                await connection.close()
    except (
        OSError,
        TimeoutError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ):
        return False
    return True
