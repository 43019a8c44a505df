"""Connections and transactions of PostgreSQL. No other module opens connections to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, unique
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

from shared.runtime.errors import OurError
from shared.runtime.tls import Files, UntrustedError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    #: For mypy only: these classes are not subscriptable at run time.
    Connection = PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = Pool = object

Record = asyncpg.Record  #: a row; stores import it from here
COMMAND_TIMEOUT = 5.0  #: seconds; longer than lock_timeout, so that a wait for a lock ends with 55P03
POOL_SIZE = 8  #: connections of the pipeline of a service: consumers, timers and publishers
API_POOL_SIZE = 4  #: connections of its API, apart from those of the pipeline (ADR 18)
_WRITABLE = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'"
_SERVER_SETTINGS = {
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


@unique
class Lock(IntEnum):
    """The classes of advisory locks of all services, which share one database.

    The value identifies a class. It never changes and is never used for another class, because during an
    upgrade processes of both versions take locks in one database. The order of the values has no meaning.

    A transaction takes locks of several classes in the order of the lines below. It takes the locks of one
    class in one statement, in the order of their hashes.
    """

    CHAINS = 1  #: intake: the end of a chain, by order key
    REGISTER = 2  #: identification: the person register as a whole
    NUMBERS = 6  #: personnel file: the numbers in force; settling takes it shared, a mutation exclusive
    ORDER_KEYS = 3  #: personnel file: the declarations that wait and settle under an order key
    WORKERS = 4  #: personnel file: the relations and quotas of a worker
    ACCOUNTS = 5  #: personnel file: the quota of an employer or user
    PLACES = 11  #: personnel file: the exports and saved searches of an organization or a user
    OMISSIONS = 12  #: personnel file: judging findings (0), which agents take shared, and a case
    DIRECTORY = 8  #: access: an organization, its mandates and affiliations, and its users
    PERSON = 9  #: access: the persons with a NISS
    EBOX_EVENTS = 7  #: notifier: the numbering of the events feed of the e-Boxes
    FEED_POSITIONS = 15  #: feed: the position of an institution in the feed
    PROVISIONER = 10  #: provisioner: the process that works, for as long as its connection
    DISCLOSURES = 14  #: feed: the chain of disclosures of an institution


@dataclass(slots=True)
class Transaction:
    """An open transaction and its instant: the time that all its rows and messages get (decision D24)."""

    connection: Connection
    begun_at: datetime | None = None  #: None until the first statement of a step has read it

    @property
    def now(self) -> datetime:
        """The instant of the transaction. It must have been read before."""
        assert self.begun_at is not None, "the first statement of the step reads the instant"
        return self.begun_at


#: The address of the database, or a function that returns it, which is called for each new connection.
Dsn = str | Callable[[], str]


def _address(dsn: Dsn) -> str:
    return dsn if isinstance(dsn, str) else dsn()


#: Name of the setting with the address, for errors.
SETTING: Final = "dimona_database_dsn"


async def _connect(dsn: Dsn, **arguments: Any) -> asyncpg.Connection[asyncpg.Record]:
    """Open a connection, and read the files for TLS that the address names.

    Raise UntrustedError, an OSError, when TLS refuses the server or the files cannot be used.
    """
    address = _address(dsn)
    try:
        return await asyncpg.connect(address, **arguments)
    except OSError as error:
        if (untrusted := _explained(address, error)) is not None:
            raise untrusted from None
        raise


def _explained(address: str, error: OSError) -> UntrustedError | None:
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    files = Files(SETTING, given.get("sslrootcert"), given.get("sslcert"), given.get("sslkey"))
    try:
        files.client_context()
    except UntrustedError as unusable:
        return unusable
    return files.explain(error)


async def refuse_untrusted(dsn: Dsn) -> None:
    """Raise UntrustedError if TLS refuses the database. Ignore every other failure."""
    try:
        connection = await _connect(dsn, timeout=2)
    except UntrustedError:
        raise
    except Exception:  # it is away, which the caller finds too
        return
    await connection.close()


async def connect(dsn: Dsn) -> asyncpg.Connection[asyncpg.Record]:
    """Open a single connection. Raise OSError, TimeoutError or an asyncpg error."""
    return await _connect(
        dsn,
        timeout=COMMAND_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        server_settings=_SERVER_SETTINGS,
    )


async def open_pool(dsn: Dsn, service: str, size: int = POOL_SIZE, part: str = "") -> Pool:
    """Open a pool of connections with the schema of the service first in their search path.

    `part` is added to the name of the service in `pg_stat_activity`, such as `.api`. The pool of the
    pipeline has no part. It plans each statement only once, because planning a statement took longer than
    its execution; `tests/integration/test_plans.py` checks these plans.
    """

    async def connect_again(*_: object, **arguments: Any) -> asyncpg.Connection[asyncpg.Record]:
        # The pool would keep the first address, and after a switch-over it leads to the wrong server.
        return await _connect(dsn, **arguments)

    return await asyncpg.create_pool(
        connect=connect_again,
        min_size=1,
        max_size=size,
        timeout=COMMAND_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        reset=_nothing_to_reset,
        server_settings={
            **_SERVER_SETTINGS,
            "search_path": f"{service},platform",
            "application_name": f"{service}{part}",
            "plan_cache_mode": "auto" if part else "force_generic_plan",
        },
    )


@asynccontextmanager
async def open_pools(dsn: Dsn, service: str, api_size: int) -> AsyncIterator[tuple[Pool, Pool]]:
    """Open two pools, for the pipeline and for the API, and yield both.

    After the block close them within five seconds.
    """
    pools = await open_pool(dsn, service), await open_pool(dsn, service, api_size, ".api")
    try:
        yield pools
    finally:
        try:
            await asyncio.wait_for(asyncio.gather(*(pool.close() for pool in pools)), 5)
        except TimeoutError:  # a server that does not answer cannot say goodbye
            for pool in pools:
                pool.terminate()


async def _nothing_to_reset(_connection: object) -> None:
    """Do nothing when a connection returns to its pool.

    A reset would cost a round trip. It is not needed, because no statement makes a change to a connection
    that remains after its transaction.
    """


@asynccontextmanager
async def transaction(pool: Pool, *, timed: bool = True) -> AsyncIterator[Transaction]:
    """Open a READ COMMITTED transaction, and read its instant `now` from the database.

    With `timed=False` the instant is not read: the first statement of the caller must read it.
    """
    async with pool.acquire() as connection, connection.transaction():
        yield Transaction(connection, await connection.fetchval("SELECT platform.now()") if timed else None)


class OvertimeError(OurError):
    """The error for statements that took longer than `within_time` allows. Their effects are undone."""


@asynccontextmanager
async def within_time(tx: Transaction, seconds: float) -> AsyncIterator[None]:
    """Run the statements of the block for at most this time in total.

    Raise OvertimeError when they take longer, or when the server cancels one at its `statement_timeout`.
    Their effects are then undone, and the transaction stays usable.
    """
    try:
        async with asyncio.timeout(seconds), tx.connection.transaction():
            yield
    except (asyncpg.QueryCanceledError, TimeoutError):
        raise OvertimeError("the statements took too long") from None


async def writable_and_offset(connection: Connection) -> tuple[bool, float]:
    """Return whether the server accepts writes, and the seconds that our clock is ahead of its clock."""
    writable = bool(await connection.fetchval(_WRITABLE))
    instant: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return writable, time.time() - instant.timestamp()


async def answers(dsn: Dsn) -> bool:
    """Return whether the database answers a new connection within two seconds and accepts writes."""
    try:
        async with asyncio.timeout(2):
            connection = await _connect(dsn, timeout=2)
            try:
                return bool(await connection.fetchval(_WRITABLE))
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
