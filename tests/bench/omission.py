"""`make bench-omission`: import a million worked days, and judge them against ten million periods.

Fills the personnel file with its history, writes a CSV file of worked days, most of them declared, and
imports it as `dimona omission import` does. Prints the seconds of both parts, outcomes and the most memory
of this process, and writes `.run/bench-omission.json`.

The full run takes 20 minutes and 12 GB. `SIZE=1000000 DAYS=100000` gives a short one.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import time
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from services.personnel_file.omission.channels import COLUMNS, FindingsFile
from services.personnel_file.omission.handler import import_file, judge_findings
from tests.bench.filling import fill

RESULT: Final = ROOT / ".run" / "bench-omission.json"
_FOLDER: Final = Path(".run/bench-omission")
_LARGE: Final = 500_000
_TABLES: Final = ("relations", "periods", "history", "settlements")
#: A day of the first six from the start of each past period, in no order of workers.
_DAYS: Final = """
SELECT employer, ssin, (start_date + (period_id % 6)::int)::text, 'wages', 'W-' || period_id,
    to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SSOF":00"'), '', '', ''
FROM personnel_file.periods WHERE start_date < current_date - 30
ORDER BY hashint8(period_id) LIMIT $1"""


def main() -> None:
    """Measure, print and write the figures."""
    size, days = (int(os.environ.get(name) or most) for name, most in (("SIZE", 10**7), ("DAYS", 10**6)))
    stack = Stack(_FOLDER, services=(), say=_say)
    try:
        stack.start()
        figures = asyncio.run(_measure(stack, size, days))
    finally:
        stack.stop()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


async def _measure(stack: Stack, size: int, days: int) -> dict[str, Any]:
    endpoints = stack.endpoints
    employer = next(iter(endpoints.data.organizations.values())).enterprise_number
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await fill(owner, size, 0, [employer], _LARGE, _say, _TABLES)
    file = _FOLDER / "findings.csv"
    with file.open("w") as out:
        out.write(",".join(COLUMNS) + "\n")
    with file.open("ab") as more:
        await owner.copy_from_query(_DAYS, days, output=more, format="csv", timeout=3_600)
    _say("the file is written")
    started = time.perf_counter()
    await import_file(owner, FindingsFile.of(file))
    imported = time.perf_counter()
    outcomes = await judge_findings(owner, [])
    judged = time.perf_counter()
    await owner.close()
    return {
        "periods": size,
        "days": sum(outcomes.values()),
        "import_seconds": round(imported - started, 1),
        "judge_seconds": round(judged - imported, 1),
        "outcomes": dict(sorted(outcomes.items())),
        "most_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load_average": round(os.getloadavg()[0], 1),
    }


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()
