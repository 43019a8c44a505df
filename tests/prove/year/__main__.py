"""Prove that a year passes well: `python -m tests.prove.year`.

The services but intake run in two processes each, and the test clock jumps by a month, twelve times. Each
month the demonstration and a hundred more declarations pass, and every periodic work is done. Nothing may be
lost, doubled or parked, no work may fail, the partitions have to be made ahead and dropped after their term,
and a table with a term must not grow. Figures go to `.run/prove-year.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES, Deployment
from tests.prove.every_kind import unplayed
from tests.prove.year import passing, sizes

RESULT: Final = ROOT / ".run" / "prove-year.json"
FOLDER: Final = ROOT / ".run" / "prove-year"
MONTHS: Final = 13
#: The demonstration has people for so many takes.
_TAKES: Final = 12
_NAME: Final = "year"
_RECEIVED: Final = "SELECT count(*) FROM intake.declarations"
_REMOVED: Final = """
SELECT schema_name || '.' || table_name AS name, sum(removed)::bigint AS rows
FROM platform.removals GROUP BY 1"""
_POSTPONED: Final = re.compile(r'"timer_postponed"|\btimer_postponed\b|\bpurge_postponed\b')
#: Two processes of intake may receive two declarations in another order than a client sent them, and the
#: demonstration sends some that depend on it.
_ALONE: Final = "intake"
#: Months for which partitions are made: this one and three more.
_AHEAD: Final = 4


async def prove(stack: Stack, months: int) -> dict[str, Any]:
    """Pass `months` months on a deployment of its own, and return the figures."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment(_NAME), _NAME)
    await asyncio.to_thread(stack.serve, endpoints, [name for name in SERVICES if name != _ALONE], copies=2)
    await asyncio.to_thread(stack.serve, endpoints, (_ALONE, *JOBS))
    owner, superuser = (
        await asyncpg.connect(endpoints.postgres_dsn),
        await asyncpg.connect(endpoints.superuser_dsn),
    )
    deployed = passing.Deployed(
        endpoints, FOLDER, owner, superuser, unplayed(endpoints.data, endpoints.document())
    )
    await passing.set_terms(deployed)
    began, measured, received = time.monotonic(), [], []
    faults: list[str] = []
    parts: dict[str, list[str]] = {}
    today = endpoints.data.today
    for month in range(months):
        jumped = time.time()
        today = await passing.jump(deployed) if month else today
        faults += [f"{today}: {fault}" for fault in await passing.declare(deployed, played=month < _TAKES)]
        await passing.tend(deployed, jumped)
        measured.append(await sizes.measure(owner))
        received.append(await owner.fetchval(_RECEIVED))
        parts = await sizes.partitions(owner)
        faults += _wrong_partitions(parts, today, month)
        _say(f"{today}: {received[-1]} declarations, {_bytes(measured[-1]) >> 20} MB, faults: {faults}")
    removed = {row["name"]: row["rows"] for row in await owner.fetch(_REMOVED)}
    await owner.close()
    await superuser.close()
    return _figures(measured, received, faults, parts, removed) | {
        "postponed": _postponed(stack.folder / "logs"),
        "seconds": round(time.monotonic() - began),
    }


def _wrong_partitions(parts: dict[str, list[str]], today: date, month: int) -> list[str]:
    """Return the tables without partitions ahead, and those with a partition past its term."""
    first = today.year * 12 + today.month - 1
    ahead = {_month(first + n) for n in range(_AHEAD)}
    wrong = [f"{today}: {name} lacks a partition ahead" for name, has in parts.items() if ahead - _ends(has)]
    over = {_month(n) for n in range(first - month, first - _AHEAD)}
    wrong += [
        f"{today}: {name} keeps a partition whose term is over"
        for name in passing.OWNER_TERMS
        if over & _ends(parts[name])
    ]
    return wrong


def _month(number: int) -> str:
    """Return the end of the name of the partition of a month, counted from the year 0."""
    return f"{number // 12}_{number % 12 + 1:02}"


def _ends(names: Sequence[str]) -> set[str]:
    return {name[-7:] for name in names}


def _figures(
    measured: Sequence[sizes.Sizes], received: Sequence[int], faults: Sequence[str],
    parts: dict[str, list[str]], removed: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    set_by_proof = (*passing.OPERATOR_TERMS, *passing.OWNER_TERMS, *passing.WITH_THEM)
    terms = sizes.terms(set_by_proof)
    bounded = [name for name in measured[-1] if sizes.is_short(terms.get(name, "keep"))]
    grown = sizes.growing(measured, received, terms)
    return {
        "months": len(measured),
        "declarations": received,
        "megabytes": [_bytes(month) >> 20 for month in measured],
        "faults": [*faults, *sizes.unbounded(measured, bounded)],
        "bounded": len(bounded),
        "growing": {name: asdict(growth) for name, growth in grown.items()},
        "partitions": {name: [has[0], has[-1], len(has)] for name, has in parts.items() if has},
        "removed": removed,
        "tables": sizes.as_document(measured),
    }


def _bytes(month: sizes.Sizes) -> int:
    return sum(size.bytes for size in month.values())


def _postponed(logs: Path) -> list[str]:
    """Return the lines of the logs that tell of a failed periodic work."""
    return [
        f"{file.name}: {line.strip()[:300]}"
        for file in sorted(logs.glob("*"))
        if file.is_file()
        for line in file.read_text(errors="replace").splitlines()
        if _POSTPONED.search(line)
    ]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Prove and print; exit with 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.year", description=__doc__)
    parser.add_argument("--months", type=int, default=MONTHS, help="default: 13")
    months = parser.parse_args().months
    stack = Stack(FOLDER, services=())
    stack.start()
    try:
        figures = asyncio.run(prove(stack, months))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    _say(json.dumps({name: value for name, value in figures.items() if name != "tables"}, indent=1))
    sys.exit(bool(figures["faults"] or figures["postponed"]))


if __name__ == "__main__":
    main()
