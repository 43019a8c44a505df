"""The API of intake as a gateway of telephones uses it, and the phone of the bakery."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette

from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from services.intake.phones.rules import texts
from services.intake.settings import IntakeSettings
from shared.runtime.database import Pool
from tests.asgi import Answer, call
from tests.days import today

NOT_KNOWN = texts.translator("fr")(texts.NOT_KNOWN)


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
        day, bakery = today(), self.endpoints.data.organizations["bakery"]
        return (
            f"type: in bce: {bakery.enterprise_number} niss: {self.endpoints.data.workers[worker]} comp: 200 "
            f"début: {day:%d/%m/%Y} fin: {day:%d/%m/%Y} type-trav: oth pin: {pin or self.phone.pin}"
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


async def number_of(line: Line, text: str, id_: str = "SM1") -> int:
    """Send an SMS that is received, and return the Dimona number of the answer."""
    answer = await line.sms(text, id_)
    number = int(answer.split()[1].rstrip(":"))
    assert answer == texts.sms(texts.translator("fr")(texts.RECEIVED, number=number))
    return number
