"""Foreign programs: an integrator and an institution in plain AMQP and HTTP, with no import of this project.

As programs of their own, to be killed and started again: `python -m tests.foreign push JOURNAL`, told
URL and queue on standard input, and `python -m tests.foreign pull JOURNAL`, told URL and token. A
journal is a file of JSON lines, one CloudEvent each, on disk before anything is acknowledged.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import urllib.request
from abc import abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Self
from uuid import uuid4

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage

CREATE: Final = "be.nsso.dimona.v1.declarations.create"
RECEIVED: Final = f"{CREATE}.receivedReply"
INTERMEDIATE: Final = f"{CREATE}.intermediateReply"
REPLY: Final = f"{CREATE}.reply"
PROBLEM: Final = f"{CREATE}.problemReply"
ISSUED: Final = "be.nsso.dimona.v1.notifications.notify.issued"
CHANGED: Final = "be.nsso.dimona.v1.notifications.notify.situationChanged"

CONTEST: Final = "be.nsso.dimona.v1.contestations.create"
FINAL: Final = "be.nsso.dimona.v1.notifications.notify.becameFinal"

PATIENCE: Final = 30.0  #: seconds that an answer may take on a machine that does much else
_LOST: Final = (
    aio_pika.exceptions.AMQPError, aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent as it came to a queue."""

    id: str
    type: str
    relatedto: str | None
    data: dict[str, Any]
    document: dict[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Event:
        """Return the event in a JSON document."""
        return cls(document["id"], document["type"], document.get("relatedto"), document["data"], document)


class Program:
    """A connection that is made again for as long as the program runs, and one queue that it reads."""

    def __init__(self, url: str, queue: str) -> None:
        self._url, self._queue = url, queue
        self.batches = 0  #: messages with several events
        self._up = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._session = asyncio.create_task(self._run())
        await asyncio.wait_for(self._up.wait(), PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._session.cancel()
        with suppress(asyncio.CancelledError):
            await self._session

    @abstractmethod
    async def hear(self, event: Event) -> None:
        """Take an event; it is acknowledged afterwards."""

    async def attach(self, channel: AbstractChannel) -> None:
        """Prepare what else the channel is for."""

    async def _run(self) -> None:
        while True:
            try:
                async with self._connected() as lost:
                    self._up.set()
                    await lost.wait()
            except _LOST:
                pass
            except asyncio.CancelledError:  # a stuck connection surfaces as one, too
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
            finally:
                self._up.clear()
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncio.Event]:
        lost = asyncio.Event()
        connection = aio_pika.Connection(aio_pika.connection.make_url(f"{self._url}?heartbeat=10"))
        try:
            await connection.connect(timeout=10)
            connection.close_callbacks.add(lambda *_: lost.set())
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            channel.close_callbacks.add(lambda *_: lost.set())
            await self.attach(channel)
            await channel.set_qos(prefetch_count=200)
            queue = await channel.get_queue(self._queue, ensure=False)
            await queue.consume(self._take)
            yield lost
        finally:
            with suppress(*_LOST):
                await connection.close()

    async def _take(self, message: AbstractIncomingMessage) -> None:
        events = json.loads(message.body)
        self.batches += isinstance(events, list)
        for document in events if isinstance(events, list) else [events]:
            await self.hear(Event.of(document))
        with suppress(*_LOST):  # it comes again, then
            await message.ack()


class Integrator(Program):
    """A client's payroll program: sends declarations, reads its reply queue and keeps the replies."""

    def __init__(self, url: str, client_id: str, source: str = "urn:async-source:payroll") -> None:
        super().__init__(url, f"reply.{client_id}")
        self.client_id, self.source = client_id, source
        self.sent: dict[str, bytes] = {}  #: bodies that the broker has confirmed, by event id
        self.posted: set[int] = set()  #: numbers of declarations over REST
        self.answers: dict[str, dict[str, Event]] = {}  #: by id of the event they relate to, then by id
        self.notifications: dict[str, Event] = {}  #: by id
        self.told: dict[str, Event] = {}  #: other events, by id
        self.copies: Counter[str] = Counter()  #: how often each event came
        self._exchange: AbstractExchange | None = None

    async def attach(self, channel: AbstractChannel) -> None:
        self._exchange = await channel.get_exchange("dimona.in", ensure=False)

    async def hear(self, event: Event) -> None:
        self.copies[event.id] += 1
        if event.type in (ISSUED, CHANGED):
            self.notifications.setdefault(event.id, event)
        elif event.relatedto is None:
            self.told.setdefault(event.id, event)
        else:
            self.answers.setdefault(event.relatedto, {}).setdefault(event.id, event)

    def body(self, declaration: Mapping[str, Any], id_: str, type_: str = CREATE) -> bytes:
        """Return the CloudEvent of a declaration or another command."""
        head = {
            "specversion": "1.0", "id": id_, "source": self.source, "type": type_,
            "service": "be.nsso.dimona.v1", "datacontenttype": "application/json",
        }  # fmt: skip
        return json.dumps({**head, "data": declaration}).encode()

    async def declare(self, declaration: Mapping[str, Any], id_: str | None = None) -> str:
        """Send a declaration; returns the id of its event once the broker has confirmed it."""
        id_ = id_ or str(uuid4())
        await self.send(self.body(declaration, id_), id_)
        return id_

    async def again(self, id_: str) -> None:
        """Send an event once more as it was."""
        await self.send(self.sent[id_], id_)

    async def contest(self, notification: str, reason: str, id_: str | None = None) -> str:
        """Contest a notification; returns the id of the event once the broker has confirmed it."""
        id_ = id_ or str(uuid4())
        data = {"notificationId": notification, "reason": reason}
        await self.send(self.body(data, id_, CONTEST), id_, key=CONTEST)
        return id_

    async def send(self, body: bytes, id_: str | None, *, key: str = CREATE, **properties: Any) -> None:
        """Publish until the broker confirms; repeat a publish of unknown outcome with its id."""
        single = "application/cloudevents+json"
        properties = {"user_id": self.client_id, "message_id": id_, "content_type": single, **properties}
        while True:
            await self._up.wait()
            assert self._exchange is not None
            message = aio_pika.Message(
                body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, **properties,
            )  # fmt: skip
            try:
                await self._exchange.publish(message, key, timeout=5)
            except _LOST:
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
            else:
                break
        if id_ is not None and key == CREATE:
            self.sent[id_] = body

    def answered(self, id_: str, *types: str) -> list[Event]:
        """Return the distinct answers to an event in order of arrival, on request of these types only."""
        found = self.answers.get(id_, {}).values()
        return [event for event in found if not types or event.type in types]

    async def answer(self, id_: str, *types: str, seconds: float = PATIENCE) -> Event:
        """Return the first answer of one of these types. Raise TimeoutError."""
        await until(lambda: bool(self.answered(id_, *types)), seconds, f"{types} in answer to {id_}")
        return self.answered(id_, *types)[0]

    async def number(self, id_: str) -> int:
        """Return the Dimona number of an event. Raise TimeoutError."""
        return int((await self.answer(id_, RECEIVED)).data["declarationId"])

    async def finals(self, ids: Iterable[str], seconds: float = PATIENCE) -> dict[str, Event]:
        """Return the final replies to events. Raise TimeoutError."""
        open_ = set(ids)
        found: dict[str, Event] = {}

        def all_there() -> bool:
            for id_ in list(open_):
                if replies := self.answered(id_, REPLY):
                    found[id_] = replies[0]
                    open_.discard(id_)
            return not open_

        await until(all_there, seconds, f"the final replies to {len(open_)} declarations")
        return found


class Institution(Program):
    """An institution's program: reads its queue of the feed."""

    def __init__(self, url: str, queue: str) -> None:
        super().__init__(url, queue)
        self.events: dict[str, Event] = {}  #: by id, in order of first arrival

    async def hear(self, event: Event) -> None:
        self.events.setdefault(event.id, event)


async def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until a condition holds. Raise TimeoutError that names it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not holds():
        if loop.time() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        await asyncio.sleep(0.03)


def journaled(journal: Path) -> list[dict[str, Any]]:
    """Return the events of a journal, without a last line that a kill cut short."""
    if not journal.exists():
        return []
    lines = journal.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1]]


def _reopened(journal: Path) -> IO[bytes]:
    """Open a journal for appending, without a last line that a kill cut short."""
    data = journal.read_bytes() if journal.exists() else b""
    whole = data.rfind(b"\n") + 1
    file = journal.open("ab")
    if whole < len(data):
        file.truncate(whole)
    return file


def _write(file: IO[bytes], lines: Iterable[Mapping[str, Any]]) -> None:
    file.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    file.flush()
    os.fsync(file.fileno())


async def push(url: str, queue: str, journal: Path) -> None:
    """Read the queue for ever; each event is journaled, then acknowledged."""
    with _reopened(journal) as file:

        class Reader(Program):
            async def hear(self, event: Event) -> None:
                _write(file, [event.document])

        async with Reader(url, queue):
            await asyncio.Event().wait()


def page(url: str, token: str, cursor: str | None, limit: int = 100) -> tuple[list[dict[str, Any]], str]:
    """One page of `GET /events`: its events, and the cursor behind the last of them."""
    query = f"?limit={limit}" + (f"&after={cursor}" if cursor else "")
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url + query, headers=headers)  # noqa: S310 - an address of the stack
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        document = json.loads(response.read())
    return document["items"], document["cursor"]


async def pull(url: str, token: str, journal: Path) -> None:
    """Read page by page for ever; the cursor is the last line of the journal that says where it is."""
    cursors = [line["cursor"] for line in journaled(journal) if "cursor" in line]
    cursor = cursors[-1] if cursors else None
    with _reopened(journal) as file:
        while True:
            try:
                items, cursor = await asyncio.to_thread(page, url, token, cursor)
            except OSError:  # the service is away
                items = []
            if items:
                _write(file, [*items, {"cursor": cursor}])
            else:
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    url_, secret = sys.stdin.readline().split()
    # It ends with its parent, however that ends.
    threading.Thread(target=lambda: os._exit(len(sys.stdin.read())), daemon=True).start()
    asyncio.run({"push": push, "pull": pull}[sys.argv[1]](url_, secret, Path(sys.argv[2])))
