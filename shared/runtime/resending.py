"""Messages between services that are sent again after a restore, with the ids that they had (ADR 38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.envelope import carriers
from shared.messages import Message, derived_id
from shared.runtime.database import Connection
from shared.runtime.stage import INTERNAL
from shared.topology import PUBLISHED

Inbox = tuple[str, str]  #: service and consumer

_FORGET: Final = "DELETE FROM {}.inbox WHERE consumer = $1 AND message_id = ANY($2::uuid[])"
_SEND: Final = """
INSERT INTO {}.outbox (id, lane, routing_key, type, body, due_at)
SELECT i, $1, k, 'carrier', b, $2 FROM unnest($3::uuid[], $4::text[], $5::text[]) AS n (i, k, b)"""


async def forget(connection: Connection, handled: Mapping[Inbox, Sequence[UUID]]) -> None:
    """Remove ids of messages from inboxes, so that their consumers handle these messages again."""
    for (service, consumer), ids in handled.items():
        await connection.execute(_FORGET.format(service), consumer, ids)


async def send_again(connection: Connection, messages: Sequence[Message], now: datetime) -> None:
    """Put messages into the outbox of the service that sends them; the service publishes them from there.

    Each id is that of the first sending, because it is computed from the content (ADR 6).
    """
    by_service: dict[str, list[Message]] = {}
    for message in messages:
        by_service.setdefault(_sender_of(message), []).append(message)
    for service, own in by_service.items():
        first = own[0].event_id
        rows = [
            (derived_id("carrier", service, "again", first, now, n), key, body)
            for n, (key, body) in enumerate(carriers(own, service, now))
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(_SEND.format(service), INTERNAL, now, *columns)


def _sender_of(message: Message) -> str:
    return next(service for service, keys in PUBLISHED.items() if message.routing_key in keys)
