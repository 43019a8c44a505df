"""`make bench-search`: times of searches in a large personnel file, and the cost of their indexes.

Fills the personnel file to 1 M and 10 M periods, and measures at each size every search of a table: each
criterion for the largest employer, a small one and a worker, first pages and pages from the middle. A time
covers the whole transaction: scope, search and record of the look. Counts are measured apart, and so is the
number of requests that a search needs for its first full page. Writes `.run/bench-search.json`; fails
when the 95th percentile of the searches exceeds its limit.

The run to 10 M takes half an hour and 12 GB. `SIZES=1000000` gives a short one.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from services.personnel_file.consultation import store
from services.personnel_file.consultation.rules import Criteria, Level, Order, Place, Query
from services.personnel_file.consultation.store import Look, Scope
from shared.runtime.database import Pool, open_pool, transaction
from tests.bench.filling import fill

#: Size → the highest 95th percentile, in milliseconds.
LIMITS: Final = {1_000_000: 100.0, 10_000_000: 150.0}
RESULT: Final = ROOT / ".run" / "bench-search.json"
_FOLDER: Final = Path(".run/bench-search")
_LARGE: Final = 500_000  #: workers of the largest employer at full size; a fifth of all relations at most
_RUNS: Final = 15  #: of each search
_COUNTS: Final = 5  #: of each count
_MOST_REQUESTS: Final = 20  #: for a full page
_ROWS: Final = 256  #: that one transaction settles at most
_LARGEST: Final = """
SELECT employer, count(*) FROM personnel_file.periods GROUP BY employer ORDER BY 2 DESC LIMIT 1"""
_SMALL: Final = """
SELECT employer FROM personnel_file.periods GROUP BY employer HAVING count(*) BETWEEN 20 AND 60 LIMIT 1"""
_MIDDLE: Final = """
SELECT start_date, period_id FROM personnel_file.periods WHERE employer = $1 ORDER BY start_date, period_id
OFFSET (SELECT count(*) / 2 FROM personnel_file.periods WHERE employer = $1) LIMIT 1"""
_RELATION: Final = """
SELECT relation_id, ssin FROM personnel_file.relations WHERE employer = $1
ORDER BY relation_id DESC LIMIT 1"""
#: The indexes of searches: without them the cost of settling is as before.
_INDEXES: Final = (
    "periods_of_employer_by_number", "periods_of_employer_by_start", "periods_of_worker",
    "relations_of_employer_by_number", "relations_of_employer_by_start", "periods_of_employer_by_end",
    "periods_late", "periods_locked", "periods_canceled", "periods_beyond_a_quota", "periods_of_sub_entity",
    "periods_of_user", "relations_by_name",
)  # fmt: skip
_SETTLE: Final = """
WITH r AS (
    INSERT INTO personnel_file.relations (employer, ssin, employer_id, start_date, version, worker)
    SELECT $1, lpad((89999999999 - n)::text, 11, '0'), 1, $2::date, 1,
        '{"ssin": "89999999999", "familyName": "Janssens", "givenName": "Jan", "birthDate": "1980-05-17"}'
    FROM generate_series(1, $3::int) AS n
    RETURNING employer, ssin)
INSERT INTO personnel_file.periods (period_id, employer, ssin, features, features_key, start_date, span)
SELECT 900000000000 + row_number() OVER (), employer, ssin, '{"worker_type":"OTH"}', 'k', $2::date,
    tsrange($2::date, NULL) FROM r"""
_CLOSE: Final = """
UPDATE personnel_file.periods SET end_date = $1::date, span = tsrange(start_date, $1::date, '[]')
WHERE period_id > 900000000000"""


def main() -> None:
    """Measure, print and write the figures."""
    sizes = [int(size) for size in os.environ.get("SIZES", "").split()] or list(LIMITS)
    stack = Stack(_FOLDER, services=(), say=_say)
    try:
        stack.start()
        figures = asyncio.run(_measure(stack, sizes))
    finally:
        stack.stop()
    print(json.dumps(figures, indent=1))
    for size, found in figures.items():
        if found["p95_ms"] > LIMITS.get(int(size), max(LIMITS.values())):
            sys.exit(f"{found['p95_ms']} ms at {size} periods: {found['worst_query']}")


async def _measure(stack: Stack, sizes: list[int]) -> dict[str, Any]:
    endpoints = stack.endpoints
    employers = [each.enterprise_number for each in endpoints.data.organizations.values()][:1]
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    figures: dict[str, Any] = {}
    before = 0
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file") as pool:
        for size in sizes:
            await fill(owner, size, before, employers, _LARGE, _say, ("relations", "periods"))
            before = size
            for table in ("relations", "periods"):
                await owner.execute(f"VACUUM ANALYZE personnel_file.{table}", timeout=3_600)
            figures[str(size)] = await _at_size(owner, pool)
            _say(f"{size:,} periods: {figures[str(size)]}")
            RESULT.parent.mkdir(exist_ok=True)
            RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    await owner.close()
    return figures


async def _at_size(owner: Any, pool: Pool) -> dict[str, Any]:
    largest, rows = await owner.fetchrow(_LARGEST, timeout=600)
    small = await owner.fetchval(_SMALL, timeout=600)
    times: dict[str, list[float]] = {}
    counts: dict[str, list[float]] = {}
    requests: dict[str, int] = {}
    for name, query in [item async for item in _queries(owner, largest, small)]:
        await _timed(pool, query)  # warm up
        times[name] = [await _timed(pool, query) for _ in range(_RUNS)]
        requests[name] = await _requests(pool, query)
        if query.order is Order.NUMBER and query.after is None:
            counts[name] = [await _timed(pool, query, counted=True) for _ in range(_COUNTS)]
    found = _figures(times)
    return {
        "p95_ms": found["p95_ms"],
        "worst_query": found["worst_query"],
        **found,
        "of_largest": _figures({name: of_one for name, of_one in times.items() if "largest" in name}),
        "counts": _figures(counts),
        "requests": {
            "one": sum(needed == 1 for needed in requests.values()),
            "most": max(requests, key=lambda name: requests[name]),
            "most_requests": max(requests.values()),
        },
        "largest_employer": rows,
        "load_average": round(os.getloadavg()[0], 1),
        **await _settling(owner, largest),
    }


def _figures(times: Mapping[str, list[float]]) -> dict[str, Any]:
    every = sorted(ms for of_one in times.values() for ms in of_one)
    slow = {name: _p95(of_one) for name, of_one in times.items()}
    worst = max(slow, key=lambda name: slow[name])
    return {
        "p95_ms": _p95(every),
        "p50_ms": round(statistics.median(every), 1),
        "worst_query": worst,
        "worst_p95_ms": slow[worst],
        "searches": len(times),
    }


async def _queries(owner: Any, largest: str, small: str) -> AsyncIterator[tuple[str, Query]]:
    """Yield searches with names: each criterion, in all orders, from the beginning and from the middle."""
    relation, ssin = await owner.fetchrow(_RELATION, largest)
    day, number = await owner.fetchrow(_MIDDLE, largest, timeout=600)
    middle = Place(day, number)
    today = date.today()  # noqa: DTZ011 - the filled days lie around today
    month = today - timedelta(30)
    found: Mapping[str, Criteria] = {
        "all": Criteria(),
        "active today": Criteria(active_from=today, active_until=today),
        "active in a month": Criteria(active_from=month, active_until=today),
        "entries of a month": Criteria(start_from=month, start_until=today),
        "exits of a month": Criteria(end_from=month, end_until=today),
        "received in a month": Criteria(received_from=month, received_until=today),
        "type": Criteria(worker_type=("FLX",)),
        "type, active": Criteria(worker_type=("FLX",), active_from=today, active_until=today),
        "type, received in a month": Criteria(
            worker_type=("STU",), received_from=month, received_until=today
        ),
        "joint commission": Criteria(joint_commission=("124",)),
        "sub-entity": Criteria(sub_entity="1"),
        "user": Criteria(user_undertaking="0400767772"),
        "user that nothing has": Criteria(user_undertaking="0400000009"),
        "joint commission that nothing has": Criteria(joint_commission=("999",)),
        "open": Criteria(status=("OPEN",)),
        "canceled": Criteria(status=("CANCELLED",)),
        "late": Criteria(late=True),
        "late and locked": Criteria(late=True, locked=True),
        "canceled, received in a month": Criteria(
            status=("CANCELLED",), received_from=month, received_until=today
        ),
        "locked": Criteria(locked=True),
        "quota exceeded": Criteria(quota_exceeded=True),
        "days": Criteria(has_days=True),
        "name": Criteria(family_name="jans"),
        "rare name": Criteria(family_name="zwa"),
        "unknown name": Criteria(family_name="x"),
        "given name that nothing has": Criteria(given_name="x"),
        "name, type, month": Criteria(family_name="jans", worker_type=("STU",), start_from=month),
        "relation": Criteria(relation=relation),
    }
    for level in Level:
        for who, employer in (("largest", largest), ("small", small)):
            for name, criteria in found.items():
                for order in Order:
                    query = Query(level, replace(criteria, employer=employer), order)
                    yield f"{level} {who} {order}: {name}", query
                    if who == "largest" and level is Level.PERIOD:
                        yield f"{level} {who} {order} middle: {name}", replace(query, after=middle)
        yield f"{level} of a worker", Query(level, Criteria(worker=(ssin,)))
        yield f"{level} of a worker of the largest", Query(level, Criteria(worker=(ssin,), employer=largest))


async def _requests(pool: Pool, query: Query) -> int:
    """Return the requests until a page is full, or all rows were examined."""
    rows, number = 0, 0
    place: Query | None = query
    while place is not None and rows < query.size and number < _MOST_REQUESTS:
        async with transaction(pool) as tx:
            found = await store.search(tx, place, Scope(await store.begin(tx)))
        rows, number = rows + len(found.rows), number + 1
        place = None if found.rest is None else replace(place, after=found.rest)
    return number


async def _timed(pool: Pool, query: Query, *, counted: bool = False) -> float:
    """Return the milliseconds of one page with its record."""
    began = time.perf_counter()
    async with transaction(pool) as tx:
        scope = Scope(await store.begin(tx))
        found = await store.search(tx, query, scope)
        if counted:
            await store.count(tx, query, scope)
        shown = [row["relation_id"] for row in found.rows]
        await store.store_look(
            tx, Look("bench", "bench", criteria=query.criteria.given().keys(), relations=shown)
        )
    return (time.perf_counter() - began) * 1000


async def _settling(owner: Any, employer: str) -> dict[str, float]:
    """Return the milliseconds to insert a full batch, and to close it, with and without the indexes."""
    costs: dict[bool, list[float]] = {True: [], False: []}
    closing: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(_RUNS):
        for indexed, times in costs.items():
            change = owner.transaction()
            await change.start()
            if not indexed:
                for index in _INDEXES:
                    await owner.execute(f"DROP INDEX personnel_file.{index}")
            began = time.perf_counter()
            await owner.execute(_SETTLE, employer, date(2026, 1, 1), _ROWS)
            times.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            await owner.execute(_CLOSE, date(2026, 2, 1))
            closing[indexed].append((time.perf_counter() - began) * 1000)
            await change.rollback()
    return {
        "insert_256_ms": round(statistics.median(costs[True]), 1),
        "insert_256_without_indexes_ms": round(statistics.median(costs[False]), 1),
        "close_256_ms": round(statistics.median(closing[True]), 1),
        "close_256_without_indexes_ms": round(statistics.median(closing[False]), 1),
    }


def _p95(times: list[float]) -> float:
    return round(sorted(times)[int(0.95 * (len(times) - 1))], 1)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    main()
