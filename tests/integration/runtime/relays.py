"""A relay of deliveries without a service: the table of one toy, and a publisher."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.messages import derived_id
from shared.runtime.database import Pool, open_pool, transaction
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.publishing import Publisher
from shared.runtime.tables import DELIVERIES, Draft, Row
from shared.topology import REPLY
from tests.integration.runtime.broker import Broker, Got, until
from tests.integration.runtime.toys import Place


@dataclass
class Relay:
    """A running relay of deliveries to recipients of the public vhost."""

    place: Place
    pool: Pool
    publisher: Publisher
    table: OutgoingTable
    public: Broker

    def recipient(self, name: object) -> str:
        """Return a recipient of this toy, which is also the routing key of its queue."""
        return f"{self.place.name}.{name}"

    def drafts(self, recipient: object, numbers: Iterable[int]) -> list[Draft]:
        """Return unsent deliveries for one recipient."""
        lane = self.recipient(recipient)
        return [Draft(derived_id(lane, n), lane, lane, "test", f"{recipient}/{n}") for n in numbers]

    async def write(self, drafts: Sequence[Draft]) -> list[Row]:
        """Commit deliveries without publishing them."""
        async with transaction(self.pool) as tx:
            return await self.table.write(tx, drafts)

    async def send(self, drafts: Sequence[Draft]) -> None:
        """Commit deliveries and publish them from memory."""
        self.table.offer(await self.write(drafts))

    async def empty(self, seconds: float = 60.0) -> None:
        """Wait until nothing is left in the table."""

        async def nothing_left() -> bool:
            return await self.place.rows("deliveries") == 0

        await until(nothing_left, seconds, "the table to be empty")

    async def waiting(self, recipient: object, count: int) -> None:
        """Wait until this number of rows of a recipient is left in the table."""

        async def left() -> bool:
            lane = self.recipient(recipient)
            rows = await self.pool.fetchval("SELECT count(*) FROM deliveries WHERE lane = $1", lane)
            return bool(rows == count)

        await until(left, what=f"{count} rows left of {recipient}")


def texts(got: Sequence[Got]) -> list[str]:
    """Return the bodies in order of arrival, without repeats, which are allowed."""
    return list(dict.fromkeys(one.body.decode() for one in got))


@asynccontextmanager
async def a_relay(place: Place, amqp: str | None = None, limit: int = 2048) -> AsyncIterator[Relay]:
    """Run a relay of the deliveries of a toy; the end of the block is like a crash."""
    endpoints = place.endpoints
    pool = await open_pool(endpoints.superuser_dsn, place.name)
    public = Broker(endpoints.operator_url, endpoints.deployment.public)
    publisher = Publisher(amqp or endpoints.operator_url, endpoints.deployment.public, "test")
    table = OutgoingTable(DELIVERIES, pool, lambda _: (publisher, REPLY), limit)
    tasks = [asyncio.create_task(publisher.run()), asyncio.create_task(table.run())]
    try:
        await asyncio.wait_for(publisher.connected.wait(), 30)
        yield Relay(place, pool, publisher, table, public)
    finally:
        for task in (*tasks, *table._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await pool.close()
        await public.clean()
