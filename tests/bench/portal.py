"""`make bench-portal`: the pages of an employer with 100,000 workers, and twenty persons at a time.

Twenty persons read page after page, five seconds each, while 50 declarations per second pass. Then the
personnel file is filled, and one person opens each page 30 times: searches by several criteria, their second
page, and the time line of a worker. A page is measured from the request to its last byte. Writes
`.run/bench-portal.json`; fails when the 95th percentile of all pages of the twenty is above 150 ms, or that
of a page of the filled file above 300 ms.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from tests.bench import crowd
from tests.bench.filling import fill
from tests.pages import Visitor

RESULT: Final = ROOT / ".run" / "bench-portal.json"
LIMIT_MS: Final = 300.0
CROWD_LIMIT_MS: Final = 150.0
WORKERS: Final = 100_000
_FOLDER: Final = Path(".run/bench-portal")
_PERIODS: Final = 260_000  #: of 100,000 workers and some more
_RUNS: Final = 30
#: Seconds between two pages: the portal gives a network address 20 a second, and lets further ones wait.
_PAUSE: Final = 0.05
_COUNT: Final = "SELECT count(*) FROM personnel_file.relations WHERE employer = $1"
#: Searches by name.
_SEARCHES: Final[Mapping[str, Mapping[str, str]]] = {
    "everything": {},
    "open periods": {"status_OPEN": "yes"},
    "students of a year": {"worker_type_STU": "yes", "startPeriod_from": "2026-01-01"},
    "a name": {"family_name": "Peeters"},
    "late": {"isLate": "yes", "sort": "-startDate"},
    "relations": {"level": "relation", "sort": "startDate"},
}


def main() -> None:
    """Measure, print and write the figures."""
    stack = Stack(_FOLDER, say=_say)
    try:
        stack.start()
        crowded = asyncio.run(crowd.measure(stack.endpoints))
        workers = asyncio.run(_filled(stack.endpoints))
        pages = _measured(stack.endpoints)
    finally:
        stack.stop()
    worst = max(each["p95_ms"] for each in pages.values())
    figures = {"workers": workers, "p95_ms": worst, "pages": pages, "crowd": crowded}
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    if workers < WORKERS or worst > LIMIT_MS or crowded["p95_ms"] > CROWD_LIMIT_MS:
        sys.exit(f"{workers} workers, {worst} ms, {crowded['p95_ms']} ms of twenty persons")


async def _filled(endpoints: Endpoints) -> int:
    """Fill the personnel file, and return the number of workers of the bakery."""
    employer = endpoints.data.organizations["bakery"].enterprise_number
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await fill(owner, _PERIODS, 0, [employer], WORKERS, _say, ("relations", "periods"), one_in=1)
    for table in ("relations", "periods"):
        await owner.execute(f"VACUUM ANALYZE personnel_file.{table}", timeout=3_600)
    workers: int = await owner.fetchval(_COUNT, employer)
    await owner.close()
    return workers


def _measured(endpoints: Endpoints) -> dict[str, dict[str, float]]:
    person = Visitor(endpoints.document())
    assert person.log_in("bakery.declarer").status == 200
    person.get("/personnel")
    form = person.page.form("/personnel").fields
    pages = {}
    for name, criteria in _SEARCHES.items():
        fields = {**form, **criteria}
        pages[name] = _times(partial(person.post, "/personnel", fields))
        following = [value for button, value in person.page.form("/personnel").buttons if button == "after"]
        if following:
            fields = {**fields, "after": following[0]}
            pages[f"{name}, second page"] = _times(partial(person.post, "/personnel", fields))
    relation = next(link for link in person.page.links if link.startswith("/relations/"))
    pages["time line"] = _times(partial(person.get, relation))
    return pages


def _times(load: Callable[[], Any]) -> dict[str, float]:
    """Return the median and the 95th percentile of a page, in milliseconds."""
    taken = []
    for _ in range(_RUNS + 1):
        began = time.perf_counter()
        answer = load()
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, answer.body
        time.sleep(_PAUSE)
    warm = taken[1:]
    quantiles = statistics.quantiles(warm, n=20)
    return {"median_ms": round(statistics.median(warm), 1), "p95_ms": round(quantiles[-1], 1)}


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()
