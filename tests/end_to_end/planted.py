"""A person with rows in every service, and the API of contact as the person and agents use it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from jsonschema import Draft202012Validator

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from services.access.loading.document import Document
from services.access.loading.store import load
from shared.domain.rights import Right
from shared.runtime.database import connect
from tests.asgi import Answer
from tests.contracts.openapi import as_json_schema, contract
from tests.end_to_end.registers import make_person, register
from tests.file_senders import FileSender, number_in
from tests.foreign.events import CONTEST
from tests.prove.observe import quiet
from tests.prove.spy import spying
from tests.prove.world import STUDENT, Relation, World
from tests.rest import Rest
from tests.tokens import bearer
from tests.web import ask

PERSON, AGENT, EBOX = (f"scope:dimona:{name}" for name in ("person", "agent", "ebox"))
_LENGTH = 19  #: days between the first and the last of the period, which stays within one quarter


@dataclass(frozen=True, slots=True)
class Face:
    """The API of a service for one caller."""

    endpoints: Endpoints
    subject: str
    scope: str = PERSON
    service: str = "contact"

    async def ask(self, method: str, path: str, body: Any = b"", level: int = 400) -> Answer:
        """Return the answer to a request."""
        token = bearer(self.endpoints, self.subject, self.scope, level=level)
        url = f"{self.endpoints.api_url(self.service)}{path}"
        return await asyncio.to_thread(ask, url, method, token, body)

    async def found(self, method: str, path: str, schema: str, body: Any = b"") -> Any:
        """Return the body of an answer, which has this schema of the contract."""
        answer = await self.ask(method, path, body)
        assert answer.status == 200, answer.body
        said = as_json_schema(contract("person")["components"]["schemas"][schema])
        Draft202012Validator(said).validate(answer.json())
        return answer.json()


@dataclass(frozen=True, slots=True)
class Planted:
    """A person with rows in every service, and with a former number."""

    ssin: str
    former: str
    period: int
    last: date  #: day of the period before the correction
    person: Face
    agent: Face

    @property
    def numbers(self) -> tuple[str, str]:
        """Both numbers of the person."""
        return self.ssin, self.former

    def request(self, reason: str = "request", **more: Any) -> dict[str, Any]:
        """Return the body of a request of an agent."""
        return {"ssin": self.former, "reason": reason, "words": "Asked at the counter.", **more}


async def log_in(
    deployment: Endpoints, ssin: str, rights: Sequence[tuple[str, Right]] = (), **more: Any
) -> Face:
    """Store a person and return the face of the login. `rights` pairs enterprise numbers with rights."""
    user_id = str(uuid4())
    grants = [{"userId": user_id, "enterpriseNumber": number, "right": right} for number, right in rights]
    person = {"userId": user_id, "ssin": ssin, "familyName": "Verstraeten", "givenName": "Godelieve"}
    owner = await connect(deployment.dsns["access"])
    try:
        async with owner.transaction():
            rows = {"persons": [{**person, "language": "nl", **more}], "grants": grants}
            await load(owner, Document.model_validate(rows))
    finally:
        await owner.close()
    return Face(deployment, user_id)


async def plant(world: World, deployment: Endpoints, data: DemoData, folder: Path) -> Planted:
    """Declare a worker by queue and file, contest, search, read; then the register replaces the number."""
    row, new = make_person(), make_person()
    former = row["ssin"]
    bakery, rest = world["bakery"], Rest(world, "bakery")
    agent = Face(deployment, data.users["authority.officer"].user_id, AGENT)
    async with spying(world.document) as spy:
        await register(spy, world, row, new)
        relation = Relation("bakery", data.organizations["bakery"].enterprise_number, former)
        first = world.days_in_one_quarter(_LENGTH)
        last = world.today + timedelta(days=first + _LENGTH)
        period = await world.begun(relation, first, first + _LENGTH, STUDENT, plannedHoursNumber=60)
        status = (await rest.answer(period))["declarationStatus"]
        await world.database.until(
            "SELECT count(*) = 1 FROM contact.notifications WHERE notification_id = $1",
            status["notificationId"],
        )
        asked = await bakery.contest(status["notificationId"], "The hours are wrong.")
        case = (await bakery.answer(asked, f"{CONTEST}.reply")).data["contestationId"]
        assert (await agent.ask("GET", f"/cases/{case}")).status == 200
        assert (await agent.ask("POST", "/cases/search", {"ssin": former, "reason": "A call."})).status == 200
        search = {"worker": {"ssin": former}}
        url = f"{rest.url}/periods/search"
        assert (await asyncio.to_thread(ask, url, "POST", rest.headers, search)).status == 200
        hotel = data.organizations["hotel"].enterprise_number
        sender = FileSender(deployment, "provider", folder)
        (form,) = await sender.results_of([world.engage(Relation("provider", hotel, former), 30, 40)])
        number = number_in(form)
        world["provider"].posted.add(number)
        await world.database.until(
            "SELECT EXISTS (SELECT FROM notifier.messages WHERE declaration_id = $1)", number
        )
        message = await world.database.value(
            "SELECT message_id::text FROM notifier.messages WHERE declaration_id = $1", number
        )
        reader = Face(deployment, data.users["hotel.all"].user_id, EBOX, "notifier")
        assert (await reader.ask("GET", f"/eboxes/{hotel}/messages/{message}")).status == 200
        await register(spy, world, {**row, "replacedBy": new["ssin"]})
    await world.database.until("SELECT count(*) = 2 FROM personnel_file.periods WHERE ssin = $1", new["ssin"])
    await quiet(world)
    person = await log_in(deployment, new["ssin"])
    return Planted(new["ssin"], former, period, last, person, agent)
