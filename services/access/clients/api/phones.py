"""`/organizations/{enterpriseNumber}/clients/{clientId}/phones`: the phones of a technical client."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from services.access.clients.handler import phones
from services.access.fields import Input, Phone, Text
from services.access.locks import changing
from services.access.shape import ClientPath, Number, created, whole
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes

_PATH: Final = "/organizations/{enterpriseNumber}/clients/{clientId}/phones"
PhoneId = Annotated[UUID, Path(alias="phoneId")]


class Spoken(StrEnum):
    """The language of answers by SMS and of prompts."""

    FRENCH = "fr"
    DUTCH = "nl"
    GERMAN = "de"
    ENGLISH = "en"


class NewPhone(Input):
    """Body of a request to enroll a phone: its number, a name for lists, and the language of answers."""

    number: Phone
    label: Annotated[Text, Field(min_length=1, max_length=60)]
    language: Spoken


routes = guarded_routes()


@routes.get(_PATH, name="listClientPhones")
async def list_phones(number: Number, client_id: ClientPath, call: Called) -> dict[str, Any]:
    """Return all phones of a client, also ended ones."""
    async with call.begin_for(number) as work:
        return whole(await phones.list_phones(work.tx, number, client_id))


@routes.post(_PATH, name="addClientPhone")
async def add_phone(
    number: Number, client_id: ClientPath, body: NewPhone, call: Called, request: Request
) -> JSONResponse:
    """Enroll a phone of a client, and return it with its PIN."""
    key: bytes = request.app.state.phones_key
    phone = body.number, body.label, body.language.value
    async with call.begin_for(number, before=changing) as work:
        row = await phones.add_phone(work.tx, work.actor, key, number, client_id, phone)
    return created(f"/organizations/{number}/clients/{client_id}/phones/{row['id']}", row)


@routes.delete(f"{_PATH}/{{phoneId}}", name="endClientPhone", status_code=204, response_class=Response)
async def end_phone(number: Number, client_id: ClientPath, phone_id: PhoneId, call: Called) -> None:
    """End a phone of a client at once and permanently."""
    async with call.begin_for(number, before=changing) as work:
        await phones.end_phone(work.tx, number, client_id, phone_id, work.actor.user_id)
