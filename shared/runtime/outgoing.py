"""What leaves a service: rows written in the transaction, published after it, deleted when confirmed.

The outbox holds internal messages (one lane), deliveries hold messages for somebody outside (a lane per
recipient, decision D5). A row is published straight from memory after the commit. What could not be
sent stays in its table with a later due time, and its lane goes on from the table, in order, until it
has caught up; a crash leaves rows that come due by themselves. Nobody's full queue delays anybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.runtime import metrics
from shared.runtime.broker import Outgoing, Publisher, Sent
from shared.runtime.database import Pool, Transaction
from shared.runtime.logs import log
from shared.runtime.tables import Draft, Row, Table
from shared.topology import BROKER_MESSAGE_BYTES

#: Seconds in which a row belongs to whoever committed it: longer than a publish may take.
GRACE: Final = 6.0
CHUNK: Final = 256
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
#: Rows that may wait in memory before the consume loop waits for the publisher.
ROOM: Final = 2048


@dataclass(slots=True)
class _Lane:
    """What is known in memory of one lane."""

    waiting: deque[Row] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    behind: bool = False  #: rows of this lane wait in the table: go on from there, to keep their order
    passed_over: bool = False  #: rows were offered since, which wait in the table as well
    pause: float = 0.0
    retry_at: float = 0.0  #: loop time before which the lane's circuit stays open


class OutgoingTable:
    """One of the two tables of a service, and the tasks that empty it."""

    def __init__(
        self, table: Table, pool: Pool, route: Callable[[str], tuple[Publisher, str]], limit: int = ROOM
    ) -> None:
        self._table, self._pool, self._route, self._limit = table, pool, route, limit
        self._lanes: dict[str, _Lane] = {}
        self._confirmed: list[int] = []
        self._in_memory = self._circuits = 0
        self._room = asyncio.Event()
        self._room.set()
        self._failure: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # -- in the transaction

    async def write(self, tx: Transaction, drafts: Sequence[Draft]) -> list[Row]:
        """Insert the drafts and, with the same statement, forget what was confirmed since the last batch.

        If the transaction fails after that, what was forgotten comes due and goes again: same ids.
        """
        if not drafts:
            return []
        confirmed, self._confirmed = self._confirmed, []
        try:
            seqs = await tx.connection.fetch(
                self._table.insert,
                [draft.id for draft in drafts],
                [draft.lane for draft in drafts],
                [draft.routing_key for draft in drafts],
                [draft.type for draft in drafts],
                [draft.body for draft in drafts],
                tx.now,
                GRACE,
                confirmed,
            )
        except BaseException:
            self._confirmed += confirmed
            raise
        return [
            Row(seq["seq"], draft.id, draft.lane, draft.routing_key, draft.type, draft.body)
            for seq, draft in zip(seqs, drafts, strict=True)
        ]

    # -- after the commit

    def offer(self, rows: Sequence[Row]) -> None:
        """Publish committed rows straight from memory, lane by lane."""
        for row in rows:
            lane = self._lanes.setdefault(row.lane, _Lane())
            if lane.behind:
                lane.passed_over = True
                continue  # it is in the table, behind the others
            lane.waiting.append(row)
            self._in_memory += 1
            self._start(row.lane, lane)
        if self._in_memory > self._limit:
            self._room.clear()

    @property
    def has_room(self) -> bool:
        """Whether the publisher keeps up."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until the publisher has caught up: back-pressure on the consume loop."""
        await self._room.wait()

    async def run(self) -> None:
        """Look for rows that are due, forget what is confirmed while idle, and pass on a lane's failure."""
        while True:
            await asyncio.sleep(0.5)
            if self._failure is not None:
                raise self._failure
            try:
                await self._sweep()
            except Exception as error:  # the database is away or busy: the rows wait where they are
                log.info("sweep_postponed", table=self._table.name, error=error)

    async def drain(self, seconds: float) -> None:
        """Finish what is in memory, at most so long, and forget what was confirmed."""
        tasks = [task for task in self._tasks if not task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        await self._forget_idle()

    # -- lanes

    def _start(self, name: str, lane: _Lane) -> None:
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._work(name, lane))
            self._tasks.add(lane.task)
            lane.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A lane that dies takes the service down, never silently: `run` raises its error."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    async def _work(self, name: str, lane: _Lane) -> None:
        while lane.waiting:
            chunk = [lane.waiting.popleft() for _ in range(min(CHUNK, len(lane.waiting)))]
            try:
                sent = await self._publish(chunk)
            finally:
                self._left_memory(len(chunk))
            if not sent:
                self._open_circuit(name, lane)

    def _left_memory(self, count: int) -> None:
        self._in_memory -= count
        if self._in_memory <= self._limit // 2:
            self._room.set()

    def _open_circuit(self, name: str, lane: _Lane) -> None:
        self._left_memory(len(lane.waiting))
        lane.waiting.clear()  # they are in the table too
        lane.behind = True
        lane.pause = min(max(lane.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        lane.retry_at = asyncio.get_running_loop().time() + lane.pause
        log.info("lane_waits", table=self._table.name, recipient=name, seconds=lane.pause)

    async def _publish(self, rows: Sequence[Row]) -> bool:
        publisher, exchange = self._route(rows[0].lane)
        bodies = {row.seq: row.body.encode() for row in rows}
        if oversized := [seq for seq, body in bodies.items() if len(body) > BROKER_MESSAGE_BYTES]:
            if not await self._set_aside(oversized):
                return False
            rows = [row for row in rows if row.seq not in oversized]
        kind = self._table.content_type
        outcomes = await publisher.publish_all(
            [
                Outgoing(str(row.id), exchange, row.routing_key, row.type, bodies[row.seq], kind)
                for row in rows
            ]
        )
        confirmed = [row.seq for row, sent in zip(rows, outcomes, strict=True) if sent is Sent.CONFIRMED]
        self._confirmed += confirmed
        return len(confirmed) == len(rows)

    async def _set_aside(self, seqs: Sequence[int]) -> bool:
        """Move rows that would cost the channel, each time they are offered, to where a person finds them."""
        try:
            async with self._pool.acquire() as connection:
                moved = await connection.fetch(self._table.set_aside, seqs)
        except Exception as error:  # the rows stay where they are; their lane meets them again
            log.info("setting_aside_postponed", table=self._table.name, error=error)
            return False
        for row in moved:  # what another instance has moved is not said twice
            log.error(
                "message_set_aside", table=self._table.name, recipient=row["lane"], type=row["type"],
                message_id=row["id"], bytes=row["bytes"],
            )  # fmt: skip
        return True

    # -- from the table

    async def _sweep(self) -> None:
        async with self._pool.acquire() as connection:
            due = [record["lane"] for record in await connection.fetch(self._table.lanes)]
        now = asyncio.get_running_loop().time()
        behind = {name for name, lane in self._lanes.items() if lane.behind}
        busy = {name for name, lane in self._lanes.items() if lane.task is not None and not lane.task.done()}
        for name in sorted((set(due) | behind) - busy):
            lane = self._lanes.setdefault(name, _Lane())
            # While the broker is away nobody is to blame: no attempt is made, so no pause grows.
            if lane.retry_at <= now and self._route(name)[0].connected.is_set():
                lane.behind = True
                lane.task = asyncio.create_task(self._catch_up(name, lane))
                self._tasks.add(lane.task)
                lane.task.add_done_callback(self._ended)
        circuits = sum(1 for lane in self._lanes.values() if lane.pause)
        metrics.CIRCUITS_OPEN.inc(circuits - self._circuits)  # the other table counts its own
        self._circuits = circuits
        await self._forget_idle()

    async def _catch_up(self, name: str, lane: _Lane) -> None:
        """Send what the table holds for a lane, oldest first, until nothing is left or it fails again.

        After a failure the oldest goes ahead alone: others could overtake it if the trouble ends just then.
        Rows that another transaction has in hand are waited for, not skipped: two instances may say the
        same thing twice, but neither runs ahead of what the other is about to say.
        """
        size = 1 if lane.pause else CHUNK
        while True:
            try:
                await self._forget_idle()
                lane.passed_over = False
                async with self._pool.acquire() as connection:
                    leased = await connection.fetch(self._table.lease, name, size, GRACE)
                size = CHUNK
                if not leased and lane.passed_over:
                    continue  # committed after the table was looked at
                if not leased:
                    lane.behind, lane.pause = False, 0.0
                    return
                rows = sorted((Row(**record) for record in leased), key=lambda row: row.seq)
                if not await self._publish(rows):
                    self._open_circuit(name, lane)
                    await self._postpone(rows, lane.pause)
                    return
            except Exception as error:  # the rows stay where they are; the next sweep takes them up
                log.info("lane_postponed", table=self._table.name, recipient=name, error=error)
                return

    async def _postpone(self, rows: Sequence[Row], pause: float) -> None:
        confirmed = set(self._confirmed)
        seqs = [row.seq for row in rows if row.seq not in confirmed]
        async with self._pool.acquire() as connection:
            await connection.execute(self._table.postpone, seqs, pause)

    async def _forget_idle(self) -> None:
        if self._confirmed:
            confirmed, self._confirmed = self._confirmed, []
            try:
                async with self._pool.acquire() as connection:
                    await connection.execute(self._table.forget, confirmed)
            except BaseException:
                self._confirmed += confirmed
                raise

    async def gauge(self) -> tuple[int, float]:
        """Rows that wait, and the age of the oldest in seconds; tells how many were set aside."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(self._table.gauge)
        if row is None:
            return 0, 0.0
        metrics.SET_ASIDE.labels(self._table.name).set(row["aside"])
        return row["pending"], row["age"]
