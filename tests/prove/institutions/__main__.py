"""Prove what institutions get: `python -m tests.prove.institutions`.

An institution inscribes workers with files in parts, and a reader that is killed pulls events of which half
are about other workers. One event that is missing at a reader is found by the digest of its day, and planted
changes of the log of disclosures by its check. Another institution, with all workers, reads a snapshot while
periods change, and its tail. Figures go to `.run/prove-institutions.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Final

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from services.feed.disclosure.handler import check_chain
from shared.domain.identifiers import parse_ssin
from tests.foreign.events import until
from tests.prove.feed import Reader
from tests.prove.institutions.place import Place, Program, number
from tests.prove.institutions.snapshot import Snapshot, read_snapshot

RESULT: Final = ROOT / ".run" / "prove-institutions.json"
FOLDER: Final = ROOT / ".run" / "prove-institutions"
KILLS: Final = 20
_PART: Final = 450  #: inscriptions in one part of a file, of less than 64 KiB
_SENDERS: Final = 4
_PERIODS_OF_ONE: Final = 20  #: periods of a worker in the snapshot
_EVENTS: Final = """
SELECT event_id::text AS id, ssin, (occurred_at AT TIME ZONE 'Europe/Brussels')::date::text AS day
FROM personnel_file.feed"""
#: Changes of the log that its check must find.
_PLANTED: Final = {
    "changed": "UPDATE feed.disclosures SET version = version + 1 WHERE institution_id = $1 AND seq = 3",
    "removed": "DELETE FROM feed.disclosures WHERE institution_id = $1 AND seq = 3",
    "moved": """UPDATE feed.disclosures SET seq = CASE seq WHEN 3 THEN 4 ELSE 3 END
        WHERE institution_id = $1 AND seq IN (3, 4)""",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the proof."""

    inscribed: int
    inscribing_s: float
    events: int
    own: int  #: events about inscribed workers that the reader got
    foreign: int  #: events about other workers that the reader got
    missing: int  #: events about inscribed workers that the reader did not get
    kills: int
    digest_equal: bool  #: the digest of a reader equals that of the feed, and not without one event
    log_breaks_planted: int
    log_breaks_found: int
    filling_s: float
    snapshot: Snapshot
    snapshot_missing: int  #: periods without their last version in snapshot and tail

    @property
    def sound(self) -> bool:
        """Return whether nothing is missing, foreign or unnoticed."""
        lost = self.foreign + self.missing + self.snapshot_missing
        found = self.log_breaks_found == self.log_breaks_planted == len(_PLANTED)
        return not lost and self.digest_equal and found and self.kills >= KILLS


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a proof."""

    inscriptions: int
    events: int
    periods: int


async def _inscribe(place: Place, program: Program, count: int) -> int:
    """Inscribe so many workers with a file in parts; return how many were new."""
    parts = iter(range(0, count, _PART))

    def body(first: int) -> bytes:
        rows = (
            {"reference": f"f{int(ssin):x}", "ssin": ssin, "capacity": "insured", "beginsOn": "2026-01-01"}
            for ssin in map(number, range(first, min(first + _PART, count)))
        )
        return "\n".join(map(json.dumps, rows)).encode()

    async def send() -> int:
        sender, changed = program.another(place.endpoints), 0
        for first in parts:
            answer = await asyncio.to_thread(sender.request, "POST", "/inscriptions", body(first))
            changed += answer["changed"]
        return changed

    inscribed = sum(await asyncio.gather(*(send() for _ in range(_SENDERS))))
    again = program.request("POST", "/inscriptions", body(0))
    assert again == {"changed": 0}, "a part that is sent again has no effect"
    return inscribed


async def _read_events(place: Place, program: Program, size: Size) -> Reader:
    """Write events while a reader is killed again and again, and return the reader with its journal."""
    reader = Reader(
        "pull", "mutual", lambda: f"{program.url}/events {program.token()}", FOLDER / "mutual.jsonl"
    )
    end, half = asyncio.Event(), size.events // 2
    running = asyncio.create_task(reader.run(end, Random(1)))
    for at in range(0, half, 1000):
        last = min(at + 1000, half)
        await place.write(at, last, workers=size.inscriptions)
        await place.write(half + at, half + last, workers=half, skipped=size.inscriptions)
        await asyncio.sleep(0.1)
    await until(lambda: reader.kills >= KILLS or running.done(), 180, f"{KILLS} kills")
    end.set()
    await running
    return reader


def _days(rows: Collection[asyncpg.Record], ids: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each Belgian day with those of these events that occurred on it."""
    days: dict[str, list[str]] = {}
    for row in rows:
        if row["id"] in ids:
            days.setdefault(row["day"], []).append(row["id"])
    yield from days.items()


def _digests_equal(program: Program, rows: Collection[asyncpg.Record], ids: Collection[str]) -> bool:
    """Return whether the digest of each day is that of the reader, and finds one event that is missing."""

    def digest(of: list[str]) -> str:
        return hashlib.sha256("\n".join(sorted(of)).encode()).hexdigest()

    for day, found in _days(rows, ids):
        told = program.request("GET", f"/events/days/{day}")["digest"]
        if told != digest(found) or told == digest(found[1:]):
            return False
    return True


async def _breaks(owner: asyncpg.Connection, institution: str) -> tuple[int, int]:
    """Return the number of changes of the log that are planted, and of those that its check finds.

    Return 0 found ones for a log that is broken without them. Each change is rolled back.
    """
    _, faults = await check_chain(owner, institution, whole=True)
    if faults:
        return len(_PLANTED), 0
    found = 0
    for change in _PLANTED.values():
        transaction = owner.transaction()
        await transaction.start()
        assert await owner.execute(change, institution) not in ("UPDATE 0", "DELETE 0")
        _, faults = await check_chain(owner, institution, whole=True)
        found += bool(faults)
        await transaction.rollback()
    return len(_PLANTED), found


async def prove(stack: Stack, size: Size) -> Figures:
    """Run the proof, and return its figures."""
    owner = await asyncpg.connect(stack.endpoints.postgres_dsn)
    place = Place(stack.endpoints, owner)
    assert all(map(parse_ssin, map(number, range(0, size.inscriptions + size.events, 1009))))
    mutual, began = await place.institution("mutual"), time.monotonic()
    inscribed = await _inscribe(place, mutual, size.inscriptions)
    inscribing = round(time.monotonic() - began, 1)
    _tell(f"{inscribed} workers are inscribed after {inscribing} s")

    reader = await _read_events(place, mutual, size)
    rows = await owner.fetch(_EVENTS)
    own = {number(n % size.inscriptions) for n in range(size.events // 2)}
    wanted = {row["id"] for row in rows if row["ssin"] in own}
    await reader.done(wanted, 300)
    got = {event["id"] for event in reader.events()}
    digest_equal = _digests_equal(mutual, rows, got)
    planted, breaks = await _breaks(owner, "mutual")
    _tell(f"{len(got)} of {len(rows)} events are read, after {reader.kills} kills")

    await place.end("mutual")
    began, periods = time.monotonic(), size.events + size.periods
    workers = max(1, size.periods // _PERIODS_OF_ONE)
    await place.fill(size.events, periods, workers)
    filling = round(time.monotonic() - began, 1)
    _tell(f"{size.periods} further periods are written after {filling} s")
    tax = await place.institution("tax", "law")
    snapshot = await read_snapshot(place, tax, periods, workers, stack.pid("feed"))
    await owner.close()
    return Figures(
        inscribed, inscribing, len(rows), len(got & wanted), len(got - wanted), len(wanted - got),
        reader.kills, digest_equal, planted, breaks, filling, snapshot, snapshot.missing,
    )  # fmt: skip


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the proof on a stack of its own; exit with 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.institutions", description=__doc__)
    parser.add_argument("--inscriptions", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--periods", type=int, default=10_000_000)
    arguments = parser.parse_args()
    stack = Stack(FOLDER, services=("access", "feed"), say=_tell)
    stack.start()
    try:
        (FOLDER / "mutual.jsonl").unlink(missing_ok=True)
        size = Size(arguments.inscriptions, arguments.events, arguments.periods)
        figures = asyncio.run(prove(stack, size))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    _tell(json.dumps(asdict(figures), indent=1))
    sys.exit(0 if figures.sound else 1)


if __name__ == "__main__":
    main()
