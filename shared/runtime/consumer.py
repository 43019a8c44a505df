"""The one consume loop: gather, claim, handle, commit, publish, acknowledge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Generic, TypeVar

from shared.runtime import metrics
from shared.runtime.database import Transaction, answers, transaction
from shared.runtime.errors import Fault, classify, reason
from shared.runtime.logs import log
from shared.runtime.settings import Settings
from shared.runtime.stage import Stage
from shared.runtime.step import Decoded, Item, M, Step, Timer, Unreadable, events_of
from shared.runtime.subscription import Incoming, Subscription
from shared.topology import Queue

T = TypeVar("T")

ATTEMPT_SECONDS: Final = 60.0  #: deadline of one attempt at a batch
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  #: seconds between two attempts at what is held
CRASHES: Final = 3  #: a message that was being handled alone this often when the process died is parked
#: Parking stops at this many, if they are also this share of what was handled: a bad deployment must not
#: empty a queue into parking (arroyo's DlqLimit).
PARKED_MOST, PARKED_SHARE = 100, 0.05

#: One round trip for what every transaction begins with: its instant, and what is new in it.
_CLAIM = """
WITH instant AS MATERIALIZED (SELECT platform.now() AS now), claimed AS (
    INSERT INTO inbox (consumer, message_id, handled_at)
    SELECT $1, id, now FROM instant, unnest($2::uuid[]) AS n (id)
    ON CONFLICT DO NOTHING RETURNING message_id)
SELECT now, array(SELECT message_id FROM claimed) AS fresh FROM instant"""
_SUSPECT = """
INSERT INTO suspects (consumer, message_id) VALUES ($1, $2)
ON CONFLICT (consumer, message_id) DO UPDATE SET attempts = suspects.attempts + 1 RETURNING attempts"""
_CLEARED = "DELETE FROM suspects WHERE consumer = $1 AND message_id = $2"


class StoppedError(Exception):
    """The service ends while a batch is held; it comes again later."""


@dataclass(frozen=True, slots=True)
class _Work(Generic[M]):
    item: Item[M]
    incoming: Incoming


class Consumer(Generic[M]):
    """Serves one step from one subscription."""

    def __init__(self, step: Step[M], subscription: Subscription, stage: Stage, settings: Settings) -> None:
        self._step, self._subscription, self._stage, self._settings = step, subscription, stage, settings
        self._queues: dict[str, Queue] = {queue.name: queue for queue in step.queues}
        self._handled = self._parked = 0
        self._stopping = False
        self._stop = asyncio.Event()
        self._held_since: float | None = None
        self._pause = SHORTEST_PAUSE
        self._may_consume = asyncio.Event()  #: cleared while a batch is held beyond the ceiling
        self._may_consume.set()
        self.label = step.queues[0].name if len(step.queues) == 1 else step.queues[0].name.rpartition(".")[0]
        self.stopped_itself = False
        metrics.HOLD_SECONDS.labels(self.label).set(0)  # a gauge that is there before it is needed

    def allows(self, timer: Timer) -> bool:
        """Whether a timer may tick as far as this consumer is concerned."""
        if timer.consuming is not self._step:
            return True
        return self._subscription.caught_up if timer.caught_up else self._subscription.consuming

    @property
    def subscription(self) -> Subscription:
        """Where its messages come from."""
        return self._subscription

    async def unheld(self) -> None:
        """Wait until no batch is held that was given back already."""
        await self._may_consume.wait()

    def stop(self) -> None:
        """Finish the batch in hand and take no other."""
        self._stopping = True
        self._stop.set()
        self._subscription.stop()

    async def run(self) -> None:
        """Take batches until told to stop."""
        while not self._stopping:
            await self._stage.room()
            batch = await self._subscription.take(self._settings.batch_size, self._settings.batch_linger)
            if not batch:
                continue
            try:
                await self._handle(batch)
            except StoppedError:
                return
            self._may_consume.set()
            await self._subscription.ack(batch)
            if self._parked > PARKED_MOST and self._parked > PARKED_SHARE * self._handled:
                await self._refuse_to_go_on()

    # -- one batch

    async def _handle(self, batch: Sequence[Incoming]) -> None:
        redelivered = sum(1 for incoming in batch if incoming.deliveries)
        work = await self._decode(batch)
        self._handled += len(work)
        with metrics.PROCESS_SECONDS.labels(self.label).time():
            if redelivered:
                metrics.REDELIVERIES.labels(self.label).inc(redelivered)
                async with self._stage.gate.alone():
                    for _, of_one in groupby(work, key=lambda one: id(one.incoming)):
                        await self._redelivered(list(of_one))
            else:
                async with self._stage.gate.together():
                    await self._together(work)

    async def _decode(self, batch: Sequence[Incoming]) -> list[_Work[M]]:
        work = []
        for incoming in batch:
            for item in self._decoded(incoming):
                if isinstance(item, Unreadable):
                    await self._park(incoming, item, item.reason)
                else:
                    work.append(_Work(item, incoming))
        return work

    def _decoded(self, incoming: Incoming) -> Sequence[Decoded[Any]]:
        try:
            return (self._step.decode or events_of)(incoming)
        except Exception as error:  # nobody thought of such a body; it must not end the process, ever again
            return [Unreadable(None, reason(error))]

    async def _together(self, work: Sequence[_Work[M]]) -> None:
        size = self._settings.batch_size
        for start in range(0, len(work), size):
            await self._settle(work[start : start + size])

    async def _redelivered(self, work: Sequence[_Work[M]]) -> None:
        """What one message holds that may have been given to somebody before.

        Mostly the broker or the network was to blame, so the events of a carrier are tried together once
        more. One that came back again may hold several killers, and the broker counts deliveries per
        message: each event goes on its way again in a message of its own.
        """
        incoming = work[0].incoming
        divisible = len(work) > 1 and incoming.routing_key in self._queues[incoming.queue].hears
        if incoming.deliveries <= divisible:
            await self._together(work)
        elif divisible:
            ids = {one.item.id for one in work}
            await self._insist(lambda: self._stage.scatter(incoming, ids))
            log.warning("scattered", queue=self.label, events=len(work))
        else:
            for one in work:
                await self._alone(one)

    async def _alone(self, one: _Work[M]) -> None:
        """An event that was redelivered: count the attempt first, so that a killer is found out."""
        attempts = await self._insist(lambda: self._suspect(_SUSPECT, one))
        if attempts > CRASHES:
            await self._park(one.incoming, one.item, "kills the process")
            return
        await self._settle([one])
        await self._insist(lambda: self._suspect(_CLEARED, one))

    async def _suspect(self, statement: str, one: _Work[M]) -> int:
        async with self._stage.pool.acquire() as connection:
            return await connection.fetchval(statement, self._step.name, one.item.id) or 0

    async def _insist(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do something small in the database, however long that takes."""
        while True:
            try:
                done = await do()
            except Exception as error:
                if await self._judge(error) is Fault.DETERMINISTIC:
                    raise
                await self._hold()
            else:
                self._release()
                return done

    async def _settle(self, work: Sequence[_Work[M]]) -> None:
        """Try until it is done, held too long, or parked."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await self._attempt(work)
                self._release()
                return
            except Exception as error:
                fault = await self._judge(error)
                metrics.DB_ERRORS.labels(fault.name.lower()).inc()
                if fault is Fault.OUTAGE:
                    metrics.CONSUMED.labels(self.label, "retried").inc(len(work))
                    log.warning("held", queue=self.label, error=error, events=len(work))
                    await self._hold()
                elif fault is Fault.DETERMINISTIC and len(work) > 1:
                    log.warning("split", queue=self.label, error=error, events=len(work))
                    for one in work:
                        await self._settle([one])
                    return
                elif fault is Fault.DETERMINISTIC:
                    failures += 1
                    if failures == 2:
                        await self._park(work[0].incoming, work[0].item, reason(error))
                        return

    async def _attempt(self, work: Sequence[_Work[M]]) -> None:
        async with self._begun(work) as (tx, fresh):
            values = [one.item.value for n, one in enumerate(work) if n in fresh]
            effects = await self._step.handle(tx, values) if values else ()
            written = await self._stage.write(tx, effects)
        self._stage.offer(written)
        metrics.CONSUMED.labels(self.label, "processed").inc(len(fresh))
        metrics.CONSUMED.labels(self.label, "duplicate").inc(len(work) - len(fresh))
        metrics.BATCH_EVENTS.labels(self.label).observe(len(work))

    @asynccontextmanager
    async def _begun(self, work: Sequence[_Work[M]]) -> AsyncIterator[tuple[Transaction, set[int]]]:
        """A transaction, and the positions of the events that were not handled before.

        A rival that claims the same events waits, then yields.
        """
        if not self._step.inbox:
            async with transaction(self._stage.pool) as tx:
                yield tx, set(range(len(work)))
            return
        first: dict[Any, int] = {}
        for n, one in enumerate(work):
            first.setdefault(one.item.id, n)
        async with self._stage.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_CLAIM, self._step.name, sorted(first))
            assert row is not None, "the statement gives one row"
            yield Transaction(connection, row["now"]), {first[id_] for id_ in row["fresh"]}

    # -- failures

    async def _judge(self, error: Exception) -> Fault:
        fault = classify(error)
        if fault is not Fault.AMBIGUOUS:
            return fault
        if not await answers(self._stage.dsn):
            return Fault.OUTAGE
        # Other connections may be as dead as the one that failed: a second failure must not be theirs.
        await self._stage.pool.expire_connections()
        return Fault.DETERMINISTIC

    async def _hold(self) -> None:
        """Wait in place, with the batch unacknowledged, until the database answers.

        Nothing is given back to wait: every redelivery spends one of the delivery limit (§2.8). Beyond
        the ceiling, before the broker takes offense, the channel is closed once; the batch is tried on,
        and nothing is consumed until it is done: what comes again then, the inbox absorbs.
        """
        loop = asyncio.get_running_loop()
        if self._held_since is None:
            self._held_since = loop.time()
            self._subscription.fell_behind()
        while not self._stopping:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            held = loop.time() - self._held_since
            metrics.HOLD_SECONDS.labels(self.label).set(held)
            if held > self._settings.hold_ceiling and self._may_consume.is_set():
                log.warning("held_too_long", queue=self.label)
                self._may_consume.clear()
                self._subscription.drop()
            if await answers(self._stage.dsn):
                return
        raise StoppedError

    def _release(self) -> None:
        if self._held_since is not None:
            self._held_since, self._pause = None, SHORTEST_PAUSE
            metrics.HOLD_SECONDS.labels(self.label).set(0)

    async def _park(self, incoming: Incoming, item: Item[Any] | Unreadable, why: str) -> None:
        await self._stage.park(self._queues[incoming.queue], incoming, item, why)
        metrics.CONSUMED.labels(self.label, "parked").inc()
        self._parked += 1

    async def _refuse_to_go_on(self) -> None:
        """Stop consuming and say so; a person must look, then restart the service."""
        self.stopped_itself = True
        self._subscription.stop()
        self._subscription.drop()
        metrics.CONSUMER_UP.labels(self.label).set(0)
        log.critical("too_many_parked", queue=self.label, parked=self._parked, handled=self._handled)
        await self._stop.wait()
