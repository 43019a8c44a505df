"""Run the proofs of the pipeline at full size: `python -m tests.prove [PART …]`, one line per figure.

Parts: hundred, order, chaos, feed. Everything goes to `.run/prove-pipeline.json` too; the exit code
is 1 if anything failed. It runs on a stack of its own in `.run/prove`, beside the one of `make up`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import SERVICES, Deployment
from tests.prove import chaos, feed, hundred, order
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.world import World, opened

FOLDER: Final = ROOT / ".run" / "prove"
RESULT: Final = ROOT / ".run" / "prove-pipeline.json"
_BATCHING: Final = ("secretariat", "provider")  #: half of the clients send and get batches
_KILLS: Final = (*SERVICES, "rabbitmq", "postgres")


@dataclass(slots=True)
class Report:
    """A report that prints each figure at once and keeps it."""

    figures: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def add(self, name: str, line: str, figures: Any, *, good: bool, why: tuple[str, ...] = ()) -> None:
        """Add one figure. `why` holds the faults; the first few are printed."""
        self.figures[name] = {**asdict(figures), "passed": good}
        print(f"{'ok  ' if good else 'FAIL'} {name}: {line}", flush=True)  # noqa: T201
        if not good:
            self.failed.append(name)
            for each in why[:10]:
                print(f"       {each}", flush=True)  # noqa: T201


@dataclass(slots=True)
class Proof:
    """The stack and the sizes of the proofs."""

    stack: Stack
    report: Report
    pairs: int
    declarations: int

    @asynccontextmanager
    async def world(self, name: str, *, institutions: bool = True) -> AsyncIterator[World]:
        """Run a separate deployment with all services inside the context."""
        endpoints = await asyncio.to_thread(self.stack.provision, Deployment(name), name)
        await asyncio.to_thread(self.stack.serve, endpoints)
        try:
            async with opened(endpoints.document(), institutions=institutions, batching=_BATCHING) as world:
                yield world
        finally:
            await asyncio.to_thread(self.stack.unserve, *(f"{name}.{service}" for service in SERVICES))

    async def order(self) -> None:
        """Prove the order of pairs."""
        for n, shape in enumerate(order.SHAPES):
            async with self.world(f"order{n}") as world:
                found = await order.prove(world, self.stack, f"order{n}.", shape, self.pairs)
                await quiet(world)
                broken = check(await observe(world))
                assert all(world[role].batches for role in _BATCHING), "a client got no batch"
            self.report.add(
                f"order, {shape}",
                f"n={found.pairs} pairs, {len(found.wrong)} not as serially ({found.decisive} would differ "
                f"the other way round, {found.overtaken} overtook, {found.held} held back), "
                f"{len(broken)} promises broken, {found.seconds:.0f} s",
                found,
                good=not found.wrong and not broken and found.held > 0 and found.pairs == self.pairs,
                why=(*found.wrong, *broken),
            )

    async def chaos(self) -> None:
        """Prove that kills lose and double nothing."""
        scenarios = {victim: (victim,) for victim in _KILLS} | {"everything in turn, twice": _KILLS * 2}
        for n, (name, victims) in enumerate(scenarios.items()):
            async with self.world(f"chaos{n}") as world:
                await _checkpoint(self.stack)
                found = await chaos.prove(
                    world, self.stack, f"chaos{n}.", self.stack.endpoints.data, victims,
                    count=self.declarations * (1 if len(victims) == 1 else 4), seed=n,
                )  # fmt: skip
            recovery = max(kill.recovered for kill in found.kills)
            under_way = [kill.under_way for kill in found.kills]
            self.report.add(
                f"SIGKILL of {name}",
                f"n={found.declarations}, {len(found.kills)} kills with {sum(under_way)} under way, "
                f"lost {found.lost}, doubled {found.doubled}, {len(found.wrong)} wrong, "
                f"{len(found.broken)} promises broken, recovery {recovery:.1f} s, {found.seconds:.0f} s",
                found,
                good=not (found.lost or found.doubled or found.wrong or found.broken),
                why=(*found.broken, *found.wrong),
            )

    async def feed(self) -> None:
        """Prove that the feed is complete."""
        with tempfile.TemporaryDirectory() as folder:
            async with self.world("feed", institutions=False) as world:
                readings = await feed.prove(
                    world, self.stack.endpoints.data, Path(folder), 2 * self.declarations, 30
                )
                for reading in readings:
                    self.report.add(
                        f"feed, {reading.reader}",
                        f"n={reading.events} events, {reading.missing} missing, {reading.gaps} gaps, "
                        f"{reading.periods} periods rebuilt, {reading.wrong} wrong, "
                        f"{len(reading.forbidden)} forbidden fields, {reading.kills} kills, "
                        f"{reading.again} given again",
                        reading,
                        good=reading.sound,
                        why=reading.forbidden,
                    )
                race = await feed.race(world, Path(folder), 10, 500)
            self.report.add(
                "feed, concurrent writers",
                f"n={race.rows} events of 10 writers, {race.missing} missing "
                f"(`id > last` would miss {race.naive}), {race.kills} kills, {race.seconds:.0f} s",
                race,
                good=not race.missing and race.naive > 0,
            )


async def _checkpoint(stack: Stack) -> None:
    """Write the pages that earlier proofs left to disk; else a killed server does it before it answers."""
    connection = await asyncpg.connect(stack.endpoints.superuser_dsn)
    await connection.execute("CHECKPOINT", timeout=120)
    await connection.close()


async def prove_hundred(report: Report) -> None:
    """Prove a hundred declarations on a stack that the command of `make up` starts."""
    folder = ROOT / ".run" / "prove-up"
    command = [sys.executable, "-m", "deploy.local"]
    began = time.monotonic()
    await asyncio.to_thread(_run, [*command, "up", "--folder", str(folder)])
    up = time.monotonic() - began
    try:
        document = json.loads((folder / "endpoints.json").read_text())
        async with opened(document) as world:
            found = await hundred.prove(world)
    finally:
        await asyncio.to_thread(_run, [*command, "down", "--folder", str(folder)])
    report.add(
        "a hundred by a foreign client",
        f"n={found.sent}, {found.received} received, {found.final} final, {len(found.wrong)} wrong, "
        f"{len(found.broken)} promises broken, {found.seconds:.1f} s (stack up in {up:.0f} s)",
        found,
        good=(found.sent, found.received, found.final) == (100, 100, 100)
        and not found.wrong
        and not found.broken,
        why=(*found.wrong, *found.broken),
    )


def _run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Read the command line, run the proofs and print the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="hundred, order, chaos, feed; default: all")
    parser.add_argument("--pairs", type=int, default=1000, help="pairs of each shape (default: 1000)")
    parser.add_argument("--declarations", type=int, default=300, help="per stream (default: 300)")
    arguments = parser.parse_args()
    parts = arguments.parts or ["hundred", "order", "chaos", "feed"]
    if unknown := set(parts) - {"hundred", "order", "chaos", "feed"}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    logging.disable()  # aio-pika tells of every connection that a kill costs
    report, began = Report(), time.monotonic()
    if "hundred" in parts:
        asyncio.run(prove_hundred(report))
    rest = [part for part in parts if part != "hundred"]
    if rest:
        stack = Stack(FOLDER, services=())
        stack.start()
        try:
            proof = Proof(stack, report, arguments.pairs, arguments.declarations)
            steps: dict[str, Callable[[], Any]] = {
                "order": proof.order, "chaos": proof.chaos, "feed": proof.feed,
            }  # fmt: skip
            for part in rest:
                asyncio.run(steps[part]())
        finally:
            stack.stop()
    seconds = round(time.monotonic() - began)
    document = {"seconds": seconds, "failed": report.failed, "figures": report.figures}
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    verdict = f"{len(report.failed)} failed" if report.failed else "all proved"
    print(f"{verdict}: {len(report.figures)} figures in {seconds} s; {RESULT.relative_to(ROOT)}")  # noqa: T201
    sys.exit(bool(report.failed))


if __name__ == "__main__":
    main()
