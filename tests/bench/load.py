"""The load: an integrator that publishes INs, singly or in batches, and notes when each reply arrives."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Self

import asyncpg

from tests.bench.lean import Connection, Message, Publish

_ENROL = "WITH own AS (UPDATE access.client SET batches = $1) UPDATE access.institution SET batches = $1"
_REFRESHED = 5.0  #: seconds after which every service has read the directory again
CREATE = "be.nsso.dimona.v1.declarations.create"
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_RELATED = re.compile(rb'"relatedto": ?"([^"]+)"')
_RESULT = re.compile(rb'"result": ?"([ABSW])"')
_PATIENCE = 180.0  #: seconds until the last final reply


@dataclass(frozen=True, slots=True)
class Address:
    """The place where a client sends its commands, and the one where it reads its replies."""

    url: str
    client_id: str
    reply_queue: str
    exchange: str = "dimona.in"
    routing_key: str = CREATE  #: of the queue that all clients share
    own_key: str = ""  #: of the client's own queue, which only the pipeline consumes


#: A day of work without a quota.
ORDINARY: Final = {"features": {"jointCommissionNumber": "XXX", "workerType": "OTH"}}
#: A day of a student and one of an occasional worker: the quotas of worker and employer count them.
COUNTED: Final = (
    {"plannedHoursNumber": 8, "features": {"jointCommissionNumber": "XXX", "workerType": "STU"}},
    {
        "startHour": "1700",
        "endHour": "2130",
        "features": {"jointCommissionNumber": "302", "workerType": "EXT"},
    },
)


class Declarations:
    """INs without end: of every worker of every employer, each on a day of its own; all are accepted.

    `blocks` are taken in turn, and completed by the day.
    """

    def __init__(
        self,
        employers: Sequence[str],
        workers: Sequence[str],
        first_day: date,
        blocks: Sequence[Mapping[str, Any]] = (ORDINARY,),
    ) -> None:
        self._employers, self._workers, self._first = employers, workers, first_day
        self._blocks = blocks
        self._made = 0

    def next(self) -> dict[str, Any]:
        """Return the body of one more IN."""
        n, self._made = self._made, self._made + 1
        pairs = len(self._employers) * len(self._workers)
        day = str(self._first + timedelta(days=n // pairs))
        return {
            "employer": {"enterpriseNumber": self._employers[n % len(self._employers)]},
            "worker": {"ssin": self._workers[(n // len(self._employers)) % len(self._workers)]},
            "dimonaIn": {"startDate": day, "endDate": day, **self._blocks[n % len(self._blocks)]},
        }


@dataclass(slots=True)
class Run:
    """The figures of one run: the intended instant of each declaration, and that of its replies."""

    intended: dict[str, float] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    letters: dict[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Return declarations per second, from the first publish to the last final reply."""
        return len(self.final) / (max(self.final.values()) - min(self.intended.values()))

    def latency_ms(self, share: float, *, received: bool = False) -> float:
        """Return a percentile (0 to 1) from the intended sending to the final reply, in milliseconds.

        With `received`, to the confirmation of reception.
        """
        ends = self.received if received else self.final
        times = sorted(ends[id_] - at for id_, at in self.intended.items())
        return round(times[min(int(len(times) * share), len(times) - 1)] * 1000, 1)


async def ask_for_batches(postgres_dsn: str, wanted: bool) -> None:
    """Enrol the clients and the institutions for batches, or end this, and wait until it counts."""
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute(_ENROL, wanted)
    await connection.close()
    await asyncio.sleep(_REFRESHED)


class Integrator:
    """A client on the minimal protocol client: one connection to publish, one to read its replies."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._run = Run()
        self._arrived = asyncio.Event()
        self.shared = False  #: publish to the shared queue even with an own key

    async def __aenter__(self) -> Self:
        self._sending = await Connection.open(self._address.url)
        self._reading = await Connection.open(self._address.url, self._hear)
        await self._reading.consume(self._address.reply_queue, 512)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._sending.close()
        self._reading.close()

    def _hear(self, message: Message) -> None:
        now = time.perf_counter()
        if message.body.startswith(b"["):
            for event in json.loads(message.body):
                self._note(event["type"], json.dumps(event).encode(), now)
        else:
            self._note(message.properties.get("type", ""), message.body, now)
        self._reading.ack(message.tag)

    def _note(self, type_: str, body: bytes, now: float) -> None:
        if (related := _RELATED.search(body)) is None:
            return
        id_ = related[1].decode()
        if type_.endswith(".receivedReply"):
            self._run.received.setdefault(id_, now)
        elif type_.endswith(".create.reply") and id_ in self._run.intended and id_ not in self._run.final:
            self._run.final[id_] = now
            letter = found[1].decode() if (found := _RESULT.search(body)) else "?"
            self._run.letters[letter] = self._run.letters.get(letter, 0) + 1
            self._arrived.set()

    async def flood(
        self, declarations: Declarations, count: int, in_flight: int = 256, batch: int = 1
    ) -> Run:
        """Send `count` declarations as fast as possible.

        Args:
            declarations: Source of the bodies.
            count: Number of declarations.
            in_flight: Declarations at most that await the broker's confirm.
            batch: Declarations in one message.
        """
        run = self._run = Run()
        chunk = max(batch, in_flight // 4)
        waiting: list[asyncio.Future[None]] = []
        for start in range(0, count, chunk):
            if len(waiting) >= 4:
                await waiting.pop(0)
            now = time.perf_counter()
            size = min(chunk, count - start)
            events = [self._event(declarations, now) for _ in range(size)]
            waiting.append(self._sending.publish(self._messages(events, batch)))
        return await self._all(run, count)

    async def steady(self, declarations: Declarations, rate: float, seconds: float) -> Run:
        """Send at a fixed rate, open loop: a late declaration does not delay the next one."""
        run = self._run = Run()
        count, start = int(rate * seconds), time.perf_counter() + 0.05
        for n in range(count):
            at = start + n / rate
            if (pause := at - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            self._sending.publish(self._messages([self._event(declarations, at)], 1))
        return await self._all(run, count)

    def _event(self, declarations: Declarations, intended: float) -> dict[str, Any]:
        id_ = str(uuid.uuid4())
        self._run.intended[id_] = intended
        return {"specversion": "1.0", "id": id_, "source": "urn:bench", "type": CREATE,
                "service": "be.nsso.dimona.v1", "data": declarations.next()}  # fmt: skip

    def _messages(self, events: Sequence[dict[str, Any]], batch: int) -> list[Publish]:
        def message(content: Any, id_: str, content_type: str) -> Publish:
            address = self._address
            body = json.dumps(content).encode()
            key = address.routing_key if self.shared else address.own_key or address.routing_key
            return Publish(address.exchange, key, body, content_type, id_, CREATE, address.client_id)

        if batch == 1:
            return [message(event, event["id"], ONE) for event in events]
        groups = (events[start : start + batch] for start in range(0, len(events), batch))
        return [message(group, str(uuid.uuid4()), BATCH) for group in groups]

    async def _all(self, run: Run, count: int) -> Run:
        async with asyncio.timeout(_PATIENCE):
            while len(run.final) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return run
