"""Use the API of the directory as its users do: persons that have logged in, and technical clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from joserfc.jwk import RSAKey

from deploy.local.demo.numbers import FEMALE, make_employer_id, make_enterprise_number, make_ssin
from deploy.local.deployment import Endpoints
from shared.domain.calendar import first_day, local_date, quarter
from shared.runtime.database import connect
from tests.asgi import Answer
from tests.prove.world import World, outcome
from tests.tokens import bearer
from tests.web import ask

SCOPES = ("scope:dimona:access", "scope:dimona:mandates")
_numbers = count(40_001)
_serials = count()


@dataclass(frozen=True)
class Caller:
    """A person that has logged in with a level of assurance; level 0 is a technical client."""

    endpoints: Endpoints
    subject: str
    level: int = 400
    scopes: tuple[str, ...] = SCOPES

    def ask(self, method: str, path: str, body: Any = b"") -> Answer:
        """Return the directory's answer to a request."""
        headers = bearer(self.endpoints, self.subject, *self.scopes, level=self.level)
        return ask(f"{self.endpoints.api_url('access')}{path}", method, headers, body)

    def get(self, path: str) -> Any:
        """Return the document at a path; it has to exist for the caller."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    def post(self, path: str, body: Any = b"") -> Any:
        """Return the result of a POST; it has to succeed."""
        answer = self.ask("POST", path, body)
        assert answer.status in (200, 201), answer.body
        return answer.json()


def user(endpoints: Endpoints, name: str, level: int = 400) -> Caller:
    """Return a person of the demo data: `bakery.local`."""
    return Caller(endpoints, endpoints.data.users[name].user_id, level)


def registration(**more: Any) -> dict[str, Any]:
    """Return the registration of an employer that the directory does not know yet."""
    number = next(_numbers)
    return {
        "enterpriseNumber": make_enterprise_number(number),
        "employerId": make_employer_id(6_000 + number % 4_000),
        "name": f"Employer {number}",
        "language": "nl",
        "category": "010",
        "activeFrom": "2020-01-01",
        **more,
    }


def make_person(**more: Any) -> dict[str, Any]:
    """Return a person that has never logged in."""
    serial = next(_serials)
    born = (date(1940, 1, 1) + timedelta(days=serial)).isoformat()
    return {
        "ssin": make_ssin(born, FEMALE, 30),
        "familyName": "Nieuwenhuyse",
        "givenName": f"Persoon {serial}",
        "language": "nl",
        "phone": "+3225095959",
        **more,
    }


def responsible(endpoints: Endpoints, name: str) -> dict[str, str]:
    """Return the details of a demo person as the responsible person."""
    return {"ssin": endpoints.data.users[name].ssin, "phone": "+3225115151"}


def managed(endpoints: Endpoints, name: str, **more: Any) -> tuple[str, Caller]:
    """Return a new employer, registered by a demo person, and its principal access manager.

    An agent of the authority adds the properties in `more`.
    """
    representative, row = user(endpoints, name), registration()
    representative.post("/employers", row)
    number: str = row["enterpriseNumber"]
    if more:
        agent = user(endpoints, "authority.agent")
        assert agent.ask("PATCH", f"/employers/{number}", more).status == 200
    designated = representative.post(
        "/principalAccessManagers",
        {
            "enterpriseNumber": number,
            "person": make_person(),
            "responsible": responsible(endpoints, name),
        },
    )
    return number, Caller(endpoints, str(UUID(designated["userId"])))


def make_client(manager: Caller, number: str) -> tuple[str, RSAKey]:
    """Return the id of a new technical client of an organization, and its private key.

    Tests that end keys use such a client: the clients of the demo data serve other tests.
    """
    clients = f"/organizations/{number}/clients"
    client_id: str = manager.post(clients, {"queue": False})["id"]
    key = RSAKey.generate_key(2048, private=True)
    manager.post(f"{clients}/{client_id}/keys", {"jwk": key.as_dict(private=False)})
    return client_id, key


async def rows(endpoints: Endpoints, query: str, *arguments: Any) -> list[dict[str, Any]]:
    """Return rows of the database as its owner sees them."""
    owner = await connect(endpoints.postgres_dsn)
    try:
        return [dict(row) for row in await owner.fetch(query, *arguments)]
    finally:
        await owner.close()


async def refusals(endpoints: Endpoints, caller: Caller, operation: str) -> list[list[str]]:
    """Return the organizations of the recorded refusals."""
    found = await rows(
        endpoints,
        "SELECT parties FROM access.refusal WHERE caller = $1 AND operation = $2 ORDER BY refusal_id",
        caller.subject,
        operation,
    )
    return [row["parties"] for row in found]


def later(quarters: int) -> str:
    """Return the quarter that begins so many quarters after the current one."""
    day = first_day(quarter(local_date(datetime.now(UTC))))
    for _ in range(quarters):
        day = first_day(quarter(day + timedelta(days=95)))
    return quarter(day)


def number_of(endpoints: Endpoints, role: str) -> str:
    """Return the enterprise number of an organization of the demo data."""
    return endpoints.data.organizations[role].enterprise_number


def proposal(endpoints: Endpoints, mandator: str, mandatary: str = "provider", **more: Any) -> dict[str, Any]:
    """Build a mandate for Dimona from this quarter on."""
    return {
        "mandator": mandator,
        "mandatary": number_of(endpoints, mandatary),
        "applicationGroup": "dimona",
        "beginQuarter": later(0),
        **more,
    }


def in_force(endpoints: Endpoints, principal: Caller, body: dict[str, Any], by: str) -> dict[str, Any]:
    """Return a mandate that one side has proposed and a person of the other has validated."""
    mandate = principal.post("/mandates", body)
    done: dict[str, Any] = user(endpoints, by).post(f"/mandates/{mandate['id']}/validations")
    return done


async def addressee(world: World, role: str, declaration: Mapping[str, Any]) -> str:
    """Return the addressee of the final notification of this declaration, which has to be accepted."""
    client = world[role]
    id_ = await client.declare(declaration)
    await client.finals([id_])
    assert outcome(client.answered(id_)) == "A"
    number = await client.number(id_)
    issued = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1 AND NOT provisional"
    await world.database.until(issued, number)
    found: str = await world.database.value(
        "SELECT addressee FROM notifier.notifications WHERE declaration_id = $1 AND NOT provisional", number
    )
    return found
