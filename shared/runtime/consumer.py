"""The consume loop of all services: take a batch, claim its ids, handle, commit, publish, acknowledge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from shared.runtime import metrics, tracing
from shared.runtime.database import Transaction, answers, transaction
from shared.runtime.errors import Fault, classify, reason
from shared.runtime.holding import CONFLICTS, Hold, StoppedError
from shared.runtime.incoming import Incoming
from shared.runtime.logs import about, log
from shared.runtime.parts import Slice
from shared.runtime.settings import Settings
from shared.runtime.stage import Stage
from shared.runtime.step import Decoded, Item, M, Step, Timer, Unreadable, events_of
from shared.runtime.subscription import Subscription
from shared.topology import EVENTS, Queue, exchange_hearing

T = TypeVar("T")

ATTEMPT_SECONDS: Final = 60.0  #: deadline of one attempt at a batch
#: A message is parked when the process died this many times while it was handled alone.
CRASHES: Final = 3
#: Like CRASHES, for one of several events in a message: the broker parks all after five deliveries.
CRASHES_OF_ONE: Final = 1
#: A consumer stops itself when it has parked more events than this number, and more than this share of the
#: handled events: a bad deployment must not park a whole queue (arroyo's DlqLimit).
PARKED_MOST, PARKED_SHARE = 100, 0.05

#: Begin a transaction with one round trip: return its instant and the ids that the inbox did not know.
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


@dataclass(frozen=True, slots=True)
class _Work(Generic[M]):
    item: Item[M]
    incoming: Incoming


class Consumer(Generic[M]):
    """The consumer of one step, which takes its messages from one subscription."""

    def __init__(self, step: Step[M], subscription: Subscription, stage: Stage, settings: Settings) -> None:
        self._step, self._subscription, self._stage, self._settings = step, subscription, stage, settings
        self._queues: dict[str, Queue] = {queue.name: queue for queue in step.queues}
        self._handled = self._parked = 0
        self._stopping = False
        self._slice = Slice()
        self.label = step.queues[0].name if len(step.queues) == 1 else step.queues[0].name.rpartition(".")[0]
        self._hold = Hold(self.label, subscription, stage.dsn, settings.hold_ceiling)
        self.stopped_itself = False

    def allows(self, timer: Timer) -> bool:
        """Return whether a timer may run now.

        A timer that depends on the step of this consumer runs only while the messages of the step are
        consumed.
        """
        if timer.consuming is not self._step:
            return True
        return self._subscription.caught_up if timer.caught_up else self._subscription.consuming

    @property
    def subscription(self) -> Subscription:
        """The session that brings the messages."""
        return self._subscription

    @property
    def _batch_size(self) -> int:
        return self._step.batch_size or self._settings.batch_size

    async def unheld(self) -> None:
        """Wait while a batch is held for longer than the ceiling, after which its channel is closed."""
        await self._hold.ended()

    def stop(self) -> None:
        """Finish the batch in hand and take no other. Give up a held batch: the broker delivers it again."""
        self._stopping = True
        self._hold.stop()
        self._subscription.stop()

    async def run(self) -> None:
        """Handle batches until `stop` is called."""
        while not self._stopping:
            await self._stage.room()
            batch = await self._subscription.take(self._batch_size, self._settings.batch_linger)
            if not batch:
                continue
            try:
                await self._handle(batch)
            except StoppedError:
                return
            self._hold.acknowledged()
            await self._subscription.ack(batch)
            if self._parked > PARKED_MOST and self._parked > PARKED_SHARE * self._handled:
                await self._stop_itself()

    # -- one batch

    async def _handle(self, batch: Sequence[Incoming]) -> None:
        redelivered = sum(1 for incoming in batch if incoming.deliveries)
        with metrics.PROCESS_SECONDS.labels(self.label).time():
            if redelivered:
                metrics.REDELIVERIES.labels(self.label).inc(redelivered)
                async with self._stage.gate.alone():
                    for incoming in batch:
                        if work := await self._decode(incoming):
                            await self._redelivered(work)
            else:
                async with self._stage.gate.together():
                    await self._in_turn(batch)

    async def _in_turn(self, batch: Sequence[Incoming]) -> None:
        """Handle the events of messages, at most `_batch_size` in a transaction.

        Decode a message only when its turn has come, because a message may contain hundreds of events.
        """
        size = self._batch_size
        work: list[_Work[M]] = []
        for incoming in batch:
            work += await self._decode(incoming)
            while len(work) >= size:
                await self._settle(work[:size])
                work = work[size:]
        if work:
            await self._settle(work)

    async def _decode(self, incoming: Incoming) -> list[_Work[M]]:
        work = []
        for item in self._decoded(incoming):
            if isinstance(item, Unreadable):
                await self._park(incoming, item, item.reason)
            else:
                work.append(_Work(item, incoming))
            await self._slice.end()
        self._handled += len(work)
        return work

    def _decoded(self, incoming: Incoming) -> Iterator[Decoded[Any]]:
        try:
            yield from (self._step.decode or events_of)(incoming)
        except Exception as error:  # an unforeseen body must not end the process again and again
            yield Unreadable(None, reason(error))

    async def _together(self, work: Sequence[_Work[M]]) -> None:
        size = self._batch_size
        for start in range(0, len(work), size):
            await self._settle(work[start : start + size])

    async def _redelivered(self, work: Sequence[_Work[M]]) -> None:
        """Handle the events of one message that may have been delivered before.

        The usual cause is the broker or the network, so the events of a carrier are tried together once
        more. A carrier that returns again may hold several events that kill the process. The broker counts
        deliveries of the carrier only, so each event is published again in a carrier of its own.
        """
        incoming, several = work[0].incoming, len(work) > 1
        queue = self._queues[incoming.queue]
        if several and incoming.deliveries == 1:
            await self._together(work)
        elif several and _may_be_scattered(incoming, queue):
            ids = {event.item.id for event in work}
            await self._insist(lambda: self._stage.scatter(incoming, ids))
            log.warning("scattered", queue=self.label, events=len(work))
        else:  # a batch of commands stays as its sender published it
            for event in work:
                with about([event.item.value]):
                    await self._alone(event, CRASHES_OF_ONE if several else CRASHES)

    async def _alone(self, event: _Work[M], crashes: int) -> None:
        """Count an attempt at an event and handle it; park it instead if `crashes` attempts did not end."""
        attempts = await self._insist(lambda: self._suspect(_SUSPECT, event))
        if attempts > crashes:
            await self._park(event.incoming, event.item, "kills the process")
            return
        await self._settle([event])
        await self._insist(lambda: self._suspect(_CLEARED, event))

    async def _suspect(self, statement: str, event: _Work[M]) -> int:
        async with self._stage.pool.acquire() as connection:
            return await connection.fetchval(statement, self._step.name, event.item.id) or 0

    async def _insist(self, do: Callable[[], Awaitable[T]]) -> T:
        """Run a small database operation until it succeeds. Raise its error if it is not an outage."""
        while True:
            try:
                result = await do()
            except Exception as error:
                if await self._judge(error) is Fault.DETERMINISTIC:
                    raise
                await self._hold.until_available()
            else:
                self._hold.release()
                return result

    async def _settle(self, work: Sequence[_Work[M]]) -> None:
        """Try a batch until it is handled or parked. Raise StoppedError when the service ends before."""
        failures = conflicts = 0
        with about([event.item.value for event in work]):
            while True:
                try:
                    async with asyncio.timeout(ATTEMPT_SECONDS):
                        await self._attempt(work)
                    self._hold.release()
                    return
                except Exception as error:
                    fault = await self._judge(error)
                    metrics.DB_ERRORS.labels(fault.name.lower()).inc()
                    if fault is Fault.CONFLICT:
                        conflicts += 1
                        if conflicts < CONFLICTS:
                            await self._hold.after_conflict(conflicts)
                            continue
                        conflicts = 0
                        metrics.CONFLICT_LIMITS.labels(self.label).inc()
                    if len(work) > 1 and fault in (Fault.CONFLICT, Fault.DETERMINISTIC):
                        await self._split(work, error)
                        return
                    if fault is not Fault.DETERMINISTIC:
                        await self._wait(fault, error, len(work))
                        continue
                    failures += 1
                    if failures == 2:
                        await self._park(work[0].incoming, work[0].item, reason(error))
                        return

    async def _split(self, work: Sequence[_Work[M]], error: Exception) -> None:
        log.warning("split", queue=self.label, error=error, events=len(work))
        for event in work:
            await self._settle([event])

    async def _wait(self, fault: Fault, error: Exception, events: int) -> None:
        """Hold the batch: for a lock or a conflict one pause, for an outage until the database answers."""
        metrics.CONSUMED.labels(self.label, "retried").inc(events)
        log.warning("held", queue=self.label, cause=fault.name.lower(), error=error, events=events)
        if fault is Fault.OUTAGE:
            # Pooled connections may lead to a server that is a standby by now, or have its old settings.
            await self._stage.pool.expire_connections()
            await self._hold.until_available()
        else:
            await self._hold.pause()

    async def _attempt(self, work: Sequence[_Work[M]]) -> None:
        with tracing.unit(self.label, tracing.inputs((event.item, event.incoming) for event in work)) as unit:
            async with self._begun(work) as (tx, fresh):
                values = [event.item.value for n, event in enumerate(work) if n in fresh]
                effects = await self._step.handle(tx, values) if values else ()
                written = await self._stage.write(tx, effects, unit)
        self._stage.offer(written)
        metrics.CONSUMED.labels(self.label, "processed").inc(len(fresh))
        metrics.CONSUMED.labels(self.label, "duplicate").inc(len(work) - len(fresh))
        metrics.BATCH_EVENTS.labels(self.label).observe(len(work))

    @asynccontextmanager
    async def _begun(self, work: Sequence[_Work[M]]) -> AsyncIterator[tuple[Transaction, set[int]]]:
        """Open a transaction; yield it with the positions of the events that were not handled before.

        Another process that claims one of these events waits for the end of this transaction.
        """
        if not self._step.inbox:
            async with transaction(self._stage.pool, timed=False) as tx:
                yield tx, set(range(len(work)))
            return
        first: dict[Any, int] = {}
        for n, event in enumerate(work):
            first.setdefault(event.item.id, n)
        async with self._stage.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_CLAIM, self._step.name, sorted(first))
            assert row is not None, "the statement returns one row"
            yield Transaction(connection, row["now"]), {first[id_] for id_ in row["fresh"]}

    # -- failures

    async def _judge(self, error: Exception) -> Fault:
        """Return the class of a fault. If the error does not show it, test whether the database answers."""
        fault = classify(error)
        if fault is not Fault.AMBIGUOUS:
            return fault
        if not await answers(self._stage.dsn):
            return Fault.OUTAGE
        # Other connections may be dead too: the second attempt must not fail because of one of them.
        await self._stage.pool.expire_connections()
        return Fault.DETERMINISTIC

    async def _park(self, incoming: Incoming, item: Item[Any] | Unreadable, why: str) -> None:
        await self._stage.park(self._queues[incoming.queue], incoming, item, why)
        metrics.CONSUMED.labels(self.label, "parked").inc()
        self._parked += 1

    async def _stop_itself(self) -> None:
        """Stop consuming until an operator restarts the service, and show this in log and metrics."""
        self.stopped_itself = True
        self._subscription.stop()
        self._subscription.drop()
        metrics.CONSUMER_UP.labels(self.label).set(0)
        log.critical("too_many_parked", queue=self.label, parked=self._parked, handled=self._handled)
        await self._hold.stopped()


def _may_be_scattered(incoming: Incoming, queue: Queue) -> bool:
    """Return whether this service may publish the events of a message again.

    False for messages of clients, registers and operators, because a service may not publish such events.
    """
    key = incoming.routing_key
    return key in queue.hears and not queue.public and exchange_hearing(key) == EVENTS
