"""Events on the queue: publish them as a client, and read the reply queue without emptying it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Final

from services.cli.integrators.client import Client
from shared.messages import SERVICE
from shared.runtime.browse import browse
from shared.runtime.bursts import Outgoing, Sent
from shared.runtime.operator import NotPublishedError, publisher
from shared.topology import CREATE_DECLARATION, PUBLIC_IN, own_key, reply_queue

NAME: Final = "cli"  #: of the connections, shown by the broker
#: The end of the type of a final result.
FINAL: Final = "create.reply"
#: The type of an answer ends with one of these if no other answer comes after it.
_LAST: Final = (FINAL, "create.problemReply")
_LOOK_SECONDS: Final = 1.0


def event_of(client: Client, id_: str, declaration: Any) -> Outgoing:
    """Return the message of a declaration, to the client's own queue."""
    document = {
        "specversion": "1.0",
        "id": id_,
        "source": f"urn:async-source:{client.need('id')}:dimona-cli",
        "type": CREATE_DECLARATION,
        "service": SERVICE,
        "data": declaration,
    }
    return Outgoing(
        id_, PUBLIC_IN, own_key(client.need("id")), CREATE_DECLARATION, json.dumps(document).encode(),
        user_id=client.need("id"),
    )  # fmt: skip


async def publish(client: Client, messages: Sequence[Outgoing]) -> list[Sent]:
    """Publish messages and return their outcomes. Raise NotPublishedError if the broker is not reached."""
    url, vhost = client.broker
    async with publisher(url, vhost, NAME) as session:
        return await session.publish_all(messages)


async def publish_all(client: Client, messages: Sequence[Outgoing]) -> None:
    """Publish messages. Raise NotPublishedError unless the broker confirms all."""
    failed = [outcome for outcome in await publish(client, messages) if outcome is not Sent.CONFIRMED]
    if failed:
        raise NotPublishedError(f"{len(failed)} of {len(messages)} were not taken: {', '.join(set(failed))}")


async def read(client: Client, *, take: bool = False) -> list[dict[str, Any]]:
    """Return the events in the reply queue; with `take`, remove them.

    Raise ConnectionError if the broker is not reached or the queue cannot be read.
    """
    url, vhost = client.broker
    events: list[dict[str, Any]] = []
    async with browse(url, vhost, NAME, [reply_queue(client.need("id"))]) as found:
        for message in found:
            body = json.loads(message.body)
            events += body if isinstance(body, list) else [body]
            if take:
                await message.remove()
    return events


async def answers(client: Client, ids: Collection[str], seconds: float) -> AsyncIterator[dict[str, Any]]:
    """Yield the answers to events as they arrive, until each event has its last answer.

    Stop after `seconds` at the latest.
    """
    open_, seen, end = set(ids), set[str](), time.monotonic() + seconds
    while open_ and time.monotonic() < end:
        for event in await read(client):
            if event.get("relatedto") in ids and event["id"] not in seen:
                seen.add(event["id"])
                yield event
                if event["type"].endswith(_LAST):
                    open_.discard(event["relatedto"])
        if open_:
            await asyncio.sleep(_LOOK_SECONDS)
