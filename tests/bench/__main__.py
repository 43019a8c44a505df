"""Measure with `make bench`: the pipeline against its peers and a bare ceiling, interleaved in one run.

Writes `.run/bench.json` and `docs/images/performance.svg`. Each run sends INs of one client for three
employers and all demo workers, all accepted, and lasts from the first publish to the last final reply. Two
institutions are fed. Broker, database, pipeline and load generator share the cores of this machine; the CPU
that other work took meanwhile is written beside each run. All contestants have one load generator, on the
minimal client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import SERVICES, own_key
from tests.bench import ceiling
from tests.bench.chart import chart
from tests.bench.contestants import PEERS, Usage, bare, broker_url, make_vhosts, measured, peer
from tests.bench.load import Address, Declarations, Integrator, Run, ask_for_batches

ROUNDS = 5
#: Declarations in one run: about six seconds of each contestant, so that start and end weigh little.
COUNTS = {"single": 5000, "batch": 6000, "plain": 450, "faststream": 350, "celery": 250, "ceiling": 20_000}
BATCH = 100
RATES = (20.0, 100.0, 220.0)  #: per second, for the latency
STEADY_SECONDS = 10.0
FOLDER = Path(".run/bench")
CHART = ROOT / "docs" / "images" / "performance.svg"
_HOPS = """
SELECT c.message_id, d.received_at, s.settled_at, r.recorded_at
FROM intake.commands c JOIN intake.declarations d USING (number)
    JOIN personnel_file.settlements s ON s.declaration_id = d.number
    JOIN intake.results r ON r.number = d.number AND r.final
WHERE c.message_id = ANY($1::text[])"""


@dataclass(slots=True)
class Bench:
    """The figures of one bench, as they come in."""

    stack: Stack
    declarations: Declarations
    ours: Integrator
    yardstick: Integrator
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    outside: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    usage: dict[str, Usage] = field(default_factory=dict)  #: of the last run of each
    batches: bool = True  #: whether intake takes batches
    only_shared: bool = False  #: whether to use the shared queue instead of the client's own
    peers: tuple[str, ...] = tuple(PEERS)
    failed: list[str] = field(default_factory=list)  #: runs of peers without a figure

    async def round(self) -> None:
        """Run every contestant once, in turn."""
        await self.run("single", self.ours)
        if self.batches:
            await ask_for_batches(self.stack.endpoints.postgres_dsn, True)
            await self.run("batch", self.ours, BATCH)
            await ask_for_batches(self.stack.endpoints.postgres_dsn, False)
        self.stack.unserve(*SERVICES)
        self.ours.shared = True  # the peers know one queue
        for name in self.peers:
            try:
                with peer(self.stack, name) as pids:
                    await self.ours.flood(self.declarations, 30)
                    await self.run(name, self.ours, pids=pids)
            except (RuntimeError, TimeoutError) as error:
                say(f"{name}: no figure, {type(error).__name__} {error}")
                self.failed.append(name)
        with bare(self.stack) as pids:
            await self.yardstick.flood(self.declarations, 500)
            await self.run("ceiling", self.yardstick, pids=pids)
        self.stack.serve(self.stack.endpoints)
        self.ours.shared = self.only_shared
        await self.ours.flood(self.declarations, 300)

    async def run(
        self, name: str, client: Integrator, batch: int = 1, pids: dict[str, int] | Any = None
    ) -> None:
        """Flood one contestant and note its rate and the outside load."""
        with measured(self.stack, pids or {}) as usage:
            run = await client.flood(self.declarations, COUNTS[name], batch=batch)
        self.usage[name] = usage
        self.rates[name].append(run.per_second)
        self.outside[name].append(usage.outside_cores)
        say(f"{name}: {run.per_second:.0f}/s, results {run.letters}, outside {usage.outside_cores:.2f} cores")

    async def latency(self, rate: float) -> dict[str, Any]:
        """Send at a steady rate and return percentiles and the medians of the hops."""
        shift = time.time() - time.perf_counter()
        with measured(self.stack, {}) as usage:
            run = await self.ours.steady(self.declarations, rate, STEADY_SECONDS)
        row = {
            "rate_per_s": round(rate, 1),
            "p50_ms": run.latency_ms(0.5),
            "p99_ms": run.latency_ms(0.99),
            "received_p50_ms": run.latency_ms(0.5, received=True),
            "outside_cores": round(usage.outside_cores, 2),
            "hops_p50_ms": await self._hops(run, shift),
        }
        say(f"steady {row}")
        return row

    async def _hops(self, run: Run, shift: float) -> dict[str, float]:
        """Return the median time of each hop; the instants of the database begin its transactions."""
        connection = await asyncpg.connect(self.stack.endpoints.postgres_dsn)
        try:
            rows = await connection.fetch(_HOPS, list(run.final))
        finally:
            await connection.close()
        hops: dict[str, list[float]] = defaultdict(list)
        for row in rows:
            id_ = row["message_id"]
            received, settled, concluded = (
                row[name].timestamp() for name in ("received_at", "settled_at", "recorded_at")
            )
            hops["sending to reception"].append(received - run.intended[id_] - shift)
            hops["reception to its confirmation at the client"].append(run.received[id_] + shift - received)
            hops["reception to settling"].append(settled - received)
            hops["settling to conclusion"].append(concluded - settled)
            hops["conclusion to the final reply at the client"].append(run.final[id_] + shift - concluded)
        return {name: round(statistics.median(values) * 1000, 1) for name, values in hops.items()}

    def figures(self, latency: list[dict[str, Any]]) -> dict[str, Any]:
        """Return all figures as they are written."""
        medians = {name: statistics.median(values) for name, values in self.rates.items()}
        ours = medians["single"]

        def ratio(name: str, to: str) -> float | None:
            if name not in self.rates or to not in self.rates:
                return None
            if len(self.rates[name]) != len(self.rates[to]):  # a run of a peer failed
                return round(medians[name] / medians[to], 2)
            pairs = zip(self.rates[name], self.rates[to], strict=True)
            return round(statistics.median(mine / other for mine, other in pairs), 2)

        return {
            "taken_at": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
            "machine": f"{psutil.cpu_count()} cores, Python {platform.python_version()}",
            "end_to_end_per_s": round(ours, 1),
            "batch_edge_per_s": round(medians["batch"], 1) if "batch" in medians else None,
            "plain_per_s": round(medians["plain"], 1) if "plain" in medians else None,
            "ratio_to_plain": ratio("single", "plain"),
            "peers": {name: round(medians[name], 1) for name in ("faststream", "celery") if name in medians},
            "ratio_to_peers": {name: ratio("single", name) for name in ("faststream", "celery")},
            "ceiling_per_s": round(medians["ceiling"], 1),
            "ratio_to_ceiling": {"single": ratio("single", "ceiling"), "batch": ratio("batch", "ceiling")},
            "half_load_per_s": latency[-1]["rate_per_s"],
            "half_load_p50_ms": latency[-1]["p50_ms"],
            "half_load_p99_ms": latency[-1]["p99_ms"],
            "latency": latency,
            "cpu": self._cpu_ms("single"),
            "cpu_batch": self._cpu_ms("batch") if "batch" in self.usage else None,
            "cpu_ceiling": self._cpu_ms("ceiling"),
            "rss_mb": self.usage["single"].rss_mb,
            "outside_cores_max": round(max(max(values) for values in self.outside.values()), 2),
            "outside_cores": {name: rounded(values) for name, values in self.outside.items()},
            "runs": {name: rounded(values) for name, values in self.rates.items()},
            "failed": self.failed,
            "declarations": COUNTS,
        }

    def _cpu_ms(self, name: str) -> dict[str, float]:
        """Return the CPU of each process per declaration, in milliseconds, in the last run."""
        spent = self.usage[name].cpu_seconds
        return {process: round(seconds * 1000 / COUNTS[name], 3) for process, seconds in spent.items()}


async def measure(
    stack: Stack, rounds: int, peers: tuple[str, ...], *, batches: bool, shared: bool
) -> dict[str, Any]:
    """Run all contestants in turn, then the steady rates."""
    document = stack.endpoints.document()
    client = max(document["integrators"], key=lambda name: len(document["integrators"][name]["employers"]))
    address = document["integrators"][client]
    declarations = Declarations(
        address["employers"][:3], document["workers"], date.today() + timedelta(days=30)  # noqa: DTZ011
    )  # fmt: skip
    make_vhosts(stack)
    await ceiling.declare(broker_url(stack))
    connection = await asyncpg.connect(stack.endpoints.postgres_dsn)
    await connection.execute(ceiling.SCHEMA)
    await connection.close()
    async with AsyncExitStack() as connected:
        ours = Integrator(
            Address(address["amqp_url"], client, address["reply_queue"], own_key=own_key(client))
        )
        ours.shared = shared
        yardstick = Integrator(ceiling.address(broker_url(stack)))
        for integrator in (ours, yardstick):
            await connected.enter_async_context(integrator)
        bench = Bench(stack, declarations, ours, yardstick, batches=batches, peers=peers, only_shared=shared)
        await ours.flood(declarations, 500)  # warm up
        for _ in range(rounds):
            await bench.round()
        half = statistics.median(bench.rates["single"]) / 2
        latency = [await bench.latency(rate) for rate in (*RATES, half)]
    return bench.figures(latency)


def rounded(values: list[float]) -> list[float]:
    """Return figures with two digits."""
    return [round(value, 2) for value in values]


def say(text: str) -> None:
    """Print progress for the person at the terminal."""
    print(text, flush=True)


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Compare the pipeline.")
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    parser.add_argument("--no-batches", action="store_true", help="leave out batches at the edge")
    parser.add_argument("--shared", action="store_true", help="send to the queue that all clients share")
    parser.add_argument("--peers", nargs="*", default=tuple(PEERS), help="only these peers")
    arguments = parser.parse_args()
    stack = Stack(FOLDER, say=say)
    try:
        stack.start()
        figures = asyncio.run(
            measure(
                stack,
                arguments.rounds,
                tuple(arguments.peers),
                batches=not arguments.no_batches,
                shared=arguments.shared,
            )
        )
    finally:
        stack.stop()
    Path(".run/bench.json").write_text(json.dumps(figures, indent=1) + "\n")
    CHART.write_text(chart(figures))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
