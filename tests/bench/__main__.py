"""Measure rate and latency of the pipeline and of a plain one, side by side (`make bench`).

Writes `.run/bench.json`. What is measured: INs of one client for three employers and all demo workers,
all accepted; from the first publish to the last final reply; two institutions fed; on this machine,
with broker, database, services and the load generator sharing its cores.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import CONSUMING, SERVICES
from tests.bench.load import Declarations, Integrator, Run

PAIRS = 3
COUNT, PLAIN_COUNT = 3000, 800
STEADY_SECONDS = 20.0
FOLDER = Path(".run/bench")


def main() -> None:
    """Measure, print and write the figures."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    stack = Stack(FOLDER, say=say)
    try:
        stack.start()
        figures = asyncio.run(measure(stack, pairs))
    finally:
        stack.stop()
    Path(".run/bench.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


async def measure(stack: Stack, pairs: int) -> dict[str, Any]:
    """Run both pipelines in turn, then a steady load at half of the measured rate."""
    document = stack.endpoints.document()
    client = max(document["integrators"], key=lambda name: len(document["integrators"][name]["employers"]))
    address = document["integrators"][client]
    declarations = Declarations(
        address["employers"][:3], document["workers"], date.today() + timedelta(days=30)  # noqa: DTZ011
    )  # fmt: skip
    ours: list[float] = []
    plain: list[float] = []
    async with Integrator(client, address) as integrator:
        await integrator.flood(declarations, 300)  # warm up
        cpu: dict[str, float] = {}
        for _ in range(pairs):
            with measured(stack, cpu):
                run = await integrator.flood(declarations, COUNT)
            ours.append(told("pipeline", run))
            stack.unserve(*SERVICES)
            with plain_services(stack):
                await integrator.flood(declarations, 50)
                plain.append(told("plain", await integrator.flood(declarations, PLAIN_COUNT)))
            stack.serve(stack.endpoints)
            await integrator.flood(declarations, 100)
        rate = statistics.median(ours) / 2
        steady = await integrator.steady(declarations, rate, STEADY_SECONDS)
    ratios = [mine / other for mine, other in zip(ours, plain, strict=True)]
    return {
        "end_to_end_per_s": round(statistics.median(ours), 1),
        "plain_per_s": round(statistics.median(plain), 1),
        "ratio_to_plain": round(statistics.median(ratios), 2),
        "half_load_per_s": round(rate, 1),
        "half_load_p50_ms": steady.latency_ms(0.50),
        "half_load_p99_ms": steady.latency_ms(0.99),
        "cpu": cpu,
        "runs": {"end_to_end_per_s": rounded(ours), "plain_per_s": rounded(plain), "ratios": rounded(ratios)},
        "declarations": {"per_run": COUNT, "per_plain_run": PLAIN_COUNT, "pairs": pairs},
    }


@contextlib.contextmanager
def measured(stack: Stack, cpu: dict[str, float]) -> Iterator[None]:
    """Note CPU milliseconds per declaration of each process while the block runs."""
    cpu.clear()
    before, start = times(stack), time.perf_counter()
    yield
    elapsed = time.perf_counter() - start
    for name, spent in times(stack).items():
        cpu[name] = round((spent - before.get(name, 0.0)) * 1000 / COUNT, 3)
    cpu["busy_cores"] = round(sum(cpu.values()) * COUNT / 1000 / elapsed, 2)


def times(stack: Stack) -> dict[str, float]:
    """CPU seconds spent so far by each process, with its children; `load` is this process."""
    spent = {}
    for name in stack.names:
        process = psutil.Process(stack.pid(name))
        family = [process, *process.children(recursive=True)]
        spent[name] = sum(t.user + t.system for t in (member.cpu_times() for member in family))
    own = psutil.Process().cpu_times()
    return {**spent, "load": own.user + own.system}


@contextlib.contextmanager
def plain_services(stack: Stack) -> Iterator[None]:
    """Run the plain pipeline in place of the services."""
    running = []
    try:
        for name in CONSUMING:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.plain", name], cwd=ROOT, stdout=subprocess.PIPE,
                env=stack.endpoints.environment(name),
            )  # fmt: skip
            running.append(process)
            assert process.stdout is not None
            process.stdout.readline()
        yield
        if died := [
            name for name, process in zip(CONSUMING, running, strict=True) if process.poll() is not None
        ]:
            raise RuntimeError(f"the plain pipeline ran without {', '.join(died)}: its figure means nothing")
    finally:
        for process in running:
            process.terminate()
            process.wait()


def told(name: str, run: Run) -> float:
    """Print one run; its rate."""
    say(f"{name}: {run.per_second:.0f}/s, results {run.letters}")
    return run.per_second


def rounded(values: list[float]) -> list[float]:
    """Figures as they are written down."""
    return [round(value, 2) for value in values]


def say(text: str) -> None:
    """Print progress for the person at the terminal."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
