"""Prove what institutions get: `python -m tests.prove.institutions`.

An institution inscribes workers with files in parts, and a reader that is killed pulls events of which half
are about other workers. Another one with all workers reads a snapshot while periods change, and its tail.
One event that is missing at a reader is found by the digest of its day. Figures go to
`.run/prove-institutions.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import uuid4

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.domain.feed_fields import FEED_FIELDS
from shared.domain.identifiers import parse_ssin
from tests.foreign.events import until
from tests.prove.feed import Reader
from tests.web import ask

RESULT: Final = ROOT / ".run" / "prove-institutions.json"
FOLDER: Final = ROOT / ".run" / "prove-institutions"
_PART: Final = 450  #: inscriptions in one part of a file, of less than 64 KiB
_SENDERS: Final = 4
_OPENED: Final = "be.nsso.dimona.v1.periods.notify.opened"
_WRITE: Final = """
INSERT INTO personnel_file.feed (event_id, type, data, occurred_at, ssin)
SELECT gen_random_uuid(), $1, json_build_object(
        'relation', json_build_object('id', n), 'version', $3::int, 'worker', json_build_object('ssin', s),
        'periodId', n, 'status', 'OPEN')::text, $4, s
FROM unnest($2::text[], $5::bigint[]) AS u (s, n)"""
_GRANT: Final = """
INSERT INTO access.institution_authorization (authorization_id, version, institution_id, recipient_class,
    legal_basis, purpose, fields, all_workers, all_workers_basis, begins_at, country, contact, granted_by,
    confirmed_by)
VALUES (gen_random_uuid(), 1, $1, 'social_security', 'law', 'proof', $2, $3::text IS NOT NULL, $3, $4, 'BE',
    '-', 'operator:a', 'operator:b')"""


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
    snapshot_periods: int
    snapshot_s: float
    snapshot_missing: int  #: periods without their last state in snapshot and tail
    digest_equal: bool  #: the digest of a reader equals that of the feed, and not without one event

    @property
    def sound(self) -> bool:
        """Return whether nothing is missing, foreign or unnoticed."""
        return not (self.foreign or self.missing or self.snapshot_missing) and self.digest_equal


class Place:
    """A running feed with its database, and the institutions of the proof."""

    def __init__(self, url: str, owner: asyncpg.Connection) -> None:
        self.url, self.owner = url, owner

    async def institution(self, name: str, basis: str | None = None) -> str:
        """Add an institution with an authorization, for all workers with a basis; return its token."""
        token = uuid4().hex
        await self.owner.execute(
            "INSERT INTO access.institution (institution_id, token_sha256) VALUES ($1, $2)",
            name, hashlib.sha256(token.encode()).digest(),
        )  # fmt: skip
        begin = datetime.now(UTC) - timedelta(days=30)
        await self.owner.execute(_GRANT, name, list(FEED_FIELDS), basis, begin)
        return token

    async def write(self, workers: list[str], numbers: list[int], version: int = 1) -> None:
        """Write one event of a period for each worker."""
        now = datetime.now(UTC)
        await self.owner.execute(_WRITE, _OPENED, workers, version, now, numbers, timeout=600)

    async def get(self, path: str, token: str) -> Any:
        """Return the document of a request."""
        found = await asyncio.to_thread(ask, self.url + path, headers={"Authorization": f"Bearer {token}"})
        assert found.status == 200, found.body
        return json.loads(found.body)

    async def inscribe(self, token: str, workers: list[str]) -> int:
        """Inscribe workers with a file in parts; return how many were new."""
        parts = iter([workers[at : at + _PART] for at in range(0, len(workers), _PART)])
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}

        async def send() -> int:
            changed = 0
            for part in parts:
                rows = (
                    {
                        "reference": f"f{int(ssin):x}",
                        "ssin": ssin,
                        "capacity": "insured",
                        "beginsOn": "2026-01-01",
                    }
                    for ssin in part
                )
                body = "\n".join(map(json.dumps, rows)).encode()
                found = await asyncio.to_thread(
                    ask, f"{self.url}/inscriptions", headers=headers, body=body, method="POST"
                )
                assert found.status == 200, found.body
                changed += json.loads(found.body)["changed"]
            return changed

        return sum(await asyncio.gather(*(send() for _ in range(_SENDERS))))


def numbers(count: int) -> Iterator[str]:
    """Yield so many valid numbers of persons, of births from 1940 on."""
    day, made = datetime(1940, 1, 1, tzinfo=UTC), 0
    while made < count:
        for serial in range(1, 998):
            nine = f"{day:%y%m%d}{serial:03}"
            ssin = f"{nine}{97 - int(nine) % 97:02}"
            made += 1
            yield ssin
            if made == count:
                return
        day += timedelta(days=1)


async def prove(stack: Stack, inscriptions: int, events: int, periods: int) -> Figures:
    """Run the proof, and return its figures."""
    endpoints = stack.endpoints
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    place = Place(endpoints.api_url("feed"), owner)
    workers = list(numbers(inscriptions + events))
    assert all(parse_ssin(ssin) for ssin in workers[::1009])
    own, others = workers[:inscriptions], workers[inscriptions:]
    token, began = await place.institution("mutual"), time.monotonic()
    inscribed = await place.inscribe(token, own)
    inscribing = time.monotonic() - began
    assert await place.inscribe(token, own[:_PART]) == 0, "a part that is sent again has no effect"

    half = events // 2
    row = {"events_url": f"{place.url}/events", "events_token": token}
    reader = Reader("pull", "mutual", row, FOLDER / "mutual.jsonl")
    end = asyncio.Event()
    running = asyncio.create_task(reader.run(end, Random(1)))
    mine = own * (half // len(own) + 1)
    for at in range(0, half, 1000):
        await place.write(mine[at : at + 1000], list(range(at, min(at + 1000, half))))
        await place.write(others[at : at + 1000], list(range(half + at, half + min(at + 1000, half))))
        await asyncio.sleep(0.1)
    await until(lambda: reader.kills >= 20 or end.is_set(), 120, "20 kills")
    end.set()
    await running
    rows = await owner.fetch("SELECT event_id::text AS id, ssin FROM personnel_file.feed")
    wanted = {row["id"] for row in rows if row["ssin"] in set(own[: len(mine)])}
    await reader.done(wanted, 300)
    got = reader.events()
    ids = {event["id"] for event in got}
    digest_equal = await _digests(place, token, ids)

    snapshot = await _snapshot(place, periods)
    await owner.close()
    return Figures(
        inscribed, inscribing, len(rows), len(ids & wanted), len(ids - wanted), len(wanted - ids),
        reader.kills, *snapshot, digest_equal,
    )  # fmt: skip


async def _digests(place: Place, token: str, ids: set[str]) -> bool:
    """Return whether the digest of the day finds one planted missing event, and none without it."""
    days: dict[str, set[str]] = {}
    for row in await place.owner.fetch(
        """SELECT event_id::text AS id, (occurred_at AT TIME ZONE 'Europe/Brussels')::date::text AS day
        FROM personnel_file.feed WHERE event_id = ANY($1::uuid[])""", list(ids),
    ):  # fmt: skip
        days.setdefault(row["day"], set()).add(row["id"])

    def digest(of: set[str]) -> str:
        return hashlib.sha256("\n".join(sorted(of)).encode()).hexdigest()

    told = {day: (await place.get(f"/events/days/{day}", token))["digest"] for day in days}
    whole = all(told[day] == digest(found) for day, found in days.items())
    day, found = next(iter(days.items()))
    return whole and told[day] != digest(found - {next(iter(found))})


async def _snapshot(place: Place, periods: int) -> tuple[int, float, int]:
    """Read a snapshot while periods change, and its tail. Return periods, seconds, and missing periods."""
    token = await place.institution("tax", "law")
    workers = list(numbers(periods))
    for at in range(0, periods, 10_000):
        part = workers[at : at + 10_000]
        await place.write(part, list(range(10**9 + at, 10**9 + at + len(part))))
    found: dict[int, int] = {}

    def keep(document: Any) -> None:
        for event in document["items"]:
            data = event["data"]
            found[data["periodId"]] = max(data["version"], found.get(data["periodId"], 0))

    began, pages, cursor = time.monotonic(), 0, None
    after: str | None = ""
    while after is not None:
        document = await place.get(f"/snapshot{after}", token)
        cursor = cursor or document["cursor"]
        keep(document)
        if pages % 50 == 0:
            at = pages * 37 % periods
            await place.write([workers[at]], [10**9 + at], version=2 + pages)
        pages += 1
        after = f"?after={document['next']}" if "next" in document else None
    more = True
    while more:
        document = await place.get(f"/events?limit=1000&after={cursor}", token)
        keep(document)
        cursor, more = document["cursor"], document["more"]
    seconds = time.monotonic() - began
    rows = await place.owner.fetch(
        """SELECT (data::json ->> 'periodId')::bigint AS period,
            max((data::json ->> 'version')::int) AS version
        FROM personnel_file.feed GROUP BY 1""", timeout=600,
    )  # fmt: skip
    missing = sum(found.get(row["period"]) != row["version"] for row in rows)
    return len(rows), seconds, missing


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the proof on a stack of its own; exit with 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.institutions", description=__doc__)
    parser.add_argument("--inscriptions", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--periods", type=int, default=100_000)
    arguments = parser.parse_args()
    stack = Stack(FOLDER, services=("feed",), say=_tell)
    stack.start()
    try:
        (FOLDER / "mutual.jsonl").unlink(missing_ok=True)
        figures = asyncio.run(prove(stack, arguments.inscriptions, arguments.events, arguments.periods))
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    _tell(json.dumps(asdict(figures), indent=1))
    sys.exit(0 if figures.sound else 1)


if __name__ == "__main__":
    main()
