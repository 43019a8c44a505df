"""`make bench-readers`: settling a declaration without readers of the feed, and with forty of them.

Each round sends declarations one after the other and measures from sending to the final reply, first alone,
then while readers pull the whole feed of an institution again and again. Prints the p50 of each round and
their medians, and writes `.run/bench-readers.json`; fails if the readers more than double the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from tests.prove.readers import READERS, Reading, read_feed
from tests.prove.world import opened

RESULT: Final = ROOT / ".run" / "bench-readers.json"
_FOLDER: Final = Path(".run/bench-readers")


async def measure(document: dict[str, Any], rounds: int, declarations: int) -> list[Reading]:
    """Measure some rounds on a running stack."""
    async with opened(document) as world:
        return [await read_feed(world, declarations, READERS) for _ in range(rounds)]


def summary(readings: list[Reading]) -> dict[str, Any]:
    """Return the p50 in milliseconds by number of readers: the median of the rounds, and each round."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_of_the_machine": round(os.getloadavg()[0], 1),
        "settling_p50_ms": {
            "0": median(each.alone for each in readings),
            str(READERS): median(each.beside for each in readings),
        },
        "rounds": [asdict(each) for each in readings],
    }


def main() -> None:
    """Run the measurement on a stack of its own; exit with 1 if the readers more than double the time."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.readers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--declarations", type=int, default=100, help="in each half of a round")
    arguments = parser.parse_args()
    stack = Stack(_FOLDER, say=lambda text: print(text, flush=True))
    stack.start()
    try:
        document = stack.endpoints.document()
        found = summary(asyncio.run(measure(document, arguments.rounds, arguments.declarations)))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    alone, beside = found["settling_p50_ms"].values()
    sys.exit(beside > 2 * alone)


if __name__ == "__main__":
    main()
