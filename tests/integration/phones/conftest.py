"""The API of intake on a real database, with a gateway and the phone of the bakery."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.intake.api import app
from services.intake.phones.rules import texts
from services.intake.probing.rules import WorkerBound
from services.intake.settings import IntakeSettings
from shared.runtime.database import Pool, open_pool
from shared.runtime.stage import Gate, Stage
from shared.topology import Deployment
from tests.asgi import Answer, call
from tests.integration.receiving import reception

NOT_KNOWN = texts.translator("fr")(texts.NOT_KNOWN)


@pytest.fixture(scope="session")
def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, with the demo data and no services."""
    return stack.provision(Deployment("phones"), "phones")


class _Table:
    """An outgoing table that keeps nothing: these tests are about what intake stores."""

    has_room = True
    batching: frozenset[str] = frozenset()

    async def write(self, _tx: object, _drafts: object) -> list[Any]:
        return []

    def offer(self, _rows: object) -> None: ...


@dataclass
class Line:
    """The API of intake on a real database, with the phone of the bakery."""

    endpoints: Endpoints
    api: Starlette
    pool: Pool
    owner: Any
    settings: IntakeSettings
    telephone: Telephone

    @property
    def client_id(self) -> str:
        """The client of the bakery."""
        return self.endpoints.data.client_of("bakery").client_id

    @property
    def phone(self) -> Any:
        """The phone of the bakery, with its PIN."""
        return self.endpoints.telephony.phones[self.client_id]

    def text(self, worker: int = 0, pin: str | None = None) -> str:
        """Return the short form of an IN of today at the bakery."""
        today, bakery = self.endpoints.data.today, self.endpoints.data.organizations["bakery"]
        return (
            f"type: in bce: {bakery.enterprise_number} niss: {self.endpoints.data.workers[worker]} comp: 200 "
            f"début: {today:%d/%m/%Y} fin: {today:%d/%m/%Y} type-trav: oth pin: {pin or self.phone.pin}"
        )

    async def sms(self, text: str, id_: str = "SM1", number: str | None = None) -> str:
        """Send an SMS through the gateway, and return the text of the answer."""
        answer = await self.post("sms", {"id": id_, "from": number or self.phone.number, "text": text})
        assert answer.status == 200, answer.body
        return str(answer.json()["text"])

    async def post(self, route: str, document: dict[str, Any]) -> Answer:
        """Return the answer to a signed request of the gateway."""
        body = json.dumps(document).encode()
        return await call(self.api, "POST", f"/phones/city/{route}", self.telephone.signed("m1", body), body)

    async def value(self, statement: str, *arguments: Any) -> Any:
        """Return one value from the database, read by its owner."""
        return await self.owner.fetchval(statement, *arguments)


@pytest.fixture
async def line(endpoints: Endpoints) -> AsyncIterator[Line]:
    """Provide a line without rows of earlier tests."""
    settings = IntakeSettings(
        database_dsn=SecretStr("x"), amqp_url=SecretStr("amqp://"), key=SecretStr(endpoints.key),
        phone_gateways=json.loads(endpoints.telephony.settings()),
    )  # fmt: skip
    owner = await asyncpg.connect(endpoints.superuser_dsn, server_settings={"search_path": "intake,platform"})
    await owner.execute("TRUNCATE phone_attempts, phone_results, declarations, commands, problems, results, "
                        "open, chains, client_days, new_workers CASCADE")  # fmt: skip
    async with await open_pool(endpoints.dsns["intake"], "intake") as pool:
        table = cast("Any", _Table())
        stage = Stage("intake", endpoints.dsns["intake"], pool, table, table, {}, Gate())
        api = app(settings, reception(WorkerBound(2)).receive_requests, stage)
        telephone = Telephone(endpoints.document(), "city")
        yield Line(endpoints, api, pool, owner, settings, telephone)
    await owner.close()


async def number_of(line: Line, text: str, id_: str = "SM1") -> int:
    """Send an SMS that is received, and return the Dimona number of the answer."""
    answer = await line.sms(text, id_)
    number = int(answer.split()[1].rstrip(":"))
    assert answer == texts.sms(texts.translator("fr")(texts.RECEIVED, number=number))
    return number
