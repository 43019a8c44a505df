"""The stage of a service: the objects that its consumers, timers and APIs share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Container, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from shared.envelope import Event, carrier, carriers, cloud_event, declaration_number, unpack
from shared.messages import Delivery, Message, derived_id
from shared.runtime import metrics, tracing
from shared.runtime.batching import gathered
from shared.runtime.bursts import CARRIER_TYPE, EVENT_TYPE, Outgoing, Sent
from shared.runtime.database import Dsn, Pool, Transaction, transaction
from shared.runtime.incoming import Incoming
from shared.runtime.logs import log
from shared.runtime.outgoing import OutgoingTable, write_all
from shared.runtime.publishing import Publisher
from shared.runtime.step import Effect, Item, Resumed, Unreadable
from shared.runtime.tables import Draft, Row
from shared.topology import PARKED, Queue

T = TypeVar("T")

INTERNAL = "internal"  #: the one lane of the outbox


class Gate:
    """A gate before the handling of messages. Batches pass together, a suspect message alone (decision D6).

    A message is suspect when it was redelivered: it may have killed the process.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._alone = False
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Wait until no suspect message is handled, then let a batch pass."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone)
            self._inside += 1
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until nothing else is handled, and let one message pass alone."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone)
            self._alone = True
            await self._changed.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            async with self._changed:
                self._alone = False
                self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Written:
    """The rows that a transaction wrote, to be published after its commit."""

    outbox: Sequence[Row]
    deliveries: Sequence[Row]


@dataclass(slots=True)
class Stage:
    """The shared objects of a running service, and the functions that publish and park with them."""

    name: str
    dsn: Dsn
    pool: Pool
    outbox: OutgoingTable
    deliveries: OutgoingTable
    parking: dict[bool, Publisher]  #: publisher of the public (True) and of the internal vhost
    gate: Gate

    async def write(
        self, tx: Transaction, effects: Sequence[Effect], unit: tracing.Unit | None = None
    ) -> Written:
        """Write messages, deliveries and resumed events to the outgoing tables.

        Args:
            tx: The transaction in which they were decided.
            effects: The messages, deliveries and resumed events that a handler returned.
            unit: The spans of the transaction, if this process sends spans.

        Returns:
            The stored rows. Pass them to `offer` after the commit.
        """
        messages = [effect for effect in effects if isinstance(effect, Message)]
        deliveries = [effect for effect in effects if isinstance(effect, Delivery)]
        resumed = [effect for effect in effects if isinstance(effect, Resumed)]
        drafts = _packed(messages, self.name, tx.now, unit) + [
            _apart(event, self.name, tx.now) for event in resumed
        ]
        replies = gathered(
            [Draft(d.id, d.recipient, d.recipient, d.type, d.body) for d in deliveries],
            self.deliveries.batching,
        )
        if drafts and replies:
            return Written(*await write_all(tx, [(self.outbox, drafts), (self.deliveries, replies)]))
        return Written(await self.outbox.write(tx, drafts), await self.deliveries.write(tx, replies))

    def offer(self, written: Written) -> None:
        """Publish the rows that `write` returned. Call it only after the commit."""
        self.outbox.offer(written.outbox)
        self.deliveries.offer(written.deliveries)

    @asynccontextmanager
    async def work(self, place: str = "api") -> AsyncIterator[tuple[Transaction, list[Effect]]]:
        """Open a transaction, with an empty list for effects.

        After the commit, publish the effects in the list. `place` names the work in spans.
        """
        effects: list[Effect] = []
        with tracing.unit(f"{self.name} {place}", ()) as unit:
            async with transaction(self.pool) as tx:
                yield tx, effects
                written = await self.write(tx, effects, unit)
        self.offer(written)

    async def scatter(self, incoming: Incoming, ids: Container[UUID]) -> None:
        """Publish some events of a carrier again, each in a carrier of its own.

        Every queue with a binding to their routing key receives them again. Steps that have handled them
        find their ids in the inbox, and do not handle them twice.
        """
        drafts = [
            Draft(
                derived_id("scattered", incoming.queue, event.id), INTERNAL, incoming.routing_key, "carrier",
                carrier([json.dumps(event.document)]),
            )
            for event in unpack(incoming.body)
            if event.id in ids
        ]  # fmt: skip
        async with transaction(self.pool) as tx:
            rows = await self.outbox.write(tx, drafts)
        self.outbox.offer(rows)

    @property
    def has_room(self) -> bool:
        """Whether the publishers have caught up. Callers that must not wait ask this instead of `room`."""
        return self.outbox.has_room and self.deliveries.has_room

    async def room(self) -> None:
        """Wait until the publishers have caught up."""
        await self.outbox.room()
        await self.deliveries.room()

    async def park(self, queue: Queue, incoming: Incoming, item: Item[object] | Unreadable, why: str) -> None:
        """Copy one event to the parking queue of the service; return after the confirm of the broker.

        The headers hold the reason and the origin, never content. A crash before the acknowledgement
        parks the event twice under one id; it is never lost.

        Args:
            queue: The queue that the event came from.
            incoming: The message that contains the event.
            item: The event, readable or not.
            why: The reason, without any data of the event.
        """
        own = item.body if isinstance(item, Item) else None
        event = item.event if isinstance(item, Unreadable) else None
        if isinstance(item, Item) and own is None:
            event = _event_of(incoming, item.id)
        body = (own or incoming.body) if event is None else carrier([json.dumps(event.document)]).encode()
        subject = [event.id] if event is not None else [incoming.user_id or "", body]
        message = Outgoing(
            str(derived_id("parked", queue.name, *subject)),
            PARKED,
            queue.parking,
            event.type if event is not None else "unreadable",
            body,
            EVENT_TYPE if queue.public else CARRIER_TYPE,
            _parking_headers(queue, incoming, why),
        )
        kind = "poison" if isinstance(item, Item) else "invalid"
        while (sent := await self.parking[queue.public].publish(message)) is not Sent.CONFIRMED:
            log.warning("parking_postponed", queue=queue.name, outcome=sent)
            await asyncio.sleep(0.5)
        metrics.PARKED.labels(queue.name, kind).inc()
        number = declaration_number(event.document.get("data")) if event is not None else None
        about = {} if number is None else {"declaration": number}
        log.error("parked", queue=queue.name, reason=why, parked_id=message.id, **about)


def _parking_headers(queue: Queue, incoming: Incoming, why: str) -> dict[str, str]:
    """Return the headers that a replay needs. They name the sender, because the copy has our own user id."""
    headers = {
        "reason": why,
        "queue": queue.name,
        "routing-key": incoming.routing_key,
        "parked-at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return headers | {"sender": incoming.user_id} if incoming.user_id else headers


def _event_of(incoming: Incoming, id_: UUID) -> Event | None:
    """Return the event with this id in a carrier; None if it is absent, or if the message is no carrier."""
    try:
        return next((event for event in unpack(incoming.body) if event.id == id_), None)
    except ValueError:
        return None


def _apart(resumed: Resumed, source: str, now: datetime) -> Draft:
    """Pack a resumed event into a carrier without other events, so that a bad event cannot affect others."""
    event = cloud_event(resumed.id, resumed.type, source, now, resumed.data)
    return Draft(
        derived_id("carrier", resumed.id), INTERNAL, resumed.routing_key, "carrier", carrier([event])
    )


def _packed(
    messages: Sequence[Message], source: str, now: datetime, unit: tracing.Unit | None
) -> list[Draft]:
    if not messages:
        return []
    first = messages[0].event_id
    attributes = None if unit is None else unit.attributes
    return [
        Draft(derived_id("carrier", source, first, now, n), INTERNAL, key, "carrier", body)
        for n, (key, body) in enumerate(carriers(messages, source, now, attributes))
    ]
