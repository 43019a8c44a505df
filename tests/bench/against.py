"""Compare the running stacks of two checkouts, in turn and with one load generator.

    make up                                    # in both checkouts
    python -m tests.bench.against ../old/.run/endpoints.json [ROUNDS]

Writes `.run/bench-against.json`: declarations per second of both with single messages, of this checkout
with batches of 100 in and out, the ratio of each round, and the latency of both at steady rates. Both
stacks are up all the time; only one of them is loaded.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Self

import psutil

from shared.topology import own_key
from tests.bench.load import Address, Declarations, Integrator, Run, ask_for_batches

OWN: Final = Path(".run/endpoints.json")
ROUNDS: Final = 5
COUNT: Final = 2000  #: declarations in one flood
BATCH: Final = 100
RATES: Final = (20.0, 220.0)  #: per second, for the latency
STEADY_SECONDS: Final = 10.0


@dataclass(slots=True)
class Side:
    """One of the two stacks: its client and the declarations that this client still has to send."""

    name: str
    document: dict[str, Any]
    integrator: Integrator
    declarations: Declarations

    @classmethod
    def of(cls, name: str, endpoints: Path, *, own: bool) -> Self:
        """Return the side of a stack by its file of endpoints.

        Args:
            name: Name in the figures.
            endpoints: `.run/endpoints.json` of the checkout.
            own: Whether a client of this stack has a queue of its own.
        """
        document = json.loads(endpoints.read_text())
        integrators = document["integrators"]
        client = max(integrators, key=lambda id_: len(integrators[id_]["employers"]))
        entry = integrators[client]
        key = own_key(client) if own else ""
        address = Address(entry["amqp_url"], client, entry["reply_queue"], own_key=key)
        first = date.today() + timedelta(days=30)  # noqa: DTZ011 - a day in the future, wherever
        declarations = Declarations(entry["employers"][:3], document["workers"], first)
        return cls(name, document, Integrator(address), declarations)

    async def flood(self, count: int, batch: int = 1) -> Run:
        """Flood this side with so many declarations."""
        return await self.integrator.flood(self.declarations, count, batch=batch)


async def measure(old: Side, new: Side, rounds: int) -> dict[str, Any]:
    """Load both sides in turn and return the figures."""
    rates: dict[str, list[float]] = {"old": [], "new": [], "new_batches": []}
    async with AsyncExitStack() as connected:
        for side in (old, new):
            await connected.enter_async_context(side.integrator)
            await side.flood(500)  # warm up
        for _ in range(rounds):
            for side in (old, new):
                rates[side.name].append((await side.flood(COUNT)).per_second)
            await ask_for_batches(new.document["postgres_dsn"], True)
            rates["new_batches"].append((await new.flood(COUNT, BATCH)).per_second)
            await ask_for_batches(new.document["postgres_dsn"], False)
            print({name: round(values[-1]) for name, values in rates.items()}, flush=True)
        steady = [await latency(side, rate) for rate in RATES for side in (old, new)]
    return {
        "per_s": {name: [round(value, 1) for value in values] for name, values in rates.items()},
        "ratio": ratio(rates["new"], rates["old"]),
        "ratio_batches": ratio(rates["new_batches"], rates["old"]),
        "latency": steady,
    }


def ratio(mine: list[float], other: list[float]) -> float:
    """Return the median of the ratios of each round."""
    return round(statistics.median(a / b for a, b in zip(mine, other, strict=True)), 2)


async def latency(side: Side, rate: float) -> dict[str, Any]:
    """Send to one side at a steady rate and return its percentiles, in milliseconds."""
    psutil.cpu_percent()
    run = await side.integrator.steady(side.declarations, rate, STEADY_SECONDS)
    row = {
        "side": side.name,
        "rate_per_s": rate,
        "p50_ms": run.latency_ms(0.5),
        "p99_ms": run.latency_ms(0.99),
        "cpu_percent": psutil.cpu_percent(),
    }
    print(row, flush=True)
    return row


def main() -> None:
    """Compare the stack of another checkout with that of this one."""
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    old, new = Side.of("old", Path(sys.argv[1]), own=False), Side.of("new", OWN, own=True)
    figures = asyncio.run(measure(old, new, rounds))
    Path(".run/bench-against.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps({name: figures[name] for name in ("ratio", "ratio_batches")}))


if __name__ == "__main__":
    main()
