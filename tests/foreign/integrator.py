"""The payroll program of a client: it sends declarations and stores the answers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange

from tests.foreign.events import (
    CHANGED,
    CONTEST,
    CREATE,
    ISSUED,
    PATIENCE,
    PROBLEM,
    QUERY,
    RECEIVED,
    REPLY,
    Event,
    until,
)
from tests.foreign.program import Program, is_lost


class Integrator(Program):
    """A client's payroll program: sends declarations, reads its reply queue and keeps the replies."""

    def __init__(self, url: str, client_id: str, source: str = "urn:async-source:payroll") -> None:
        super().__init__(url, f"reply.{client_id}")
        self.client_id, self.source = client_id, source
        self.sent: dict[str, bytes] = {}  #: bodies that the broker has confirmed, by event id
        self.posted: set[int] = set()  #: numbers of declarations over REST
        self.answers: dict[str, dict[str, Event]] = {}  #: by id of the event they relate to, then by id
        self.notifications: dict[str, Event] = {}  #: by id
        self.others: dict[str, Event] = {}  #: events of other types that relate to no event, by id
        self.copies: Counter[str] = Counter()  #: how often each event came
        self._exchange: AbstractExchange | None = None

    async def attach(self, channel: AbstractChannel) -> None:
        self._exchange = await channel.get_exchange("dimona.in", ensure=False)

    async def hear(self, event: Event) -> None:
        self.copies[event.id] += 1
        if event.type in (ISSUED, CHANGED):
            self.notifications.setdefault(event.id, event)
        elif event.relatedto is None:
            self.others.setdefault(event.id, event)
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

    async def query(self, data: Mapping[str, Any], *, in_headers: bool = False) -> str:
        """Search the personnel file; returns the id of the event once the broker has confirmed it.

        With `in_headers` the attributes of the event are AMQP headers.
        """
        id_ = str(uuid4())
        event = json.loads(self.body(data, id_, QUERY))
        if not in_headers:
            await self.send(json.dumps(event).encode(), id_, key=QUERY)
            return id_
        body, content_type = json.dumps(event.pop("data")).encode(), event.pop("datacontenttype")
        headers = {f"cloudEvents:{name}": value for name, value in event.items()}
        await self.send(body, id_, key=QUERY, headers=headers, content_type=content_type)
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
            except BaseException as error:
                if not is_lost(error):
                    raise
                await asyncio.sleep(0.2)
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

    async def ends(self, ids: Iterable[str], *types: str, seconds: float = PATIENCE) -> list[Event]:
        """Return the first answer of one of these types to each event, in the order of the ids.

        Args:
            ids: Ids of events that were sent.
            types: Types of answer; by default a final reply or a problem.
            seconds: Time for all of them. Raise TimeoutError afterwards.
        """
        wanted, ids = types or (REPLY, PROBLEM), list(ids)
        pending = set(ids)

        def complete() -> bool:
            pending.difference_update([id_ for id_ in pending if self.answered(id_, *wanted)])
            return not pending

        await until(complete, seconds, f"{wanted} in answer to {len(pending)} events")
        return [self.answered(id_, *wanted)[0] for id_ in ids]

    async def finals(self, ids: Iterable[str], seconds: float = PATIENCE) -> dict[str, Event]:
        """Return the final replies to events, by id of the event. Raise TimeoutError."""
        ids = list(ids)
        return dict(zip(ids, await self.ends(ids, REPLY, seconds=seconds), strict=True))
