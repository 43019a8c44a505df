"""A running deployment as foreign programs see it, with unused employers and workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

import asyncpg

from deploy.local.demo.directory import CLIENTS
from shared.domain.calendar import local_date, quarter
from tests.foreign.events import REPLY, Event
from tests.foreign.institution import Institution
from tests.foreign.integrator import Integrator
from tests.gathering import GatheringIntegrator

OTHER: Final = {"jointCommissionNumber": "XXX", "workerType": "OTH"}
FLEXI: Final = {"jointCommissionNumber": "XXX", "workerType": "FLX"}
STUDENT: Final = {"jointCommissionNumber": "XXX", "workerType": "STU"}
_ATTEMPTS: Final = 300  #: two and a half minutes: longer than any fault of the proofs
_BATCHES: Final = """
WITH institutions AS (UPDATE access.institution SET batches = true)
UPDATE access.client SET batches = true WHERE client_id = $1"""
_AWAY: Final = (
    OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)  # fmt: skip
REOPENED: Final = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Relation:
    """An employer and a worker without a relation yet, and the client that may declare them."""

    client: str  #: role
    employer: str
    worker: str


def cast(document: Mapping[str, Any], *roles: str) -> Iterator[Relation]:
    """Return unused relations from the endpoints of a deployment, on request of some clients only."""
    chosen = [(role, CLIENTS[role]) for role in roles or CLIENTS]
    pairs = [
        (role, employer)
        for role, client_id in chosen
        for employer in document["integrators"][client_id]["employers"]
    ]
    for worker, (role, employer) in product(document["workers"], pairs):
        yield Relation(role, employer, worker)


@dataclass(slots=True)
class World:
    """Connected clients and institutions, the database with the rights of its owner, and the date."""

    document: Mapping[str, Any]
    clients: dict[str, Integrator]  #: by role
    institutions: dict[str, Institution]
    database: Database
    today: date
    casting: Iterator[Relation]

    def __getitem__(self, role: str) -> Integrator:
        return self.clients[role]

    async def ends(self, role: str, *declarations: Mapping[str, Any]) -> list[str]:
        """Declare back to back and return the results: `A`, or `B 00913-355`."""
        client = self.clients[role]
        ids = [await client.declare(declaration) for declaration in declarations]
        await client.finals(ids)
        return [outcome(client.answered(id_)) for id_ in ids]

    async def begun(self, relation: Relation, *arguments: Any, **more: Any) -> int:
        """Declare an IN (see `engage`) and return its period."""
        client = self.clients[relation.client]
        id_ = await client.declare(self.engage(relation, *arguments, **more))
        await client.finals([id_])
        assert outcome(client.answered(id_)) == "A"
        return await client.number(id_)

    def day(self, days: int) -> str:
        """Return a day, counted from today."""
        return (self.today + timedelta(days)).isoformat()

    def relation(self, *roles: str) -> Relation:
        """Return an unused relation, on request of one of these clients."""
        return next(one for one in self.casting if not roles or one.client in roles)

    def engage(
        self,
        relation: Relation,
        start: int = 1,
        end: int | None = None,
        features: Mapping[str, Any] = OTHER,
        **more: Any,
    ) -> dict[str, Any]:
        """Build an IN; days are counted from today."""
        block: dict[str, Any] = {"startDate": self.day(start), "features": dict(features), **more}
        if end is not None:
            block["endDate"] = self.day(end)
        return {
            "employer": {"enterpriseNumber": relation.employer},
            "worker": {"ssin": relation.worker},
            "dimonaIn": block,
        }

    def days_in_one_quarter(self, count: int) -> int:
        """Return the first of so many days in one quarter, from tomorrow on, counted from today."""
        days = (
            (n, self.today + timedelta(n), self.today + timedelta(n + count)) for n in range(1, 32 + count)
        )
        return next(n for n, first, last in days if quarter(first) == quarter(last))

    def leave(self, period: int, end: int) -> dict[str, Any]:
        """Build an OUT."""
        return {"dimonaOut": {"periodId": period, "endDate": self.day(end)}}


def change(period: int, **changes: Any) -> dict[str, Any]:
    """Build an UPDATE."""
    return {"dimonaUpdate": {"periodId": period, **changes}}


def cancel(period: int) -> dict[str, Any]:
    """Build a CANCEL."""
    return {"dimonaCancel": {"periodId": period}}


def register_day(period: int, day: str, start_hour: str = "0900", end_hour: str = "1700") -> dict[str, Any]:
    """Build a daily registration of one day."""
    hours = {"startHour": start_hour, "endHour": end_hour}
    block = {"attestationStatus": 0, "periodId": period, "startDate": day, "endDate": day, **hours}
    return {"dimonaDailyRegistration": block}


def change_day(registration: int, **changes: Any) -> dict[str, Any]:
    """Build a change of a daily registration."""
    block = {"attestationStatus": 1, "dailyRegistrationId": registration, **changes}
    return {"dimonaDailyRegistration": block}


def cancel_day(registration: int) -> dict[str, Any]:
    """Build the cancellation of a daily registration."""
    return {"dimonaDailyRegistration": {"attestationStatus": 3, "dailyRegistrationId": registration}}


def letter(event: Event) -> str:
    """Return the result in a reply: A, W, B or S."""
    return str(event.data["declarationStatus"]["result"])


def errors(event: Event) -> list[str]:
    """Return the error ids in a reply, sorted."""
    return sorted(found["errorId"] for found in event.data["declarationStatus"].get("anomalies", ()))


def outcome(events: Iterable[Event]) -> str:
    """Return a final reply as text: the result and the error ids."""
    (final,) = (event for event in events if event.type == REPLY)
    return " ".join([letter(final), *errors(final)])


class Database:
    """One shared connection to PostgreSQL, made again when the server was killed."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Return rows. Wait for a server that is starting."""
        async with self._turn:
            for _ in range(_ATTEMPTS):
                try:
                    if self._connection is None:
                        self._connection = await asyncpg.connect(self._dsn)
                    return await self._connection.fetch(statement, *arguments)
                except _AWAY:
                    if self._connection is not None:
                        self._connection.terminate()
                        self._connection = None
                    await asyncio.sleep(0.5)
        raise TimeoutError("PostgreSQL does not come back")

    async def value(self, statement: str, *arguments: object) -> Any:
        """Return the first value of the first row."""
        return (await self.fetch(statement, *arguments))[0][0]

    async def until(self, statement: str, *arguments: object, seconds: float = 60) -> None:
        """Wait until the first value of the first row is true. Raise TimeoutError."""
        async with asyncio.timeout(seconds):
            while not await self.value(statement, *arguments):  # noqa: ASYNC110 - only the table knows
                await asyncio.sleep(0.05)

    def move(self, dsn: str) -> None:
        """Use another server from the next lost connection on."""
        self._dsn = dsn

    async def close(self) -> None:
        """Close the connection, if it is open."""
        if self._connection is not None:
            await self._connection.close()


@asynccontextmanager
async def opened(
    document: Mapping[str, Any],
    casting: Iterator[Relation] | None = None,
    *,
    institutions: bool = True,
    batching: Collection[str] = (),
) -> AsyncIterator[World]:
    """Connect the foreign programs of a deployment.

    Args:
        document: as in `.run/endpoints.json`.
        casting: the relations to declare; without it all that are unused.
        institutions: whether the institutions read their queues.
        batching: roles of the clients that send and get batches; with any, all institutions get batches.
    """
    database = Database(document["postgres_dsn"])
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        clients = {}
        for role, client_id in CLIENTS.items():
            url = document["integrators"][client_id]["amqp_url"]
            kind = GatheringIntegrator if role in batching else Integrator
            clients[role] = await stack.enter_async_context(kind(url, client_id))
        subscribed = {
            name: await stack.enter_async_context(Institution(row["amqp_url"], row["queue"]))
            for name, row in document["institutions"].items()
            if institutions
        }
        for role in batching:
            await database.fetch(_BATCHES, clients[role].client_id)
        today = local_date(await database.value("SELECT platform.now()"))
        yield World(
            document, clients, subscribed, database, today,
            cast(document) if casting is None else casting,
        )  # fmt: skip
