"""The steps of a service: the queues of each step, and how the step handles their messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.envelope import Event, read, read_all, unpack
from shared.messages import Delivery, Message
from shared.runtime.database import Connection, Transaction
from shared.runtime.incoming import Incoming
from shared.runtime.rate import TokenBuckets
from shared.topology import Queue

M = TypeVar("M")  #: the type of message that a step handles


@dataclass(frozen=True, slots=True)
class Resumed:
    """An event that waited or was parked. It is published again with its stored data, which are not read."""

    id: UUID  #: a new one, because the inbox knows the old one
    type: str
    routing_key: str
    data: str  #: JSON


Effect = Message | Delivery | Resumed


@dataclass(frozen=True, slots=True)
class Item(Generic[M]):
    """A message with its id, which is the key of the inbox."""

    id: UUID
    value: M
    body: bytes | None = None  #: its own bytes in a batch of commands; None: an event of a carrier


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An unreadable event of a carrier. It is parked, and the reason contains none of its data."""

    event: Event | None
    reason: str


Decoded = Item[M] | Unreadable


@dataclass(frozen=True, slots=True)
class Step(Generic[M]):
    """The handling of the messages of some queues of a service.

    `handle` loads, decides and saves in one transaction and returns the effects to publish after the
    commit. It cannot publish by itself, because it has no access to a channel.
    """

    name: str  #: name of the consumer: the key of its inbox
    queues: tuple[Queue, ...]
    handle: Callable[[Transaction, Sequence[M]], Awaitable[Sequence[Effect]]]
    decode: Callable[[Incoming], Iterable[Decoded[M]]] | None = None  #: None: a carrier of events
    #: False when `handle` itself finds repeats by the sender's own id, and reads the instant with them
    inbox: bool = True
    prefetch: int = 64  #: AMQP messages; a carrier counts as one of them
    batch_size: int | None = None  #: messages in one transaction; None: as many as the settings say
    #: reads the client of each own queue (ADR 21); None: clients have none at this step
    own_queues: Callable[[Connection], Awaitable[Mapping[str, str]]] | None = None
    buckets: TokenBuckets | None = None  #: the rate of each organization, on this step's queues


@dataclass(frozen=True, slots=True)
class Timer:
    """Periodic work of a service, in a transaction. Like a step it has effects, but it gets no messages."""

    name: str
    seconds: float
    handle: Callable[[Transaction], Awaitable[Sequence[Effect]]]
    #: asked before each tick, so that a frequent timer with nothing to do opens no transaction
    is_due: Callable[[], bool] = lambda: True
    #: the timer ticks only while the messages of this step are consumed
    consuming: Step[Any] | None = None
    #: True: it also waits until all messages were taken that waited because of this system
    caught_up: bool = False


def events_of(incoming: Incoming) -> Sequence[Decoded[Any]]:
    """Return the events of a carrier. Return an unreadable event as Unreadable, so that only it is parked."""
    try:
        return [Item(id_, _signed(message, incoming)) for id_, message in read_all(incoming.body)]
    except ValueError:  # also of pydantic, with a text that would quote the value
        return _each_alone(incoming)


class _UnsignedError(ValueError):
    """The error for a message of an operator without a sender that the broker has verified."""


def _signed(message: Message, incoming: Incoming) -> Message:
    """Return the message with the name of its operator, the user that the broker has verified.

    Only messages with a field for the operator change. Raise _UnsignedError for one without a user.
    """
    if message.BY is None:
        return message
    if not incoming.user_id:
        raise _UnsignedError
    return message.model_copy(update={message.BY: incoming.user_id})


def _each_alone(incoming: Incoming) -> Sequence[Decoded[Any]]:
    try:
        events = unpack(incoming.body)
    except ValueError:
        return [Unreadable(None, "not a carrier of events")]
    decoded: list[Decoded[Any]] = []
    for event in events:
        try:
            decoded.append(Item(event.id, _signed(read(event), incoming)))
        except _UnsignedError:
            decoded.append(Unreadable(event, "no verified sender"))
        except ValueError:
            decoded.append(Unreadable(event, "unreadable event"))
    return decoded
