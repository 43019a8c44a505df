"""A toy service with its own schema and queues: it stores the numbers in its events and publishes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from deploy.local.deployment import Endpoints
from deploy.local.processes import free_port
from shared.definitions import edge_queue_arguments, queue_arguments
from shared.envelope import carrier, cloud_event
from shared.messages import Message, derived_id, to_json
from shared.runtime.database import Transaction
from shared.runtime.incoming import Incoming
from shared.runtime.service import Service, _Running
from shared.runtime.settings import Settings
from shared.runtime.step import Decoded, Effect, Step, events_of
from shared.topology import EVENTS, PARKED, Queue
from tests.integration.runtime.broker import Broker, until

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NISS = "85073003328"  #: invented; its check digits are right


class Echo(Message):
    """The message of a toy service about a number; each toy has its own routing key."""

    TYPE: ClassVar[str] = "be.nsso.dimona.v1.toys.notify.echoed"
    number: int
    toy: str

    @property
    def event_id(self) -> UUID:
        return derived_id("echo", self.toy, self.number)

    @property
    def routing_key(self) -> str:
        return f"{self.TYPE}.{self.toy}"


class Told(Message):
    """The message to a toy service: a number, and a word that the toy process may obey."""

    TYPE: ClassVar[str] = "be.nsso.dimona.v1.toys.notify.told"
    number: int
    ssin: str | None = None

    @property
    def event_id(self) -> UUID:
        return derived_id("told", self.number)


def event(number: int, text: str | None = None) -> str:
    """Return a toy event: a readable message with a word that the toy process may obey."""
    message = Told(number=number, ssin=text)
    return cloud_event(message.event_id, message.TYPE, "test", EPOCH, to_json(message))


def events(numbers: Iterable[int]) -> str:
    """Return a carrier of toy events."""
    return carrier([event(number) for number in numbers])


Before = Callable[[Transaction, Sequence[Told]], Awaitable[None]]


@dataclass
class Toy:
    """A step that stores numbers and echoes them; a test puts its fault into `after`."""

    place: Place
    name: str = "toy"
    after: Before | None = None  #: called in the transaction, after the effects were written
    effects: Callable[[int], Sequence[Effect]] | None = None
    prefetch: int = 64
    queues: tuple[Queue, ...] = ()
    attempts: list[list[int]] = field(default_factory=list)  #: numbers of each call of `handle`
    deliveries: list[int] = field(default_factory=list)  #: x-delivery-count of each message taken

    async def handle(self, tx: Transaction, values: Sequence[Told]) -> Sequence[Effect]:
        """Store the numbers, then call the fault of the test."""
        numbers = [value.number for value in values]
        self.attempts.append(numbers)
        await tx.connection.execute("INSERT INTO done (number) SELECT unnest($1::bigint[])", numbers)
        if self.after is not None:
            await self.after(tx, values)
        if self.effects is not None:
            return [effect for number in numbers for effect in self.effects(number)]
        return [Echo(number=number, toy=self.place.name) for number in numbers]

    def decode(self, incoming: Incoming) -> Sequence[Decoded[Any]]:
        """Return the events of a carrier, and note its earlier deliveries."""
        self.deliveries.append(incoming.deliveries)
        return events_of(incoming)

    def step(self) -> Step[Any]:
        """Return the step of the toy service."""
        return Step(
            self.name, self.queues or (self.place.queue,), self.handle, decode=self.decode,
            prefetch=self.prefetch,
        )  # fmt: skip


@dataclass
class Place:
    """The schema and the queues of a toy service, with access to both."""

    name: str
    endpoints: Endpoints
    broker: Broker
    database: asyncpg.Connection[asyncpg.Record]
    queue: Queue

    @property
    def key(self) -> str:
        """The routing key of its queue."""
        return self.queue.hears[0]

    @property
    def parking(self) -> str:
        """The queue of its parked messages."""
        return self.queue.parking

    @property
    def echoes(self) -> str:
        """The queue of its echoes."""
        return f"echoes.{self.name}"

    def settings(self, *, dsn: str | None = None, amqp: str | None = None, **more: Any) -> Settings:
        """Return settings of the toy service; `dsn` and `amqp` are the addresses of proxies."""
        return Settings(
            deployment=self.endpoints.deployment.name,
            database_dsn=SecretStr(dsn or self.endpoints.superuser_dsn),
            amqp_url=SecretStr(amqp or self.endpoints.operator_url),
            key=SecretStr("00" * 32),
            ops_port=free_port(),
            **more,
        )

    async def another_queue(self, purpose: str, **options: Any) -> Queue:
        """Declare a further queue of the toy service."""
        queue = Queue(f"dimona.{self.name}.{purpose}", ())
        await self.broker.declare(queue.name, queue_arguments(queue.parking, **options))
        return queue

    async def reconnect(self) -> None:
        """Open a new connection to the database, after it was killed."""
        self.database.terminate()
        self.database = await _view(self.endpoints, self.name)

    async def done(self) -> list[int]:
        """Return the stored numbers in order."""
        return [row["number"] for row in await self.database.fetch("SELECT number FROM done ORDER BY place")]

    async def rows(self, table: str = "outbox") -> int:
        """Return the number of rows of a table."""
        return int(await self.database.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608

    async def parked(self, count: int, seconds: float = 60.0) -> None:
        """Wait until this number of copies is parked."""

        async def enough() -> bool:
            return await self.broker.ready(self.parking) >= count

        await until(enough, seconds, f"{count} parked")

    async def finish(self, count: int, seconds: float = 60.0) -> list[int]:
        """Wait until this number is stored and nothing waits to be sent; return all numbers."""

        async def finished() -> bool:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                return len(await self.done()) >= count and not await self.rows()
            return False

        await until(finished, seconds, f"{count} done")
        return await self.done()


async def _view(endpoints: Endpoints, schema: str) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(endpoints.superuser_dsn, server_settings={"search_path": schema})


@asynccontextmanager
async def a_place(name: str, endpoints: Endpoints) -> AsyncIterator[Place]:
    """Create a scratch service, and remove it at the end."""
    database = await _view(endpoints, name)
    broker = Broker(endpoints.operator_url, endpoints.deployment.internal)
    queue = Queue(f"dimona.{name}.work", (f"work.{name}",))
    place = Place(name, endpoints, broker, database, queue)
    await database.execute(
        f"""CREATE ROLE dimona_{name}; CREATE SCHEMA {name};
        SELECT platform.create_pipeline('{name}', ARRAY['toy', 'other']);
        CREATE TABLE done (place bigint GENERATED ALWAYS AS IDENTITY, number bigint NOT NULL)"""
    )
    await broker.declare(place.parking, edge_queue_arguments(), [(PARKED, place.parking)])
    await broker.declare(queue.name, queue_arguments(queue.parking), [(EVENTS, place.key)])
    await broker.declare(place.echoes, None, [(EVENTS, f"{Echo.TYPE}.{name}")])
    try:
        yield place
    finally:
        await place.reconnect()
        await place.database.execute(f"DROP SCHEMA {name} CASCADE; DROP ROLE dimona_{name}")
        await place.database.close()
        await broker.clean()


@asynccontextmanager
async def running(place: Place, *parts: Any, settings: Settings | None = None) -> AsyncIterator[_Running]:
    """Run the toy service in this process; the end of the block is like a crash, not a drain."""
    steps = [part.step() for part in parts if isinstance(part, Toy)]
    timers = [part for part in parts if not isinstance(part, Toy)]
    runs = _Running(Service(place.name, steps, timers), settings or place.settings())
    task = asyncio.create_task(runs.run())
    try:

        async def attached() -> bool:
            if task.done():
                task.result()
            counts = [(await place.broker.count(queue.name))[1] for step in steps for queue in step.queues]
            return all(counts) and all(p.connected.is_set() for p in runs._publishers.values())

        await until(attached, what="service to start")
        yield runs
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
