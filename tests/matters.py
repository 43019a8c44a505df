"""An employer that is made for one test through the directory, and its e-Box as other persons see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.local.deployment import Endpoints
from tests.asgi import Answer
from tests.certificates import self_signed
from tests.directory import Caller, in_force, later, make_person, managed, proposal
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


Way = tuple[str, str, Any]  #: method, path, body
_CLIENT: Final = f"/organizations/{{n}}/clients/client_{'0' * 20}"

#: By caller: requests to the directory about an employer of others.
DIRECTORY: Final[Mapping[str, tuple[Way, ...]]] = {
    "clerk": (("GET", "/employers/{n}", None), ("GET", "/organizations/{n}/mandates", None)),
    "principal": (
        ("PATCH", "/employers/{n}", {"name": "Ours"}),
        ("GET", "/organizations/{n}/users", None),
        ("POST", "/organizations/{n}/users", {"person": make_person(), "rights": [{"right": "declare"}]}),
        ("POST", "/organizations/{n}/clients", {"queue": True}),
        ("PATCH", _CLIENT, {"queue": False}),
        ("POST", f"{_CLIENT}/passwords", None),
        ("GET", f"{_CLIENT}/keys", None),
        ("POST", f"{_CLIENT}/keys", {"certificate": self_signed(rsa.generate_private_key(65537, 2048))}),
        ("DELETE", f"{_CLIENT}/keys/{'0' * 43}", None),
        ("POST", "/affiliations", {"employer": "{n}", "secretariat": "{s}", "beginQuarter": later(1)}),
        (
            "POST",
            "/affiliations/previews",
            {"employer": "{n}", "secretariat": "{s}", "beginQuarter": later(1)},
        ),
        ("GET", "/organizations/{n}/changes", None),
        ("GET", "/organizations/{n}/looks", None),
    ),
    "program": (
        ("GET", "/organizations/{n}/mandates", None),
        ("GET", "/organizations/{n}/affiliations", None),
        ("GET", "/organizations/{n}/clients", None),
    ),
    "declarer": (
        ("POST", "/organizations/{n}/sandbox/resets", None),
        ("GET", "/organizations/{n}/sandbox/clock", None),
        ("PUT", "/organizations/{n}/sandbox/clock", {"daysAhead": 1}),
    ),
}


#: Requests to the personnel file about an employer of others, `{n}`, and its period `{p}`, with their status.
FILE: Final[tuple[tuple[str, str, Any, int], ...]] = (
    ("POST", "/periods/search", {"employer": {"enterpriseNumber": "{n}"}}, 403),
    ("POST", "/relations/search", {"employer": {"enterpriseNumber": "{n}"}}, 403),
    ("POST", "/declarations/search", {"employer": {"enterpriseNumber": "{n}"}}, 200),
    ("POST", "/exports", {"format": "csv", "criteria": {"employer": {"enterpriseNumber": "{n}"}}}, 403),
    ("GET", "/periods/{p}", None, 404),
    ("GET", "/periods/{p}/changes", None, 404),
    ("GET", "/dailyRegistrations/{p}", None, 404),
    ("GET", "/declarations/{p}", None, 404),
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
