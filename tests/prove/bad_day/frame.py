"""The frame of every bad day: load, fault, heal, check. `cases` has the faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from deploy.local import prometheus
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES
from tests.foreign.events import until
from tests.prove import checker
from tests.prove.observe import depths, observe, quiet
from tests.prove.stream import PATIENCE, Stream
from tests.prove.world import World, opened
from tests.watching import Prometheus, running_prometheus

RATE: Final = 20.0  #: declarations per second
STORIES: Final = 2.0  #: of them in stories: changes, cancellations, identifications
CALM: Final = 10.0  #: seconds of load before the fault, and after it
ALERT_SECONDS: Final = 90.0  #: from the beginning of the fault


@dataclass(slots=True)
class Site:
    """The stack that has the bad day."""

    stack: Stack
    endpoints: Endpoints
    world: World
    prepared: Any = None  #: result of the preparation of the case

    @property
    def services(self) -> tuple[str, ...]:
        """Return the names of the processes of services."""
        return tuple(name for name in self.stack.names if name.split("-")[0] in (*SERVICES, *JOBS))


@dataclass(frozen=True, slots=True)
class Case:
    """One bad day: the fault, and the expected effects."""

    name: str
    fault: Callable[[Site], AbstractAsyncContextManager[None]]  #: begins inside, is healed at the end
    seconds: float = 75.0  #: of the fault
    alerts: tuple[str, ...] = ()  #: one of them must fire; empty: the day is too short for an alert
    prepare: Callable[[Stack], AbstractContextManager[Any]] = field(default=lambda _: nullcontext())
    copies: Mapping[str, int] = field(default_factory=dict)  #: processes of a service, when not one
    tls: bool = False  #: whether servers and APIs accept TLS only


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one bad day."""

    declarations: int
    lost: int
    doubled: int
    parked: int
    final_seconds: float | None  #: from the end of the fault until the declarations sent before are final
    alert_seconds: float | None  #: from the beginning of the fault to the first expected alert
    alerts: Mapping[str, float]  #: every alert that fired, with its seconds
    broken: tuple[str, ...]  #: promises that the checker found broken, and unexpected results
    fault_seconds: float

    def passed(self, case: Case) -> bool:
        """Return whether the day did no harm and was noticed in time."""
        harm = self.lost or self.doubled or self.parked or self.broken
        noticed = not case.alerts or (self.alert_seconds is not None and self.alert_seconds <= ALERT_SECONDS)
        return not harm and noticed and self.final_seconds is not None

    def line(self, case: Case) -> str:
        """Return the figures as a line."""
        final = "never" if self.final_seconds is None else f"{self.final_seconds:.1f} s"
        alert = "none" if self.alert_seconds is None else f"{self.alert_seconds:.0f} s"
        return (
            f"n={self.declarations}, lost {self.lost}, doubled {self.doubled}, parked {self.parked}, "
            f"{len(self.broken)} promises broken, all final {final} after "
            f"{self.fault_seconds:.0f} s of the fault, alert {alert if case.alerts else 'not expected'}"
        )


async def suffer(case: Case, folder: Path, rate: float = RATE) -> Figures:
    """Run one bad day on a stack of its own in a folder."""
    stack = Stack(folder, services=(), tls=case.tls)
    try:
        await asyncio.to_thread(stack.start)
        with case.prepare(stack) as prepared:
            for service in (*SERVICES, *JOBS):
                copies = case.copies.get(service, 1)
                await asyncio.to_thread(stack.serve, stack.endpoints, (service,), copies=copies)
            async with opened(stack.endpoints.document()) as world:
                site = Site(stack, stack.endpoints, world, prepared)
                async with _watched(site) as fired:
                    return await endure(case, site, fired, rate)
    finally:
        await asyncio.to_thread(stack.stop)


async def endure(
    case: Case,
    site: Site,
    fired: Mapping[str, float],
    rate: float = RATE,
    calm: float = CALM,
    patience: float = PATIENCE,
) -> Figures:
    """Run one bad day on a site.

    Args:
        case: The bad day.
        site: A running deployment, with every client connected since its first declaration.
        fired: The instant at which each alert began to fire, kept up to date; empty without Prometheus.
        rate: Declarations per second.
        calm: Seconds of load before the fault, and after it.
        patience: Seconds after the end of the fault in which everything must be final.
    """
    stream = Stream(site.world, Random(1), site.endpoints.data.strangers, patience)
    seconds, broken = case.seconds + 2 * calm, list[str]()
    fault, final = _Fault(), None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(stream.pour(rate - STORIES, seconds))
            group.create_task(stream.tell(int(STORIES * seconds), seconds))
            await asyncio.sleep(calm)
            broken += [f"{name} fired before the fault" for name in fired]
            await _happen(case, site, fault)
            final = await _final(stream, set(stream.expected), fault.healed)
        await stream.finals()
        await quiet(site.world, patience)
        broken += stream.wrong()
    except* TimeoutError as errors:
        broken += map(str, errors.exceptions)
    with suppress(TimeoutError):
        left = fault.began + ALERT_SECONDS - time.monotonic()
        await until(lambda: not case.alerts or bool(fired.keys() & set(case.alerts)), left, "an alert")
    seen = await observe(site.world)
    waiting = await depths(site.world.document)
    parked = sum(count for queue, count in waiting.items() if queue.endswith(".parked"))
    alerts = {name: round(at - fault.began, 1) for name, at in fired.items()}
    return Figures(
        declarations=len(stream.expected),
        lost=checker.lost(seen),
        doubled=checker.doubled(seen),
        parked=parked,
        final_seconds=final,
        alert_seconds=min((alerts[name] for name in case.alerts if name in alerts), default=None),
        alerts=alerts,
        broken=(*broken, *checker.check(seen)),
        fault_seconds=fault.healed - fault.began,
    )


@dataclass(slots=True)
class _Fault:
    """The instants of a fault, on the monotonic clock."""

    began: float = 0.0
    healed: float = 0.0


async def _happen(case: Case, site: Site, fault: _Fault) -> None:
    fault.began = time.monotonic()
    async with case.fault(site):
        await asyncio.sleep(max(fault.began + case.seconds - time.monotonic(), 0))
    fault.healed = time.monotonic()


async def _final(stream: Stream, sent: set[tuple[str, str]], healed: float) -> float | None:
    """Wait until these declarations are final; return the seconds since the end of the fault, or None."""
    while sent := {one for one in sent if not stream.is_final(*one)}:
        if time.monotonic() > healed + stream.patience:
            return None
        await asyncio.sleep(0.2)
    return time.monotonic() - healed


@asynccontextmanager
async def _watched(site: Site) -> AsyncIterator[dict[str, float]]:
    """Note the instant at which each alert begins to fire, inside the context, by the real rules."""
    services = prometheus.addresses({name: site.endpoints.ops_url(name) for name in (*SERVICES, *JOBS)})
    broker = f"127.0.0.1:{site.stack.rabbitmq.prometheus}"
    fired: dict[str, float] = {}

    async def note(watching: Prometheus) -> None:
        while True:
            for name in await asyncio.to_thread(watching.firing):
                fired.setdefault(name, time.monotonic())
            await asyncio.sleep(1)

    with running_prometheus(site.stack.folder / "prometheus", services, broker) as watching:
        noting = asyncio.create_task(note(watching))
        try:
            yield fired
        finally:
            noting.cancel()
