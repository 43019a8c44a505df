"""Kill readers of the feed again and again; each rebuilds every period from the feed (promise R5)."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import asyncpg

from deploy.local.demo.data import DemoData
from deploy.local.deployment import ROOT
from tests.foreign.events import until
from tests.foreign.journal import journaled
from tests.oauth import feed_token
from tests.prove.observe import quiet
from tests.prove.stream import Stream
from tests.prove.world import World

#: Attributes of the envelope; everything else is in `data`, which the allow-list governs.
_ENVELOPE: Final = frozenset(
    {"specversion", "id", "source", "type", "service", "time", "datacontenttype", "data", "subject"}
)
_DAY: Final = "dailyRegistration"  #: the field of the allow-list that shows registered days
_PERIODS: Final = """
SELECT p.period_id, p.employer, p.ssin::text, r.relation_id, p.features, p.start_date, p.end_date,
       p.start_hour, p.end_hour, p.planned_hours, p.canceled
FROM personnel_file.periods p JOIN personnel_file.relations r USING (employer, ssin)"""
_WRITE: Final = """
INSERT INTO personnel_file.feed (event_id, type, data, occurred_at)
SELECT gen_random_uuid(), 'test', $1, now() FROM generate_series(1, $2)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of one reader of the feed."""

    reader: str
    events: int
    missing: int
    unknown: int
    gaps: int  #: relations with versions other than 1 to n, for those that see registered days
    periods: int
    wrong: int  #: periods that differ from the personnel file
    forbidden: tuple[str, ...]  #: fields outside the allow-list of the institution
    kills: int
    again: int  #: events that came more than once
    overtaken: int  #: events that came after a later version of their relation and period

    @property
    def sound(self) -> bool:
        """Return whether nothing is missing, invented or forbidden."""
        return not (
            self.missing or self.unknown or self.gaps or self.wrong or self.forbidden or self.overtaken
        )


@dataclass(frozen=True, slots=True)
class Race:
    """The result of a pulling reader while many transactions write at once."""

    rows: int
    missing: int
    naive: int  #: rows that a cursor `id > last` would have missed
    kills: int
    seconds: float


class Reader:
    """A foreign program that is killed at times and continues from its journal."""

    def __init__(self, kind: str, institution: str, address: Callable[[], str], journal: Path) -> None:
        self.name, self.institution, self.journal = f"{kind} {institution}", institution, journal
        self._address = address  #: the URL, and the queue or a new token
        self._argv = [sys.executable, "-m", "tests.foreign", kind, str(journal)]
        self.kills = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the program."""
        self._process = await asyncio.create_subprocess_exec(
            *self._argv, cwd=ROOT, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdin is not None
        address = await asyncio.to_thread(self._address)
        self._process.stdin.write(f"{address}\n".encode())
        await self._process.stdin.drain()

    async def kill(self) -> None:
        """Kill the program with SIGKILL."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.returncode is None, f"{self.name} ended by itself"
        self._process.kill()
        await self._process.wait()
        self._process.stdin.close()
        self.kills += 1

    async def run(self, end: asyncio.Event, random: Random) -> None:
        """Start and kill the program until the end, then let it read on until `kill`."""
        await self.start()
        while not end.is_set():
            with suppress(TimeoutError):  # it lives long enough to read some
                await asyncio.wait_for(end.wait(), random.uniform(1.0, 2.5))
                return
            await self.kill()
            await self.start()

    def events(self) -> list[dict[str, Any]]:
        """Return the content of its journal."""
        return [line for line in journaled(self.journal) if "id" in line]

    async def done(self, ids: set[str], seconds: float = 30) -> None:
        """Wait until the journal has all of these events, or until the time is up; then end the program."""
        with suppress(TimeoutError):
            await until(lambda: ids <= {event["id"] for event in self.events()}, seconds, "events")
        await self.kill()


def address_of(document: Mapping[str, Any], kind: str, institution: str) -> str:
    """Return the URL and the queue of an institution, or the URL of the events and a new token."""
    row = document["institutions"][institution]
    if kind == "push":
        return f"{row['amqp_url']} {row['queue']}"
    return f"{row['events_url']} {feed_token(document, institution)}"


async def prove(
    world: World,
    data: DemoData,
    folder: Path,
    count: int,
    seconds: float,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> list[Reading]:
    """Stream declarations while readers push and pull and are killed. The world has no institutions.

    `beside` runs from the begin of the stream to its end, for example to kill processes of the system.
    """
    random = Random(1)
    readers = [
        Reader(kind, name, partial(address_of, world.document, kind, name), folder / f"{kind}-{name}.jsonl")
        for kind, name in (("push", "onem"), ("push", "onva"), ("pull", "onva"))
    ]
    stream = Stream(world, random, data.strangers)
    async with _kept_running(readers, random):
        running = asyncio.create_task(beside()) if beside is not None else None
        await stream.tell(count, seconds)
        if running is not None:
            running.cancel()
        await stream.finals()
        await quiet(world)
    assert stream.wrong() == []
    allowed = {
        row["institution_id"]: set(row["fields"])
        for row in await world.database.fetch(
            """SELECT institution_id, fields FROM access.institution_authorizations
            WHERE valid_from <= platform.now() AND (valid_to IS NULL OR valid_to > platform.now())"""
        )
    }
    rows_ = await world.database.fetch("SELECT event_id::text AS id, type FROM personnel_file.feed")
    days = {row["id"] for row in rows_ if ".dailyRegistrations." in row["type"]}
    assert days, "no day was registered"
    periods = {row["period_id"]: dict(row) for row in await world.database.fetch(_PERIODS)}
    readings = []
    for reader in readers:
        fields = allowed[reader.institution]
        ids = {row["id"] for row in rows_} - (days if _DAY not in fields else set())
        await reader.done(ids)
        readings.append(_read(reader, ids, periods, fields))
    return readings


def _read(
    reader: Reader, ids: set[str], periods: Mapping[int, Mapping[str, Any]], allowed: set[str]
) -> Reading:
    """Rebuild the periods from the journal and compare them with the personnel file."""
    written = reader.events()
    events = {event["id"]: event for event in written}
    relations: defaultdict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for event in events.values():
        relations[event["data"]["relation"]["id"]][event["data"]["version"]] = event["data"]
    rebuilt = {
        state["periodId"]: {name: value for name, value in state.items() if name != _DAY}
        for versions in relations.values()
        for _, state in sorted(versions.items())
    }
    wrong = sum(
        rebuilt.get(number) != _as_told(row, rebuilt.get(number, {}), allowed)
        for number, row in periods.items()
    )
    fields = {name for event in events.values() for name in event["data"]} - allowed
    envelope = {name for event in events.values() for name in event} - _ENVELOPE
    return Reading(
        reader=reader.name,
        events=len(events),
        missing=len(ids - events.keys()),
        unknown=len(events.keys() - ids),
        # The events of days have versions too, and some institutions get none of them.
        gaps=sum(sorted(versions) != list(range(1, len(versions) + 1)) for versions in relations.values())
        if _DAY in allowed
        else 0,
        periods=len(rebuilt),
        wrong=wrong + len(rebuilt.keys() - periods.keys()),
        forbidden=tuple(sorted(fields | envelope)),
        kills=reader.kills,
        again=len(written) - len(events),
        overtaken=_overtaken(events.values()),
    )


def _overtaken(events: Iterable[Mapping[str, Any]]) -> int:
    """Return how many events came, for the first time, after a later version of their relation and period."""
    latest: dict[tuple[int, int | None], int] = {}
    found = 0
    for event in events:
        data = event["data"]
        key = (data["relation"]["id"], data.get("periodId"))
        found += data["version"] < latest.get(key, 0)
        latest[key] = max(data["version"], latest.get(key, 0))
    return found


def _as_told(row: Mapping[str, Any], told: Mapping[str, Any], allowed: set[str]) -> dict[str, Any]:
    """Return a period of the personnel file as the institution may see it in the feed."""
    features = json.loads(row["features"])
    state = "CANCELLED" if row["canceled"] else "OPEN" if row["end_date"] is None else "CLOSED"
    values = {
        "periodId": row["period_id"],
        "employer": {**told.get("employer", {}), "enterpriseNumber": row["employer"]},
        "worker": {"ssin": row["ssin"]},
        "relation": {**told.get("relation", {}), "id": row["relation_id"]},
        "version": told.get("version"),
        "status": state,
        "startDate": str(row["start_date"]),
        "endDate": str(row["end_date"]) if row["end_date"] else None,
        "startHour": f"{row['start_hour']:%H%M}" if row["start_hour"] else None,
        "endHour": f"{row['end_hour']:%H%M}" if row["end_hour"] else None,
        "plannedHoursNumber": row["planned_hours"],
        "jointCommissionNumber": features["joint_commission"],
        "workerType": features["worker_type"],
    }
    return {name: value for name, value in values.items() if name in allowed and value is not None}


async def race(world: World, folder: Path, writers: int, transactions: int) -> Race:
    """Write ten rows in each of many concurrent transactions and roll a tenth of them back."""
    began, random = time.monotonic(), Random(2)
    last = await world.database.value("SELECT coalesce(max(id), 0) FROM personnel_file.feed")
    address = partial(address_of, world.document, "pull", "onva")
    reader = Reader("pull", "onva", address, folder / "race.jsonl")
    naive: set[int] = set()

    async def read_naively() -> None:
        place = last
        while True:
            rows = await world.database.fetch(
                "SELECT id FROM personnel_file.feed WHERE id > $1 ORDER BY id LIMIT 1000", place
            )
            naive.update(row["id"] for row in rows)
            place = max((row["id"] for row in rows), default=place)
            await asyncio.sleep(0.01)

    async with _kept_running([reader], random):
        naively = asyncio.create_task(read_naively())
        await asyncio.gather(*(_write(world, transactions, random) for _ in range(writers)))
        await asyncio.sleep(0.5)
        naively.cancel()
    rows = await world.database.fetch(
        "SELECT id, event_id::text FROM personnel_file.feed WHERE id > $1", last
    )
    ids = {row["event_id"] for row in rows}
    await reader.done(ids, 60)
    read = {event["id"] for event in reader.events()}
    return Race(
        len(ids), len(ids - read), sum(row["id"] not in naive for row in rows), reader.kills,
        time.monotonic() - began,
    )  # fmt: skip


@asynccontextmanager
async def _kept_running(readers: Sequence[Reader], random: Random) -> AsyncIterator[None]:
    """Keep the readers running, with kills; at the end they run."""
    end = asyncio.Event()
    running = [asyncio.create_task(reader.run(end, random)) for reader in readers]
    try:
        yield
    finally:
        end.set()
        await asyncio.gather(*running)


async def _write(world: World, transactions: int, random: Random) -> None:
    connection = await asyncpg.connect(world.document["postgres_dsn"])
    state = json.dumps({"relation": {"id": 0}, "version": 0, "periodId": 0})
    try:
        for _ in range(transactions):
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(_WRITE, state, 10)
            await asyncio.sleep(random.uniform(0, 0.03))
            await (transaction.rollback() if random.random() < 0.1 else transaction.commit())
    finally:
        await connection.close()
