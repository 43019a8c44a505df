"""A snapshot of all periods while some change, its tail, and the comparison with the database."""

from __future__ import annotations

import asyncio
import time
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.prove.institutions.place import Place, Program

#: A period changes after so many pages.
_EVERY: Final = 50
_VERSIONS: Final = """
SELECT (data::json ->> 'periodId')::bigint AS period, (data::json ->> 'version')::int AS version
FROM personnel_file.feed"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The result of reading a snapshot with its tail."""

    periods: int
    pages: int
    seconds: float
    changed: int  #: periods that changed while it was read
    missing: int  #: periods without their last version
    longest_page_kib: int
    feed_most_mib: float  #: the most memory of the process of the feed


class _Reader:
    """The version of each period that a program read: two bytes for each."""

    def __init__(self, program: Program, periods: int) -> None:
        self._program, self.found = program, array("H", bytes(2 * periods))

    def read(self, path: str) -> Any:
        """Read a page, keep its versions, and return it."""
        document = self._program.request("GET", path)
        for event in document["items"]:
            data = event["data"]
            period = data["periodId"]
            self.found[period] = max(data["version"], self.found[period])
        return document


async def read_snapshot(place: Place, program: Program, periods: int, workers: int, pid: int) -> Snapshot:
    """Read a snapshot while periods change, then its tail, and compare both with the database.

    Args:
        place: The feed and its database.
        program: The program of an institution with all workers.
        periods: The number of periods; their numbers are 0 to before this one.
        workers: The number of workers in which the periods lie.
        pid: The process of the feed.
    """
    reader, began, pages, cursor, changed = _Reader(program, periods), time.monotonic(), 0, "", 0
    after: str | None = ""
    while after is not None:
        document = await asyncio.to_thread(reader.read, f"/snapshot{after}")
        cursor = cursor or document["cursor"]
        if pages % _EVERY == 0:
            at = pages * 37 % periods
            await place.write(at, at + 1, version=2 + changed, workers=workers)
            changed += 1
        pages += 1
        after = f"?after={document['next']}" if "next" in document else None
    more = True
    while more:
        document = await asyncio.to_thread(reader.read, f"/events?limit=1000&after={cursor}")
        cursor, more = document["cursor"], document["more"]
    seconds = round(time.monotonic() - began, 1)
    told = await _versions(place, periods)
    missing = sum(before != after for before, after in zip(told, reader.found, strict=True))
    return Snapshot(periods, pages, seconds, changed, missing, program.longest // 1024, round(most_mib(pid)))


async def _versions(place: Place, periods: int) -> array[int]:
    """Return the highest version of each period in the database."""
    told = array("H", bytes(2 * periods))
    async with place.owner.transaction():
        async for row in place.owner.cursor(_VERSIONS, prefetch=20_000, timeout=600):
            told[row["period"]] = max(row["version"], told[row["period"]])
    return told


def most_mib(pid: int) -> float:
    """Return the most memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
