"""`make bench-sizing`: the cost of a declaration, for planning: CPU, disk, log, connections and memory.

Measures the CPU of each process of an idle stack of its own. Then floods the stack with INs, and measures per
process the CPU, the connections and the memory, and per table the bytes with their indexes. Writes
`.run/bench-sizing.json`. `COUNT=1000` gives a short run.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import aiohttp
import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from tests.bench.growth import PatientIntegrator, cpu_seconds, memory
from tests.bench.load import Address, Declarations
from tests.prove.year.sizes import Sizes, measure

COUNT: Final = 10_000
RESULT: Final = ROOT / ".run" / "bench-sizing.json"
_FOLDER: Final = ROOT / ".run" / "bench-sizing"
_WARM_UP: Final = 1_000
_LOG: Final = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
_SESSIONS: Final = """
SELECT coalesce(usename, backend_type) AS name, count(*) AS number FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1 ORDER BY 1"""
#: The managing plugin of the broker renews its list of connections every five seconds.
_RENEWED: Final = 6.0
_IDLE_SECONDS: Final = 20.0


async def size(stack: Stack, count: int) -> dict[str, Any]:
    """Flood a stack with INs, and return the figures per declaration, process and table."""
    document = stack.endpoints.document()
    client = max(document["integrators"], key=lambda name: len(document["integrators"][name]["employers"]))
    address = document["integrators"][client]
    first_day = date.today() + timedelta(days=30)  # noqa: DTZ011 - the load begins in the future
    declarations = Declarations(address["employers"][:3], document["workers"], first_day)
    database = await asyncpg.connect(stack.endpoints.superuser_dsn)
    async with PatientIntegrator(Address(address["amqp_url"], client, address["reply_queue"])) as integrator:
        await integrator.flood(declarations, _WARM_UP)
        await asyncio.sleep(_RENEWED)
        idle = await _idle(stack)
        tables = await _settled(database)
        log, cpu = await database.fetchval(_LOG), cpu_seconds(stack)
        run = await integrator.flood(declarations, count)
        await asyncio.sleep(_RENEWED)
        end, spent = cpu_seconds(stack), await database.fetchval(_LOG)
        after = await _settled(database)
    sessions = {row["name"]: row["number"] for row in await database.fetch(_SESSIONS)}
    await database.close()
    disk = _growth(tables, after, count)
    return {
        "declarations": count,
        "per_s": round(run.per_second),
        "cpu_ms": {name: round((end[name] - cpu[name]) * 1000 / count, 3) for name in end},
        "idle_percent": idle,
        "log_bytes": round(float(spent - log) / count),
        "disk_bytes": sum(disk.values()),
        "disk_bytes_by_service": _by_service(disk),
        "disk_bytes_by_table": disk,
        "database_connections": sessions,
        "broker_connections": await _broker(document["management_url"]),
        "memory_mb": memory(stack),
        "load_average": os.getloadavg()[0],
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


async def _idle(stack: Stack) -> dict[str, float]:
    """Return the percentage of a core that each process takes while no message passes."""
    before = cpu_seconds(stack)
    await asyncio.sleep(_IDLE_SECONDS)
    after = cpu_seconds(stack)
    return {name: round(100 * (after[name] - before[name]) / _IDLE_SECONDS, 2) for name in after}


async def _settled(database: asyncpg.Connection[Any]) -> Sizes:
    """Return the sizes without the space of rows that were sent and deleted, which autovacuum gives back."""
    await database.execute("VACUUM")
    return await measure(database)


def _growth(before: Sizes, after: Sizes, count: int) -> dict[str, int]:
    """Return the bytes per declaration that each table has grown, the most first."""
    grown = {name: round((size.bytes - before[name].bytes) / count) for name, size in after.items()}
    return dict(sorted(((name, more) for name, more in grown.items() if more), key=lambda item: -item[1]))


def _by_service(disk: Mapping[str, int]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for name, more in disk.items():
        totals[name.partition(".")[0]] += more
    return dict(totals.most_common())


async def _broker(url: str) -> dict[str, dict[str, int]]:
    """Return the connections and channels of each user of the broker."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/connections") as answer:
        answer.raise_for_status()
        rows = await answer.json()
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        user = found.setdefault(row.get("user", ""), {"connections": 0, "channels": 0})
        user["connections"] += 1
        user["channels"] += row.get("channels", 0)
    return dict(sorted(found.items()))


def main() -> None:
    """Measure, print and write the figures."""
    count = int(os.environ.get("COUNT", COUNT))
    stack = Stack(_FOLDER)
    stack.start()
    try:
        figures = asyncio.run(size(stack, count))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    sys.stdout.write(RESULT.read_text())


if __name__ == "__main__":
    main()
