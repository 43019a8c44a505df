"""`make bench-growth`: cost and latency while the personnel file and the backlog grow.

Fills the personnel file to 10 k, 1 M and 10 M periods and measures at each size the CPU of all processes per
declaration and the latency at a fixed rate. At the largest size the employer with 100 k workers is compared
with one of few, with declarations that quotas count. Then floods the pipeline with backlogs of 1 k, 10 k and
100 k commands. Writes `.run/bench-growth.json`; fails when a
declaration at the largest size costs more than 1.15 times that at the smallest.

The whole run takes an hour on two busy cores, and 15 GB. `SIZES=10000 BACKLOGS=1000` gives a short one.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from tests.bench.filling import fill
from tests.bench.load import COUNTED, Address, Declarations, Integrator, Run

SIZES: Final = (10_000, 1_000_000, 10_000_000)
BACKLOGS: Final = (1_000, 10_000, 100_000)
LIMIT: Final = 1.15
RESULT: Final = ROOT / ".run" / "bench-growth.json"
_FOLDER: Final = Path(".run/bench-growth")
_LARGE: Final = 100_000  #: workers of one employer of the load
_RUNS, _COUNT = 7, 1_000  #: floods at each size, and the declarations of each
_WRITTEN: Final = """
SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal, pg_database_size(current_database()) AS disk"""
_LATER: Final = timedelta(days=150)  #: behind the days of the other load
_WORKERS_OF: Final = "SELECT count(DISTINCT ssin) FROM personnel_file.relations WHERE employer = $1"
_RATE, _SECONDS = 60.0, 20.0  #: of the steady load
_PATIENCE: Final = 1_800.0
#: Each size begins without the relations of the load, which would grow from size to size.
_FORGET: Final = (
    "DELETE FROM personnel_file.periods WHERE employer = ANY($1::text[]) AND ssin = ANY($2::bpchar[])",
    "DELETE FROM personnel_file.relations WHERE employer = ANY($1::text[]) AND ssin = ANY($2::bpchar[])",
    "DELETE FROM personnel_file.history WHERE employer = ANY($1::text[]) AND ssin = ANY($2::bpchar[])",
)


class PatientIntegrator(Integrator):
    """An integrator that waits long enough for the finals of a large backlog."""

    async def _all(self, run: Run, count: int) -> Run:
        deadline = time.monotonic() + _PATIENCE
        while len(run.final) < count:
            with suppress(TimeoutError):
                return await super()._all(run, count)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(run.final)} of {count} finals")
        return run


def main() -> None:
    """Measure, print and write the figures."""
    sizes, backlogs = (
        _numbers(name, default) for name, default in (("SIZES", SIZES), ("BACKLOGS", BACKLOGS))
    )
    stack = Stack(_FOLDER, say=_say)
    try:
        stack.start()
        figures = asyncio.run(_measure(stack, sizes, backlogs))
    finally:
        stack.stop()
    _write(figures)
    print(json.dumps(figures, indent=1))
    if figures["ratio"] > LIMIT:
        sys.exit(f"a declaration costs {figures['ratio']} times as much at the largest size; limit {LIMIT}")


async def _measure(stack: Stack, sizes: tuple[int, ...], backlogs: tuple[int, ...]) -> dict[str, Any]:
    document = stack.endpoints.document()
    client = max(document["integrators"], key=lambda name: len(document["integrators"][name]["employers"]))
    address = document["integrators"][client]
    employers = address["employers"][:3]
    first_day = date.today() + timedelta(days=30)  # noqa: DTZ011 - the load begins in the future
    declarations = Declarations(employers, document["workers"], first_day)
    periods: dict[str, Any] = {}
    backlog: dict[str, Any] = {}
    database = await asyncpg.connect(stack.postgres.dsn(stack.endpoints.postgres_dsn.rpartition("/")[2]))
    async with PatientIntegrator(Address(address["amqp_url"], client, address["reply_queue"])) as integrator:
        before = 0
        for size in sizes:
            for statement in _FORGET:
                await database.execute(statement, employers, document["workers"], timeout=600)
            await fill(database, size, before, employers, _LARGE, _say)
            before = size
            await database.execute("CHECKPOINT", timeout=600)
            periods[str(size)] = await _at_size(stack, integrator, database, declarations)
            _say(f"{size:,} periods: {periods[str(size)]}")
            _write({"periods": periods, "backlog": backlog})
        both = {
            employer: Declarations([employer], document["workers"], first_day + _LATER, COUNTED)
            for employer in (employers[0], address["employers"][3])
        }
        large = await _large_employer(stack, integrator, database, both)
        _say(f"employers: {large}")
        for count in backlogs:
            run = await integrator.flood(declarations, count, in_flight=256)
            backlog[str(count)] = {
                "per_s": round(run.per_second, 1), "p99_ms": run.latency_ms(0.99), "rss_mb": memory(stack),
            }  # fmt: skip
            _say(f"backlog of {count:,}: {backlog[str(count)]}")
            _write({"periods": periods, "backlog": backlog})
    await database.close()
    costs = [periods[str(size)]["cost_ms"] for size in (sizes[0], sizes[-1])]
    return {
        "periods": periods,
        "ratio": round(costs[1] / costs[0], 3),
        "large_employer": large,
        "backlog": backlog,
    }


async def _large_employer(
    stack: Stack, integrator: Integrator, database: Any, declarations: Mapping[str, Declarations]
) -> dict[str, Any]:
    """Compare employers at one size: floods in turn, so that outside load falls on all alike."""
    costs: dict[str, list[float]] = {employer: [] for employer in declarations}
    figures = {}
    for _ in range(_RUNS):
        for employer, load in declarations.items():
            cost, _ = await _flood(stack, integrator, load)
            costs[employer].append(sum(cost.values()))
    for employer, load in declarations.items():
        steady = await integrator.steady(load, _RATE, _SECONDS)
        figures[employer] = {
            "workers": await database.fetchval(_WORKERS_OF, employer),
            "cost_ms": round(statistics.median(costs[employer]), 3),
            "p99_ms": steady.latency_ms(0.99),
        }
    return figures


async def _at_size(
    stack: Stack, integrator: Integrator, database: Any, declarations: Declarations
) -> dict[str, Any]:
    """Return the figures at the present size; the cost is the median of several floods."""
    await integrator.flood(declarations, _COUNT)  # warm up
    costs, rates = [], []
    before = await database.fetchrow(_WRITTEN)
    for _ in range(_RUNS):
        cost, rate = await _flood(stack, integrator, declarations)
        costs.append(cost)
        rates.append(rate)
    after = await database.fetchrow(_WRITTEN)
    steady = await integrator.steady(declarations, _RATE, _SECONDS)
    by_process = {name: round(statistics.median(cost[name] for cost in costs), 3) for name in costs[0]}
    return {
        "cost_ms": round(statistics.median(sum(cost.values()) for cost in costs), 3),
        "p50_ms": steady.latency_ms(0.5),
        "p99_ms": steady.latency_ms(0.99),
        "per_s": round(statistics.median(rates), 1),
        "cpu_ms": by_process,
        "wal_kb": round(float(after["wal"] - before["wal"]) / _RUNS / _COUNT / 1024, 1),
        "disk_kb": round((after["disk"] - before["disk"]) / _RUNS / _COUNT / 1024, 1),
        "rss_mb": memory(stack),
    }


async def _flood(
    stack: Stack, integrator: Integrator, declarations: Declarations
) -> tuple[dict[str, float], float]:
    """Return the CPU of each process per declaration, in milliseconds, and the declarations per second."""
    before = cpu_seconds(stack)
    run = await integrator.flood(declarations, _COUNT)
    after = cpu_seconds(stack)
    return {name: (after[name] - before[name]) * 1000 / _COUNT for name in after}, run.per_second


def _family(stack: Stack, name: str) -> list[psutil.Process]:
    process = psutil.Process(stack.pid(name))
    return [process, *process.children(recursive=True)]


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """Return the CPU seconds of each process and its children."""
    spent = {}
    for name in stack.names:
        times = [member.cpu_times() for member in _family(stack, name)]
        spent[name] = sum(t.user + t.system for t in times)
    return spent


def memory(stack: Stack) -> Mapping[str, int]:
    """Return the megabytes of each process with its children; pages that these share count once."""
    return {
        name: round(max(member.memory_info().rss for member in _family(stack, name)) / 2**20)
        for name in stack.names
    }


def _numbers(name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(text) for text in os.environ[name].split(",") if text) if name in os.environ else default


def _write(figures: Mapping[str, Any]) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
