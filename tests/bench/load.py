"""The load: an integrator that publishes INs and notes when each reply arrives."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

CREATE = "be.nsso.dimona.v1.declarations.create"
_RELATED = re.compile(rb'"relatedto": ?"([^"]+)"')
_RESULT = re.compile(rb'"result": ?"([ABSW])"')


class Declarations:
    """INs without end: of every worker of every employer, each on a day of its own; all are accepted."""

    def __init__(self, employers: Sequence[str], workers: Sequence[str], first_day: date) -> None:
        self._employers, self._workers, self._first = employers, workers, first_day
        self._made = 0

    def next(self) -> dict[str, Any]:
        """Return the body of the next IN."""
        n, self._made = self._made, self._made + 1
        pairs = len(self._employers) * len(self._workers)
        day = str(self._first + timedelta(days=n // pairs))
        return {
            "employer": {"enterpriseNumber": self._employers[n % len(self._employers)]},
            "worker": {"ssin": self._workers[(n // len(self._employers)) % len(self._workers)]},
            "dimonaIn": {
                "startDate": day,
                "endDate": day,
                "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
            },
        }


@dataclass(slots=True)
class Run:
    """The figures of one run: the intended instant of each declaration, and that of its final reply."""

    intended: dict[str, float] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    letters: dict[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Declarations per second, from the first publish to the last final reply."""
        return len(self.final) / (max(self.final.values()) - min(self.intended.values()))

    def latency_ms(self, share: float) -> float:
        """Return a percentile (0 to 1) of the milliseconds from the intended sending to the final reply."""
        times = sorted(self.final[id_] - at for id_, at in self.intended.items())
        return round(times[min(int(len(times) * share), len(times) - 1)] * 1000, 1)


class Integrator:
    """A client on plain aio-pika: one connection to publish, one to read its replies."""

    def __init__(self, client_id: str, address: Mapping[str, Any]) -> None:
        self._client_id, self._address = client_id, address
        self._run = Run()
        self._arrived = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._sending = await aio_pika.connect(self._address["amqp_url"])
        self._reading = await aio_pika.connect(self._address["amqp_url"])
        channel = await self._sending.channel()
        self._exchange = await channel.get_exchange("dimona.in", ensure=False)
        replies = await self._reading.channel()
        queue = await replies.get_queue(self._address["reply_queue"], ensure=False)
        await queue.consume(self._hear, no_ack=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sending.close()
        await self._reading.close()

    async def _hear(self, message: AbstractIncomingMessage) -> None:
        now, type_ = time.perf_counter(), message.type or ""
        if (related := _RELATED.search(message.body)) is None:
            return
        id_ = related[1].decode()
        if type_.endswith(".receivedReply"):
            self._run.received.setdefault(id_, now)
        elif type_.endswith(".create.reply") and id_ in self._run.intended and id_ not in self._run.final:
            self._run.final[id_] = now
            letter = found[1].decode() if (found := _RESULT.search(message.body)) else "?"
            self._run.letters[letter] = self._run.letters.get(letter, 0) + 1
            self._arrived.set()

    async def flood(self, declarations: Declarations, count: int, in_flight: int = 64) -> Run:
        """As fast as it goes, `in_flight` publishes awaiting their confirm."""
        window = asyncio.Semaphore(in_flight)
        run = self._run = Run()

        async def send() -> None:
            async with window:
                await self._publish(declarations, time.perf_counter())

        await asyncio.gather(*(send() for _ in range(count)))
        return await self._all(run, count)

    async def steady(self, declarations: Declarations, rate: float, seconds: float) -> Run:
        """Send at a fixed rate, open loop: a late declaration does not delay the next one."""
        run = self._run = Run()
        count, start = int(rate * seconds), time.perf_counter() + 0.05
        sending = set()
        for n in range(count):
            at = start + n / rate
            if (pause := at - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            task = asyncio.create_task(self._publish(declarations, at))
            sending.add(task)
            task.add_done_callback(sending.discard)
        return await self._all(run, count)

    async def _publish(self, declarations: Declarations, intended: float) -> None:
        id_ = str(uuid.uuid4())
        self._run.intended[id_] = intended
        event = {"specversion": "1.0", "id": id_, "source": "urn:bench", "type": CREATE,
                 "service": "be.nsso.dimona.v1", "data": declarations.next()}  # fmt: skip
        message = aio_pika.Message(
            json.dumps(event).encode(), message_id=id_, user_id=self._client_id,
            content_type="application/cloudevents+json", delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )  # fmt: skip
        await self._exchange.publish(message, CREATE)

    async def _all(self, run: Run, count: int) -> Run:
        async with asyncio.timeout(180):
            while len(run.final) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return run
