"""Prove the pipeline on a cluster: `python -m tests.prove.cluster`, one line per figure.

Three RabbitMQ nodes on loopback behind a balancer; one of them is killed while 300 declarations stream in.
Then two and four processes of each service, one of which is killed. Writes `.run/prove-cluster.json`; the
exit code is 1 if a declaration was lost, doubled or wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any, Final

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import Deployment
from tests.prove import chaos
from tests.prove.chaos import Figures
from tests.prove.world import opened

FOLDER: Final = ROOT / ".run" / "cluster"
RESULT: Final = ROOT / ".run" / "prove-cluster.json"
NODES: Final = 3
COUNT: Final = 300
#: Name of the run → the process that is killed, and the number of processes of each service. The queues are
#: declared through the first node, so that it leads them; the third only follows.
RUNS: Final = {
    "leader": ("rabbitmq", 1),
    "follower": ("rabbitmq3", 1),
    "two": ("personnel_file", 2),
    "four": ("intake", 4),
}


async def prove(stack: Stack, name: str, victim: str, copies: int, count: int = COUNT) -> Figures:
    """Run one deployment with `copies` processes of each service and kill the victim under load."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment(name), name)
    await asyncio.to_thread(stack.serve, endpoints, copies=copies)
    try:
        async with opened(endpoints.document()) as world:
            return await chaos.prove(world, stack, f"{name}.", endpoints.data, (victim,), count=count, seed=7)
    finally:
        running = [process for process in stack.names if process.startswith(f"{name}.")]
        await asyncio.to_thread(stack.unserve, *running)


def sound(figures: Figures) -> bool:
    """Return whether nothing was lost, doubled or wrong."""
    return not (figures.lost or figures.doubled or figures.wrong or figures.broken)


def main() -> None:
    """Prove every run on one cluster."""
    stack = Stack(FOLDER, services=(), nodes=NODES)
    result: dict[str, Any] = {}
    try:
        stack.start()
        for name, (victim, copies) in RUNS.items():
            figures = asyncio.run(prove(stack, name, victim, copies))
            result[name] = {**asdict(figures), "victim": victim, "copies": copies, "passed": sound(figures)}
            kill = figures.kills[0]
            print(  # noqa: T201
                f"{'ok  ' if sound(figures) else 'FAIL'} {name}: {copies} process(es) per service, "
                f"{victim} killed with {kill.under_way} under way, n={figures.declarations}, "
                f"lost {figures.lost}, doubled {figures.doubled}, {len(figures.wrong)} wrong, "
                f"{len(figures.broken)} promises broken, "
                f"recovery {kill.recovered:.1f} s",
                flush=True,
            )
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(not all(row["passed"] for row in result.values()))


if __name__ == "__main__":
    main()
