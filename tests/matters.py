"""An employer that is made for one test through the directory, and its e-Box as other persons see it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from deploy.local.deployment import Endpoints
from tests.asgi import Answer
from tests.directory import Caller, in_force, managed, proposal
from tests.prove.world import Relation, World
from tests.tokens import bearer
from tests.web import ask

REPRESENTATIVE: Final = "bakery.representative"
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
_turns = count()


#: Operations on a message in an e-Box; `{}` is its id.
WITH_A_MESSAGE: Final[tuple[tuple[str, str], ...]] = (
    ("GET", "messages/{}"),
    ("GET", "messages/{}/attachments/letter.html"),
    ("GET", "messages/{}/attachments/event.json"),
    ("PUT", "messages/{}/labels/ours"),
    ("DELETE", "messages/{}/labels/ours"),
    ("PUT", f"messages/{{}}/attention/{UNKNOWN}"),
    ("DELETE", f"messages/{{}}/attention/{UNKNOWN}"),
)


@dataclass(frozen=True, slots=True)
class Matter:
    """An employer, a period of it that another mandatary has declared, and the notification about that."""

    number: str
    principal: Caller
    period: int
    message: str


def worker(world: World) -> str:
    """Return a new worker each time; the employers here have no other workers."""
    known: list[str] = world.document["workers"]
    return known[next(_turns) % len(known)]


async def matter(world: World, endpoints: Endpoints) -> Matter:
    """Add an employer with the provider as mandatary and without affiliation."""
    number, principal = managed(endpoints, REPRESENTATIVE)
    in_force(endpoints, principal, proposal(endpoints, number), "provider.principal")
    period = await world.begun(Relation("provider", number, worker(world)))
    deposited = "FROM notifier.messages WHERE declaration_id = $1 AND enterprise_number = $2"
    await world.database.until(f"SELECT count(*) {deposited}", period, number)
    message = await world.database.value(f"SELECT message_id::text {deposited}", period, number)
    return Matter(number, principal, period, message)


def engage(world: World, number: str) -> dict[str, Any]:
    """Build an IN for this employer, of a worker without employer."""
    return world.engage(Relation("", number, worker(world)))


async def opened(caller: Caller, number: str, method: str, path: str) -> Answer:
    """Return the answers that a person gets at the e-Box of this enterprise."""
    url = f"{caller.endpoints.api_url('notifier')}/eboxes/{number}/{path}"
    token = bearer(caller.endpoints, caller.subject, "scope:dimona:ebox", level=caller.level)
    return await asyncio.to_thread(ask, url, method, token)


def plain(answer: Answer) -> str:
    """Return a problem without the parts that differ each time."""
    return json.dumps({name: said for name, said in answer.json().items() if name != "instance"})
