"""CloudEvents, and the carriers in which they travel between services.

Inside the system one AMQP message (Belgif's AsynchronousMessagesBatch) holds 1 to 256 events of one routing
key, because the cost of AMQP depends on the number of messages and hardly on bytes (ADR 2). Each event still
has its own id and its own row in the inbox, and is parked alone. A message to or from a client is one
CloudEvent, or a batch of CloudEvents if the client asks for batches (`shared.runtime.batching`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Union
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from shared.messages import MESSAGES, SERVICE, Message, to_json

CARRIER_EVENTS: Final = 256
CARRIER_BYTES: Final = 512 * 1024  #: of UTF-8, the frame around the events included


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a carrier. Its data are not checked yet."""

    id: UUID
    type: str
    document: Mapping[str, Any]  #: the whole CloudEvent


def declaration_number(data: object) -> int | None:
    """Return the Dimona number in the data of an event, which are not checked; None if they have none."""
    if not isinstance(data, dict):
        return None
    declaration = data.get("declaration")
    number = declaration.get("number") if isinstance(declaration, dict) else data.get("number")
    return number if isinstance(number, int) else None


def cloud_event(
    id_: UUID | str,
    type_: str,
    source: str,
    time: datetime,
    data_json: str,
    *,
    content_type: str = "application/json",
    **attributes: str,
) -> str:
    """Return a CloudEvent as structured JSON.

    The fixed attributes are joined as text, because `json.dumps` takes three times as long, and every
    declaration needs about ten events. They are not escaped, so only the extension attributes may contain
    text of a client.

    Args:
        id_: The id of the event.
        type_: Its CloudEvents type.
        source: The service that publishes it.
        time: The instant of publication.
        data_json: Its data, inserted unchanged.
        content_type: The media type of the data.
        **attributes: Extension attributes.
    """
    extensions = f"{json.dumps(attributes)[1:-1]}, " if attributes else ""
    return (
        f'{{"specversion": "1.0", "id": "{id_}", "source": "urn:async-source:be.nsso.dimona:{source}", '
        f'"type": "{type_}", "service": "{SERVICE}", "time": "{time.isoformat()}", '
        f'"datacontenttype": "{content_type}", {extensions}"data": {data_json}}}'
    )


def carriers(
    messages: Sequence[Message],
    source: str,
    time: datetime,
    attributes: Callable[[Message], Mapping[str, str]] | None = None,
) -> Iterable[tuple[str, str]]:
    """Pack messages into carriers. Yield the routing key and the body of each carrier.

    The messages of one routing key keep their order. A carrier holds at most CARRIER_EVENTS events and
    CARRIER_BYTES bytes. An event that is larger than this gets a carrier of its own. `attributes` returns
    the extension attributes of an event, if events have any.
    """
    packed: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for message in messages:
        key = message.routing_key
        more = {} if attributes is None else attributes(message)
        event = cloud_event(message.event_id, message.TYPE, source, time, to_json(message), **more)
        size = len(", ") + (len(event) if event.isascii() else len(event.encode()))
        full = len(packed.get(key, ())) == CARRIER_EVENTS or sizes.get(key, _FRAME) + size > CARRIER_BYTES
        if full and packed.get(key):
            yield key, carrier(packed.pop(key))
            sizes[key] = _FRAME
        packed.setdefault(key, []).append(event)
        sizes[key] = sizes.get(key, _FRAME) + size
    for key, events in packed.items():
        yield key, carrier(events)


def carrier(events: Sequence[str]) -> str:
    """Return the body of a carrier, made from the JSON texts of its events."""
    return f'{{"messages": [{", ".join(events)}]}}'


_FRAME: Final = len(carrier([]))


def unpack(body: bytes) -> list[Event]:
    """Return the events of a carrier without validating their data. Raise ValueError if it is no carrier."""
    try:
        return [Event(UUID(event["id"]), str(event["type"]), event) for event in json.loads(body)["messages"]]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a carrier of events") from error


def read(event: Event) -> Message:
    """Return the message in an event. Raise ValueError for an unknown type or invalid data."""
    message = MESSAGES.get(event.type)
    if message is None:
        raise ValueError("unknown type of message")
    return message.model_validate(event.document.get("data"))


def _carrier_model() -> type[BaseModel]:
    """Return a pydantic model that reads a whole carrier in one pass.

    The CloudEvents type of an event selects the class of its data.
    """
    events = [
        create_model(model.__name__ + "Event", id=UUID, type=Literal[type_], data=model)  # type: ignore[call-overload]
        for type_, model in MESSAGES.items()
    ]
    event: Any = Annotated[Union[tuple(events)], Field(discriminator="type")]  # noqa: UP007 - made from a tuple
    return create_model("Carrier", messages=list[event])


_CARRIER: Final = _carrier_model()


def read_all(body: bytes) -> list[tuple[UUID, Message]]:
    """Return the id and the message of each event of a carrier. Raise ValueError if an event is invalid."""
    carrier_: Any = _CARRIER.model_validate_json(body)
    return [(event.id, event.data) for event in carrier_.messages]
