"""Let an operator find and repair faults that are not known beforehand: `python -m tests.prove.drill`.

The drill starts a stack of its own with a Prometheus and two declarations per second, and prints addresses.
It plants a fault chosen by chance, waits until the deployment is well again, prints the minutes, and plants
the next one. The faults are named at the end, with the losses. The operator uses the addresses and the docs,
and must not read this package. Figures go to `.run/drill.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from deploy.local import prometheus
from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES
from tests.prove import checker
from tests.prove.bad_day.frame import Site
from tests.prove.drill.faults import FAULTS, Fault
from tests.prove.observe import observe, quiet
from tests.prove.stream import Stream
from tests.prove.world import opened
from tests.watching import running_prometheus

FOLDER: Final = ROOT / ".run" / "drill"
RESULT: Final = ROOT / ".run" / "drill.json"
_RATE: Final = 2.0  #: declarations per second
_LONGEST: Final = 3 * 3600.0  #: seconds of load
_FINAL_WITHIN: Final = 15.0  #: seconds; a declaration that waits longer shows a fault
_WELL: Final = 30.0  #: seconds without a sign of a fault, after which it counts as repaired
_LOOK: Final = 5.0  #: seconds between two looks
#: Seconds for the result of a declaration that was sent before or during a fault.
_PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Repair:
    """The figures of one fault."""

    fault: str
    noticed_seconds: float  #: from the plant to the first sign: a late declaration, or `dimona status`
    repaired_minutes: float  #: from the plant until the deployment was well


def is_well() -> bool:
    """Return whether `dimona status` asks for nothing."""
    command = [
        sys.executable, "-m", "services.cli.main", "status", "--endpoints", str(FOLDER / "endpoints.json"),
    ]  # fmt: skip
    return not subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


class Watch:
    """The signs of a fault: late declarations, and the outcome of `dimona status`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sent: list[tuple[float, set[tuple[str, str]]]] = []

    async def look(self) -> bool:
        """Look after a pause; return whether nothing is wrong."""
        await asyncio.sleep(_LOOK)
        now = time.monotonic()
        self._sent.append((now, set(self._stream.expected)))
        due: set[tuple[str, str]] = set().union(*(s for at, s in self._sent if at < now - _FINAL_WITHIN))
        self._sent = [(at, s) for at, s in self._sent if at >= now - 2 * _FINAL_WITHIN]
        return all(self._stream.is_final(*one) for one in due) and await asyncio.to_thread(is_well)


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)  # noqa: T201


def write_tool(stack: Stack) -> Path:
    """Write a program that runs `rabbitmqctl` for the broker of a stack; return its path."""
    node, file = stack.rabbitmq.node(), FOLDER / "rabbitmqctl"
    program = Path(node.argv[0]).with_name("rabbitmqctl")
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in node.env.items())
    name = node.env["RABBITMQ_NODENAME"]
    file.write_text(f'#!/bin/sh\nexec env {environment} {program} -n {name} "$@"\n')
    file.chmod(0o700)
    return file


async def _suffer(site: Site, fault: Fault, watch: Watch) -> Repair:
    """Plant a fault and wait until the deployment is well again."""
    await fault.plant(site)
    began = time.monotonic()
    _say("a fault is planted")
    while await watch.look():
        pass
    noticed = time.monotonic() - began
    _say("the deployment shows a sign of it")
    well_since: float | None = None
    while well_since is None or time.monotonic() < well_since + _WELL:
        well = await watch.look()
        well_since = (well_since or time.monotonic()) if well else None
    repaired = (well_since - began) / 60
    _say(f"repaired after {repaired:.1f} minutes")
    return Repair(fault.name, round(noticed, 1), round(repaired, 1))


async def _drill(stack: Stack, faults: Sequence[Fault], seed: int) -> dict[str, object]:
    async with opened(stack.endpoints.document()) as world:
        site = Site(stack, stack.endpoints, world, prepared=[])
        stream = Stream(world, Random(seed), stack.endpoints.data.strangers, _PATIENCE)
        watch, load = Watch(stream), asyncio.create_task(stream.pour(_RATE, _LONGEST))
        while not await watch.look():
            pass
        try:
            repairs = [await _suffer(site, fault, watch) for fault in faults]
        finally:
            for task in (load, *site.prepared):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await stream.finals()
        await quiet(world, _PATIENCE)
        seen = await observe(world)
    return {
        "declarations": len(stream.expected), "lost": checker.lost(seen), "doubled": checker.doubled(seen),
        "broken": [*stream.wrong(), *checker.check(seen)], "faults": [asdict(repair) for repair in repairs],
    }  # fmt: skip


def main() -> None:
    """Run the drill, and name its faults at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.drill", description=__doc__)
    parser.add_argument("--faults", type=int, default=3, choices=range(1, len(FAULTS) + 1))
    arguments = parser.parse_args()
    logging.disable()  # aio-pika logs every connection that a fault costs
    seed = time.time_ns()
    stack = Stack(FOLDER, services=(*SERVICES, *JOBS))
    try:
        stack.start()
        services = prometheus.addresses({name: stack.endpoints.ops_url(name) for name in (*SERVICES, *JOBS)})
        broker = f"127.0.0.1:{stack.rabbitmq.prometheus}"
        with running_prometheus(FOLDER / "prometheus", services, broker) as watching:
            _say(f"addresses: {FOLDER / 'endpoints.json'}; logs: {FOLDER / 'logs'}")
            _say(f"the broker's own tool: {write_tool(stack)}")
            _say(f"alerts and dashboards: {watching.url('overview.html')}")
            faults = Random(seed).sample(FAULTS, arguments.faults)
            document = asyncio.run(_drill(stack, faults, seed))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    _say(json.dumps(document))
    sys.exit(bool(document["lost"] or document["doubled"] or document["broken"]))


if __name__ == "__main__":
    main()
