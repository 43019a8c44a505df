"""A stage of the pipeline as a value: the queues it serves and two functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.envelope import Event, read, read_all, unpack
from shared.messages import Delivery, Message
from shared.runtime.database import Transaction
from shared.runtime.subscription import Incoming
from shared.topology import Queue

M = TypeVar("M")  #: what the step works on
A = TypeVar("A")  #: what the outside world answers about one


@dataclass(frozen=True, slots=True)
class Again:
    """An event that was put aside goes on its way once more, its data unread, as they were kept."""

    id: UUID  #: a new one: the inbox knows the old one
    type: str
    routing_key: str
    data: str  #: JSON


Effect = Message | Delivery | Again


@dataclass(frozen=True, slots=True)
class Item(Generic[M]):
    """One piece of work. `id` is what the inbox remembers it by."""

    id: UUID
    value: M


@dataclass(frozen=True, slots=True)
class Asked(Generic[M, A]):
    """A piece of work with what the outside world answered about it (None when nobody was asked)."""

    value: M
    answer: A | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event of a carrier that cannot be read; it is parked without its content in the reason."""

    event: Event | None
    reason: str


Decoded = Item[M] | Unreadable


@dataclass(frozen=True, slots=True)
class Step(Generic[M, A]):
    """What a service does with the messages of its queues.

    `ask` talks to the outside world with no transaction open. `record` loads, decides and saves in one
    transaction and returns what follows; it cannot publish, for there is no channel within its reach.
    """

    name: str  #: the consumer's name: key of its inbox
    queues: tuple[Queue, ...]
    record: Callable[[Transaction, Sequence[Asked[M, A]]], Awaitable[Sequence[Effect]]]
    ask: Callable[[Sequence[M]], Awaitable[Sequence[A]]] | None = None
    decode: Callable[[Incoming], Sequence[Decoded[M]]] | None = None  #: None: a carrier of events
    inbox: bool = True  #: False when `record` itself tells a repeat by the sender's own id
    prefetch: int = 64  #: AMQP messages; a carrier is one of them


@dataclass(frozen=True, slots=True)
class Timer:
    """Work that the clock starts: like a step, but with nothing coming in."""

    name: str
    seconds: float
    record: Callable[[Transaction], Awaitable[Sequence[Effect]]]
    #: ticks only while this step's messages are being consumed
    consuming: Step[Any, Any] | None = None
    #: and, when True, only once nothing is left of what waited because of us
    caught_up: bool = False


def events_of(incoming: Incoming) -> Sequence[Decoded[Any]]:
    """The events of a carrier; where one is unreadable each is read alone, so that it condemns no other."""
    try:
        return [Item(id_, message) for id_, message in read_all(incoming.body)]
    except ValueError:  # pydantic's too: its text would quote the value
        return _each_alone(incoming.body)


def _each_alone(body: bytes) -> Sequence[Decoded[Any]]:
    try:
        events = unpack(body)
    except ValueError:
        return [Unreadable(None, "not a carrier of events")]
    decoded: list[Decoded[Any]] = []
    for event in events:
        try:
            decoded.append(Item(event.id, read(event)))
        except ValueError:
            decoded.append(Unreadable(event, "unreadable event"))
    return decoded
