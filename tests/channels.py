"""The ways in which a client declares: over the queue and over REST, each alone and in batches."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from tests.foreign.integrator import Integrator
from tests.prove.world import World
from tests.rest import Rest

Declarations = Sequence[Mapping[str, Any]]
#: Declares for a client by its role, in order, and returns the final answers in this order.
Way = Callable[[World, str, Declarations], Awaitable[list[dict[str, Any]]]]


async def by_queue(world: World, role: str, declarations: Declarations) -> list[dict[str, Any]]:
    """Send each declaration in a message of its own."""
    client = world[role]
    return await _replies(client, [await client.declare(one) for one in declarations])


async def in_one_message(world: World, role: str, declarations: Declarations) -> list[dict[str, Any]]:
    """Send a batch of CloudEvents."""
    client = world[role]
    bodies = {id_: client.body(one, id_) for id_, one in ((str(uuid4()), one) for one in declarations)}
    await send_batch(client, bodies)
    return await _replies(client, list(bodies))


async def in_binary_mode(world: World, role: str, declarations: Declarations) -> list[dict[str, Any]]:
    """Send each declaration alone in the body of a message."""
    client = world[role]
    return await _replies(client, [await send_in_binary_mode(client, one) for one in declarations])


async def by_rest(world: World, role: str, declarations: Declarations) -> list[dict[str, Any]]:
    """Post each declaration in a request of its own."""
    rest = Rest(world, role)
    return await _read(rest, [await rest.declare(one) for one in declarations])


async def in_one_request(world: World, role: str, declarations: Declarations) -> list[dict[str, Any]]:
    """Post a batch."""
    rest = Rest(world, role)
    outcomes = (await rest.post_batch({"items": declarations})).json()["items"]
    return await _read(rest, [each["declarationId"] for each in outcomes])


WAYS: Final[Mapping[str, Way]] = {
    "queue": by_queue,
    "queue, batch": in_one_message,
    "queue, binary mode": in_binary_mode,
    "REST": by_rest,
    "REST, batch": in_one_request,
}


async def send_batch(client: Integrator, bodies: Mapping[str, bytes]) -> None:
    """Publish commands, by id, unchanged in one message."""
    body = b"[" + b", ".join(bodies.values()) + b"]"
    kind = "application/cloudevents-batch+json"
    await client.send(body, None, message_id=str(uuid4()), content_type=kind)
    client.sent |= bodies


async def send_in_binary_mode(
    client: Integrator, declaration: Mapping[str, Any], prefix: str = "cloudEvents:"
) -> str:
    """Send a declaration with its attributes in headers; returns its id once the broker has it."""
    id_ = str(uuid4())
    event = json.loads(client.body({}, id_))
    headers = {f"{prefix}{name}": event[name] for name in event.keys() - {"data", "datacontenttype"}}
    body = json.dumps(declaration).encode()
    await client.send(body, id_, headers=headers, content_type="application/json")
    return id_


async def _replies(client: Integrator, ids: list[str]) -> list[dict[str, Any]]:
    finals = await client.finals(ids)
    return [finals[id_].data for id_ in ids]


async def _read(rest: Rest, numbers: list[int]) -> list[dict[str, Any]]:
    return [await rest.answer(number) for number in numbers]
