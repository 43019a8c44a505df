"""The outgoing tables. Rows are written in a transaction, published after it, deleted when confirmed.

The outbox holds internal messages (one lane), deliveries hold messages for recipients outside (a lane per
recipient, decision D5). A row is published from memory after the commit. A row that could not be sent
stays in its table with a later due time, and its lane continues from the table, in order, until it has
caught up. After a crash the rows in the table become due. A full queue of one recipient delays no other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Final

from shared.runtime import metrics
from shared.runtime.batching import BATCH_TYPE, batches, joined
from shared.runtime.bursts import CARRIER_TYPE, Outgoing, Sent
from shared.runtime.database import Pool, Transaction
from shared.runtime.logs import log
from shared.runtime.publishing import Publisher
from shared.runtime.tables import INSERT, Draft, Row, Table
from shared.topology import BROKER_MESSAGE_BYTES

#: Seconds in which only the process that committed a row publishes it: longer than a publish may take.
GRACE: Final = 6.0
CHUNK: Final = 256
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
_SWEEP_SECONDS: Final = 0.5
#: Of so many sweeps one looks at the table while nothing is left to do: only another process writes due rows.
_IDLE_SWEEPS: Final = 4
#: Rows in memory beyond which the consume loop waits for the publisher; a row counts once for each 4 KiB.
ROOM: Final = 2048
_ROW_BYTES: Final = 4096


@dataclass(slots=True)
class _Lane:
    """The state of one lane in memory."""

    waiting: deque[Row] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    behind: bool = False  #: rows of this lane wait in the table: continue from there, to keep their order
    passed_over: bool = False  #: rows were offered since, which wait in the table too
    pause: float = 0.0
    retry_at: float = 0.0  #: loop time before which the lane's circuit stays open


class OutgoingTable:
    """The outbox or the deliveries of a service, with the tasks that publish and delete the rows."""

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
        self.batching: frozenset[str] = frozenset()  #: lanes of recipients that asked for batches
        self._tasks: set[asyncio.Task[None]] = set()

    # -- in the transaction

    async def write(self, tx: Transaction, drafts: Sequence[Draft]) -> list[Row]:
        """Insert drafts and return their rows. `write_all` does this for several tables."""
        return (await write_all(tx, [(self, drafts)]))[0] if drafts else []

    # -- after the commit

    def offer(self, rows: Sequence[Row]) -> None:
        """Publish committed rows from memory, lane by lane."""
        for row in rows:
            lane = self._lanes.setdefault(row.lane, _Lane())
            if lane.behind:
                lane.passed_over = True
                continue  # the row is in the table, behind the others
            lane.waiting.append(row)
            self._in_memory += _weight([row])
            self._start(row.lane, lane)
        if self._in_memory > self._limit:
            self._room.clear()

    @property
    def has_room(self) -> bool:
        """Whether the publisher keeps pace with the stored messages."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until the publisher has caught up, so that consumers do not run ahead of it."""
        await self._room.wait()

    async def run(self) -> None:
        """Publish due rows and delete confirmed rows, repeatedly. Raise the error of a lane that failed."""
        for turn in count():
            await asyncio.sleep(_SWEEP_SECONDS)
            if self._failure is not None:
                raise self._failure
            if turn % _IDLE_SWEEPS and self._is_idle:
                continue
            try:
                await self._sweep()
            except Exception as error:  # the database is away or busy: the rows wait in their table
                log.info("sweep_postponed", table=self._table.name, error=error)
                await self._pool.expire_connections()

    async def drain(self, seconds: float) -> None:
        """Wait at most this time until the rows in memory are published. Then delete the confirmed rows."""
        tasks = [task for task in self._tasks if not task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        await self._delete_confirmed()

    @property
    def _is_idle(self) -> bool:
        """Whether no row of this process waits for its confirmation, its deletion or another attempt."""
        waits = any(lane.behind or lane.pause for lane in self._lanes.values())
        return not (waits or self._tasks or self._confirmed)

    # -- lanes

    def _start(self, name: str, lane: _Lane) -> None:
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._work(name, lane))
            self._tasks.add(lane.task)
            lane.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Keep the error of a lane that failed. `run` raises this error, which ends the service."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()

    async def _work(self, name: str, lane: _Lane) -> None:
        while lane.waiting:
            chunk = [lane.waiting.popleft() for _ in range(min(CHUNK, len(lane.waiting)))]
            try:
                sent = await self._publish(chunk)
            finally:
                self._left_memory(_weight(chunk))
            if not sent:
                self._open_circuit(name, lane)

    def _left_memory(self, count: int) -> None:
        self._in_memory -= count
        if self._in_memory <= self._limit // 2:
            self._room.set()

    def _open_circuit(self, name: str, lane: _Lane) -> None:
        self._left_memory(_weight(lane.waiting))
        lane.waiting.clear()  # the rows are in the table too
        lane.behind = True
        lane.pause = min(max(lane.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        lane.retry_at = asyncio.get_running_loop().time() + lane.pause
        log.info("lane_waits", table=self._table.name, recipient=name, seconds=lane.pause)

    async def _publish(self, rows: Sequence[Row]) -> bool:
        publisher, exchange = self._route(rows[0].lane)
        if oversized := [row.seq for row in rows if len(row.body.encode()) > BROKER_MESSAGE_BYTES]:
            if not await self._set_aside(oversized):
                return False
            rows = [row for row in rows if row.seq not in oversized]
        if not rows:
            return True
        groups = list(batches(rows)) if rows[0].lane in self.batching else [[row] for row in rows]
        outcomes = await publisher.publish_all([self._message(group, exchange) for group in groups])
        confirmed = [
            row.seq
            for group, sent in zip(groups, outcomes, strict=True)
            if sent is Sent.CONFIRMED
            for row in group
        ]
        self._confirmed += confirmed
        return len(confirmed) == len(rows)

    def _message(self, group: Sequence[Row], exchange: str) -> Outgoing:
        row = joined(group)
        kind = CARRIER_TYPE if row.type == BATCH_TYPE else self._table.content_type
        return Outgoing(str(row.id), exchange, row.routing_key, row.type, row.body.encode(), kind)

    async def _set_aside(self, seqs: Sequence[int]) -> bool:
        """Move rows too large for the broker to the table `set_aside`. Return whether this succeeded."""
        try:
            async with self._pool.acquire() as connection:
                moved = await connection.fetch(self._table.set_aside, seqs)
        except Exception as error:  # the rows stay; their lane finds them again
            log.info("setting_aside_postponed", table=self._table.name, error=error)
            return False
        for row in moved:  # a row that another instance moved is not logged twice
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
            # While the broker is away no attempt is made, so the pause of no recipient grows.
            if lane.retry_at <= now and self._route(name)[0].connected.is_set():
                lane.behind = True
                lane.task = asyncio.create_task(self._catch_up(name, lane))
                self._tasks.add(lane.task)
                lane.task.add_done_callback(self._ended)
        circuits = sum(1 for lane in self._lanes.values() if lane.pause)
        metrics.CIRCUITS_OPEN.inc(circuits - self._circuits)  # the other table adds its own
        self._circuits = circuits
        await self._delete_confirmed()

    async def _catch_up(self, name: str, lane: _Lane) -> None:
        """Publish the rows of a lane from the table, oldest first, until none is left or one fails.

        After a failure, the oldest row is first published alone. Otherwise a later row could be published
        before it, if the cause of the failure ends at that moment. A row that another transaction has locked
        is not skipped: the method waits for it. So two instances may publish a row twice, but never out of
        order.
        """
        size = 1 if lane.pause else CHUNK
        while True:
            try:
                await self._delete_confirmed()
                lane.passed_over = False
                async with self._pool.acquire() as connection:
                    leased = await connection.fetch(self._table.lease, name, size, GRACE)
                size = CHUNK
                if not leased and lane.passed_over:
                    continue  # committed after the table was read
                if not leased:
                    lane.behind, lane.pause = False, 0.0
                    return
                rows = sorted((Row(**record) for record in leased), key=lambda row: row.seq)
                if not await self._publish(rows):
                    self._open_circuit(name, lane)
                    await self._postpone(rows, lane.pause)
                    return
            except Exception as error:  # the rows stay; the next sweep publishes them
                log.info("lane_postponed", table=self._table.name, recipient=name, error=error)
                return

    async def _postpone(self, rows: Sequence[Row], pause: float) -> None:
        confirmed = set(self._confirmed)
        seqs = [row.seq for row in rows if row.seq not in confirmed]
        async with self._pool.acquire() as connection:
            await connection.execute(self._table.postpone, seqs, pause)

    def _take_confirmed(self) -> list[int]:
        confirmed, self._confirmed = self._confirmed, []
        return confirmed

    async def _delete_confirmed(self) -> None:
        if self._confirmed:
            confirmed = self._take_confirmed()
            try:
                async with self._pool.acquire() as connection:
                    await connection.execute(self._table.forget, confirmed)
            except BaseException:
                self._confirmed += confirmed
                raise

    async def gauge(self) -> tuple[int, float]:
        """Return the number of rows and the age of the oldest in seconds; set the gauge of rows set aside."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(self._table.gauge)
        if row is None:
            return 0, 0.0
        metrics.SET_ASIDE.labels(self._table.name).set(row["aside"])
        return row["pending"], row["age"]


async def write_all(
    tx: Transaction, written: Sequence[tuple[OutgoingTable, Sequence[Draft]]]
) -> list[list[Row]]:
    """Insert drafts into their tables and delete the rows confirmed since the last batch, in one statement.

    Return the new rows of each table. If the transaction fails afterwards, the confirmed rows become due and
    are published again under their old ids.
    """
    statement = INSERT[tuple(table._table for table, _ in written)]
    confirmed = [table._take_confirmed() for table, _ in written]
    columns = [
        [
            seqs,
            [draft.id for draft in drafts],
            [draft.lane for draft in drafts],
            [draft.routing_key for draft in drafts],
            [draft.type for draft in drafts],
            [draft.body for draft in drafts],
        ]
        for seqs, (_, drafts) in zip(confirmed, written, strict=True)
    ]
    try:
        row = await tx.connection.fetchrow(statement, tx.now, GRACE, *chain.from_iterable(columns))
    except BaseException:
        for seqs, (table, _) in zip(confirmed, written, strict=True):
            table._confirmed += seqs
        raise
    assert row is not None, "the statement returns one row"
    return [
        [
            Row(seq, draft.id, draft.lane, draft.routing_key, draft.type, draft.body)
            for seq, draft in zip(seqs, drafts, strict=True)
        ]
        for seqs, (_, drafts) in zip(row.values(), written, strict=True)
    ]


def _weight(rows: Iterable[Row]) -> int:
    return sum(1 + len(row.body) // _ROW_BYTES for row in rows)
