"""The process of a service: consumers, timers, publishers and HTTP in one task group; SIGTERM drains.

When a part ends, for any reason, the process ends with exit code 1 and the supervisor starts it again.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from prometheus_client import Gauge
from starlette.applications import Starlette

from shared.runtime import broker, metrics, tracing
from shared.runtime.consumer import Consumer
from shared.runtime.database import (
    API_POOL_SIZE,
    Connection,
    Dsn,
    Pool,
    answers,
    open_pools,
    writable_and_offset,
)
from shared.runtime.handled import removing_handled
from shared.runtime.http import api_places, ops_app, ops_places, serve
from shared.runtime.logs import configure, log
from shared.runtime.outgoing import OutgoingTable
from shared.runtime.parts import collect_seldom, for_ever, not_canceled
from shared.runtime.publishing import Publisher
from shared.runtime.reaching import check_schema, database_answers
from shared.runtime.settings import Settings
from shared.runtime.sharing import fairness
from shared.runtime.stage import Gate, Stage
from shared.runtime.step import Step, Timer
from shared.runtime.subscription import Subscription
from shared.runtime.tables import DELIVERIES, OUTBOX
from shared.runtime.tls import trusting
from shared.runtime.watchdog import Watchdog
from shared.topology import EVENTS, PUBLIC_WRITERS, exchange_of

DRAIN_SECONDS: Final = 8.0
#: A little longer than the server allows for the requests in hand.
API_SECONDS: Final = 3.0
_API: Final = "api"
#: Reading the gauges takes milliseconds; after this time it has failed.
GAUGES_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Service:
    """The definition of a service, which its `__main__` runs."""

    name: str
    steps: Sequence[Step[Any]]
    timers: Sequence[Timer] = ()
    api: Callable[[Stage], Starlette] | None = None
    #: queues of requests that use the database; each finds connections in the pool of the API
    api_queues: int = 1
    #: further tasks that run as long as the service, by name
    parts: Mapping[str, Callable[[Stage], Coroutine[Any, Any, None]]] = field(default_factory=dict)
    #: reads the gauges of the service from its database, every few seconds
    observe: Callable[[Connection], Awaitable[None]] | None = None
    #: reads the lanes of the recipients that asked for batches
    batching: Callable[[Connection], Awaitable[frozenset[str]]] | None = None
    #: the gauges that `observe` sets; they become NaN when they cannot be read
    gauges: Sequence[Gauge] = ()


def run(service: Service, settings: Settings) -> None:
    """Run a service until SIGTERM, then drain it. Exit with code 1 if a part ends or the schema is old.

    At the start, also exit when TLS refuses database or broker, with one line that names the setting.
    """
    configure(service.name, settings.log_level)
    tracing.configure(service.name, settings)
    collect_seldom()
    try:
        with trusting():
            asyncio.run(_Running(service, settings).run())
    except BaseExceptionGroup as group:
        for error in group.exceptions:
            log.critical("service_failed", error=error)
        sys.exit(1)
    except Exception as error:
        log.critical("service_failed", error=error)
        sys.exit(1)
    finally:
        tracing.close()


class _Running:
    def __init__(self, service: Service, settings: Settings) -> None:
        self._service, self._settings = service, settings
        self._dsn: Dsn = settings.dsn
        self._amqp = settings.amqp
        self._publishers: dict[str, Publisher] = {}
        self._watchdogs: dict[str, Watchdog] = {}  #: by vhost
        self._consumers: list[Consumer[Any]] = []
        self._suspects_lock = asyncio.Lock()
        self._group: asyncio.TaskGroup
        self._parts: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        stop = asyncio.Event()
        for signal_ in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal_, stop.set)
        await database_answers(self._dsn)
        await check_schema(self._dsn)
        await broker.refuse_untrusted(self._amqp())
        async with open_pools(self._dsn, self._service.name, API_POOL_SIZE * self._service.api_queues) as (
            pool,
            api_pool,
        ):
            try:
                await self._supervise(pool, api_pool, stop)
            finally:
                for watchdog in self._watchdogs.values():
                    await watchdog.close()

    async def _supervise(self, pool: Pool, api_pool: Pool, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            stage = self._stage(pool)
            self._parts += [
                group.create_task(for_ever(name, part), name=name)
                for name, part in self._made(pool, stage) + self._api(replace(stage, pool=api_pool))
            ]
            consuming = [
                group.create_task(self._consume(consumer), name=consumer.label)
                for consumer in self._consumers
            ]
            log.info("started")
            await stop.wait()
            await self._drain(stage, consuming)
            for part in self._parts:
                part.cancel()
        log.info("drained")

    async def _drain(self, stage: Stage, consuming: Sequence[asyncio.Task[None]]) -> None:
        """Answer open requests, finish the batches in hand and publish all messages, within 25 seconds."""
        log.info("draining")
        await self._end_api()
        for consumer in self._consumers:
            consumer.stop()
        if consuming:
            _, unfinished = await asyncio.wait(consuming, timeout=DRAIN_SECONDS)
            for task in unfinished:
                task.cancel()
        await stage.outbox.drain(DRAIN_SECONDS / 2)
        await stage.deliveries.drain(DRAIN_SECONDS / 2)

    async def _end_api(self) -> None:
        """Accept no further request and finish the open ones, so that their effects are still published."""
        api = [part for part in self._parts if part.get_name() == _API]
        for part in api:
            part.cancel()
        if api:
            await asyncio.wait(api, timeout=API_SECONDS)

    # -- parts

    def _publisher(self, vhost: str, purpose: str) -> Publisher:
        """Return the publishing session for a vhost and purpose. Each purpose has its own channel."""
        key = f"{vhost}/{purpose}"
        if key not in self._publishers:
            publisher = Publisher(self._amqp, vhost, f"{self._service.name}.{purpose}")
            self._publishers[key] = publisher
            self._parts.append(self._group.create_task(for_ever(key, publisher.run()), name=key))
        return self._publishers[key]

    def _stage(self, pool: Pool) -> Stage:
        vhosts = self._settings.vhosts
        outbox = OutgoingTable(
            OUTBOX, pool, lambda _lane: (self._publisher(vhosts.internal, "outbox"), EVENTS)
        )
        deliveries = OutgoingTable(
            DELIVERIES,
            pool,
            lambda lane: (self._publisher(vhosts.vhost_of(lane), "deliveries"), exchange_of(lane)),
        )
        self._publisher(vhosts.internal, "outbox")  # connected before it is needed
        parking = {False: self._publisher(vhosts.internal, "parking")}
        if self._service.name in PUBLIC_WRITERS:
            self._publisher(vhosts.public, "deliveries")
        if any(queue.public for step in self._service.steps for queue in step.queues):
            parking[True] = self._publisher(vhosts.public, "parking")
        return Stage(self._service.name, self._dsn, pool, outbox, deliveries, parking, Gate())

    def _made(self, pool: Pool, stage: Stage) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        settings = self._settings
        parts: list[tuple[str, Coroutine[Any, Any, None]]] = [
            ("outbox", stage.outbox.run()),
            ("deliveries", stage.deliveries.run()),
            ("gauges", self._gauges(pool, stage)),
            ("loop_lag", _loop_lag()),
            ("ops", serve(ops_app(self._ready), settings.ops_host, settings.ops_port, ops_places())),
        ]
        timers = (*self._service.timers, *removing_handled(self._service.steps))
        parts += [(timer.name, self._tick(timer, stage)) for timer in timers]
        parts += [(name, part(stage)) for name, part in self._service.parts.items()]
        for step in self._service.steps:
            vhost = settings.vhosts.public if step.queues[0].public else settings.vhosts.internal
            subscription = Subscription(
                self._amqp, vhost, f"{self._service.name}.{step.name}",
                [queue.name for queue in step.queues], step.prefetch,
                fairness(step, pool, self._publisher(vhost, "moving"), self._amqp())
                if step.queues[0].public else None,
            )  # fmt: skip
            consumer = Consumer(step, subscription, stage, settings)
            subscription.ready, subscription.suspects_lock = (
                partial(self._may_consume, consumer),
                self._suspects_lock,
            )
            self._consumers.append(consumer)
            parts.append((f"{step.name}.session", subscription.run()))
            parts.append((f"{step.name}.watchdog", self._watchdog(vhost).watch(consumer)))
        return parts

    def _api(self, stage: Stage) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        settings = self._settings
        if self._service.api is None or settings.api_port is None:
            return []
        app = self._service.api(stage)
        app.state.pool = stage.pool
        places, context = api_places(settings), settings.api_context()
        return [(_API, serve(app, settings.ops_host, settings.api_port, places, context))]

    async def _may_consume(self, consumer: Consumer[Any]) -> None:
        await database_answers(self._dsn)
        await consumer.unheld()

    async def _consume(self, consumer: Consumer[Any]) -> None:
        await not_canceled(consumer.label, consumer.run())

    async def _tick(self, timer: Timer, stage: Stage) -> None:
        succeeded, failures = metrics.TIMER_DONE.labels(timer.name), metrics.TIMER_FAILURES.labels(timer.name)
        succeeded.set_to_current_time()
        while True:
            await asyncio.sleep(timer.seconds)
            if not (timer.is_due() and all(consumer.allows(timer) for consumer in self._consumers)):
                continue
            try:
                async with stage.work(f"timer {timer.name}") as (tx, effects):
                    effects += await timer.handle(tx)
                succeeded.set_to_current_time()
            except Exception as error:  # nothing was committed; the next tick tries again
                failures.inc()
                log.warning("timer_postponed", timer=timer.name, error=error)
                await stage.pool.expire_connections()

    def _watchdog(self, vhost: str) -> Watchdog:
        """Return the watchdog of a vhost, which is made at the first call."""
        if vhost not in self._watchdogs:
            self._watchdogs[vhost] = Watchdog(self._amqp, vhost, f"{self._service.name}.watchdog")
        return self._watchdogs[vhost]

    async def _gauges(self, pool: Pool, stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        read_at = loop.time()
        metrics.GAUGES_AGE.set_function(lambda: loop.time() - read_at)
        while True:
            try:
                async with asyncio.timeout(GAUGES_SECONDS):
                    writable = await self._read_gauges(pool, stage)
                read_at = loop.time()
            except Exception as error:
                log.info("gauges_postponed", error=error)
                metrics.unknown(*metrics.OF_THE_DATABASE, *self._service.gauges)
                metrics.AVAILABLE.labels(self._service.name).set(0)
            else:
                metrics.AVAILABLE.labels(self._service.name).set(writable and all(self._sessions().values()))
            await asyncio.sleep(2)

    async def _read_gauges(self, pool: Pool, stage: Stage) -> bool:
        """Set all gauges from the database. Return whether the database accepts writes."""
        pending_, age = await stage.outbox.gauge()
        metrics.OUTBOX_PENDING.set(pending_)
        metrics.OUTBOX_AGE.set(age)
        pending_, age = await stage.deliveries.gauge()
        metrics.DELIVERIES_PENDING.set(pending_)
        metrics.DELIVERY_OVERDUE.set(age)
        if self._service.batching is not None:
            async with pool.acquire() as connection:
                stage.deliveries.batching = await self._service.batching(connection)
        if self._service.observe is not None:
            async with pool.acquire() as connection:
                await self._service.observe(connection)
        async with pool.acquire() as connection:
            writable, offset = await writable_and_offset(connection)
        metrics.CLOCK_OFFSET.set(offset)
        return writable

    async def _ready(self) -> dict[str, bool]:
        return {"database": await answers(self._dsn)} | self._sessions()

    def _sessions(self) -> dict[str, bool]:
        checks = {}
        for consumer in self._consumers:
            attached = consumer.subscription.connected.is_set() and not consumer.stopped_itself
            checks[f"consumer {consumer.label}"] = attached
        own = (self._settings.vhosts.public, self._settings.vhosts.internal)
        for name, publisher in self._publishers.items():
            if publisher.vhost in own:  # an absent institution does not make this service unready
                checks[f"publisher {name}"] = publisher.connected.is_set()
        return checks


async def _loop_lag() -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(0.5)
        metrics.LOOP_LAG.set(max(loop.time() - before - 0.5, 0.0))
