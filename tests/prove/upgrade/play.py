"""The phases of an upgrade and its roll-back under load, and their figures."""

from __future__ import annotations

import asyncio
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from deploy.local import home
from deploy.local.demo.data import generate
from deploy.local.deployment import DEMO_SEED
from tests.prove import checker
from tests.prove.observe import depths, observe, quiet
from tests.prove.stream import Stream
from tests.prove.upgrade import statements
from tests.prove.upgrade.fleet import ORDER, Fleet, Replacement
from tests.prove.upgrade.gaps import Gaps, Phase
from tests.prove.upgrade.load import Load
from tests.prove.upgrade.release import Release
from tests.prove.world import opened

STORIES: Final = 5.0  #: declarations per second of all kinds, out of the whole rate
PATIENCE: Final = 240.0  #: seconds in which everything must be final after the load has ended


@dataclass(slots=True)
class Figures:
    """The figures of an upgrade and its roll-back."""

    old: str
    new: str
    rate: float  #: declarations per second asked
    migrations: list[str] = field(default_factory=list)
    migrated_seconds: float = 0.0
    migration_waits: int = 0  #: attempts of a file that ended without a lock
    topology: str = ""  #: last line of `dimona topology apply`
    statements: int = 0  #: of the old release, that the old schema plans
    known_broken: list[str] = field(default_factory=list)  #: of them, known not to run on the new schema
    pulls: dict[str, int] = field(default_factory=dict)  #: by phase: status of a pull with the old token
    phases: list[Phase] = field(default_factory=list)
    replaced: list[Replacement] = field(default_factory=list)
    declarations: int = 0
    passed_over: int = 0  #: declarations not sent, because the one before them was not received yet
    lost: int = 0
    doubled: int = 0
    parked: int = 0
    killed: list[str] = field(default_factory=list)  #: processes that did not drain in time
    died: list[str] = field(default_factory=list)  #: processes that ended by themselves
    broken: list[str] = field(default_factory=list)  #: promises that the checker found broken, wrong results
    longest_gap: float = 0.0
    load_average: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def passed(self) -> bool:
        """Return whether nothing was lost, doubled, parked, killed or broken."""
        faults = self.killed or self.died or self.broken
        return not (self.lost or self.doubled or self.parked or faults) and bool(self.declarations)


async def play(old: Release, new: Release, folder: Path, rate: float, calm: float) -> Figures:
    """Start a stack of the old release, upgrade it to the new one under load, and roll it back.

    Args:
        old: The release that the stack begins and ends with.
        new: The release in between.
        folder: The folder of the stack.
        rate: Declarations per second.
        calm: Seconds of load before, between and after the changes.
    """
    figures = Figures(old.commit, new.commit, rate)
    await asyncio.to_thread(home.stop, folder)  # a stack that an interrupted run has left
    try:
        await asyncio.to_thread(
            old.run, "deploy.local", "up", "--folder", str(folder), environment={"SANDBOX": "0", "KEEP": "0"}
        )
        fleet = Fleet(folder)
        await asyncio.to_thread(fleet.double)
        endpoints = folder / "endpoints.json"
        document = json.loads(endpoints.read_text())
        async with opened(document) as world:
            strangers = generate(datetime.now(ZoneInfo("Europe/Brussels")).date(), DEMO_SEED).strangers
            gaps = Gaps()
            load = Load(Stream(world, Random(1), strangers, PATIENCE), gaps)
            change = Change(old, new, fleet, endpoints, document["deployment"], calm, figures, gaps)
            gaps.begin("old release", time.monotonic())
            await _under_load(load, change, rate, figures)
            await _judge(load, figures)
        figures.phases, figures.longest_gap = gaps.phases, round(gaps.longest, 2)
        figures.replaced, figures.killed, figures.died = fleet.replaced, fleet.killed(), fleet.died()
        figures.load_average = os.getloadavg()
        return figures
    finally:
        await asyncio.to_thread(home.stop, folder)


async def _under_load(load: Load, change: Change, rate: float, figures: Figures) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(load.turn(rate - STORIES))
            group.create_task(load.tell(STORIES))
            watching = asyncio.create_task(load.watch())
            try:
                await change.make()
            finally:
                load.stop.set()
        async with asyncio.timeout(PATIENCE):
            await watching
    except* TimeoutError as errors:
        figures.broken += [f"time-out: {error}" for error in errors.exceptions]
    finally:
        watching.cancel()
        load.gaps.end(time.monotonic())


async def _judge(load: Load, figures: Figures) -> None:
    """Wait until nothing is in progress, and compare everything with the promises of the pipeline."""
    stream = load.stream
    with suppress(TimeoutError):  # the checker then names the missing declarations
        await stream.finals()
        await quiet(stream.world, PATIENCE)
        figures.broken += stream.wrong()
    seen = await observe(stream.world)
    waiting = await depths(stream.world.document)
    figures.declarations, figures.passed_over = len(stream.expected), load.passed_over
    figures.lost, figures.doubled = checker.lost(seen), checker.doubled(seen)
    figures.parked = sum(count for queue, count in waiting.items() if queue.endswith(".parked"))
    figures.broken += checker.check(seen)


@dataclass(slots=True)
class Change:
    """The steps of an operator: expand, replace one process after the other, and back."""

    old: Release
    new: Release
    fleet: Fleet
    endpoints: Path
    deployment: str
    calm: float
    figures: Figures
    gaps: Gaps

    async def make(self) -> None:
        """Carry out all steps while the load goes on."""
        await self._rest("old release", begun=True)
        before = await self._planned()
        self._begin("migrations and topology of the new release")
        await asyncio.to_thread(self._expand)
        await self._rest("old release on the new schema")
        known, others = statements.broken(before, await self._planned())
        self.figures.statements, self.figures.known_broken = len(before), known
        self.figures.broken += [f"{place} does not run on the new schema" for place in others]
        self._begin("processes replaced by those of the new release")
        for service in ORDER:
            await asyncio.to_thread(self.fleet.upgrade, service, self.new)
        await self._rest("new release")
        self._begin("processes rolled back to the old release")
        for service in reversed(ORDER):
            await asyncio.to_thread(self.fleet.roll_back, service, self.old)
        await self._rest("old release again, on the new schema")

    async def _planned(self) -> set[statements.Statement]:
        return await statements.planned(self.old, self.endpoints.parent, self.deployment)

    def _begin(self, name: str) -> None:
        self.gaps.begin(name, time.monotonic())

    async def _rest(self, name: str, *, begun: bool = False) -> None:
        if not begun:
            self._begin(name)
        await asyncio.sleep(self.calm)
        self.figures.pulls[name] = await asyncio.to_thread(_pull, json.loads(self.endpoints.read_text()))

    def _expand(self) -> None:
        began = time.monotonic()
        command, where = "services.cli.main", ("--endpoints", str(self.endpoints))
        told = self.new.run(command, "migrate", *where).splitlines()
        self.figures.migrations = [line for line in told if line.endswith(".sql")]
        self.figures.migration_waits = sum("migration_waits" in line for line in told)
        self.figures.migrated_seconds = round(time.monotonic() - began, 1)
        self.figures.topology = self.new.run(command, "topology", "apply", *where).splitlines()[-1]


def _pull(document: Mapping[str, Any]) -> int:
    """Read the feed as an institution with the token of the old release; return the status."""
    institution = next(iter(document["institutions"].values()))
    request = urllib.request.Request(  # noqa: S310 - an address of this stack
        institution["events_url"],
        headers={"Authorization": f"Bearer {institution.get('events_token', 'none')}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
