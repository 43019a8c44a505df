"""Compare 10,000 workers with and without removed relations: `python -m tests.prove.retention`.

Each worker has random declarations of past years and of this one. The ended relations of one worker of each
pair are removed, and the declarations that follow must end alike for both. Figures go to
`.run/prove-retention.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict
from typing import Any, Final

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.runtime.database import open_pool
from shared.runtime.logs import configure
from shared.topology import Deployment
from tests.integration.retention.twins import compare

RESULT: Final = ROOT / ".run" / "prove-retention.json"


async def _prove(stack: Stack, pairs: int) -> dict[str, Any]:
    endpoints = await asyncio.to_thread(stack.provision, Deployment("twins"), "twins")
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    began = time.monotonic()
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file", size=1) as pool:
        found = await compare(owner, pool, pairs)
    await owner.close()
    return {
        **asdict(found),
        "results": Counter(found.results),
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> None:
    """Run the comparison with a stack of its own. Exit with code 1 if a pair differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.retention", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000, help="default: 10,000")
    pairs = parser.parse_args().pairs
    configure("prove-retention", "WARNING")
    stack = Stack(ROOT / ".run" / "prove-retention", services=())
    stack.start()
    try:
        figures = asyncio.run(_prove(stack, pairs))
    finally:
        stack.stop()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))  # noqa: T201
    sys.exit(bool(figures["different"] or figures["broken"]))


if __name__ == "__main__":
    main()
