"""`/organizations/{enterpriseNumber}/clients/{clientId}/keys`: the public keys of a technical client."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Self

from fastapi import Path
from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import JSONResponse, Response

from services.access.clients import handler
from services.access.fields import Input
from services.access.locks import changing
from services.access.shape import ClientPath, Number, created, whole
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes
from shared.runtime.keys import MOST_CHARACTERS

_PATH: Final = "/organizations/{enterpriseNumber}/clients/{clientId}/keys"
KeyId = Annotated[str, Path(alias="keyId", pattern=r"^[A-Za-z0-9_-]{43}$")]


class NewKey(Input):
    """Body of a request to register a public key: either an X.509 certificate in PEM, or a JWK.

    `valid_until` is the instant at which the key ends; None if the request gives no end.
    """

    certificate: Annotated[str, Field(max_length=MOST_CHARACTERS)] | None = None
    jwk: dict[str, Any] | None = None
    valid_until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.certificate is None) == (self.jwk is None):
            raise PydanticCustomError("exactly_one_of", "give either a certificate or a JWK")
        return self

    @property
    def field(self) -> str:
        """Return the name of the field that holds the key: `certificate` or `jwk`."""
        return "jwk" if self.certificate is None else "certificate"


routes = guarded_routes()


@routes.get(_PATH, name="listClientKeys")
async def list_keys(number: Number, client_id: ClientPath, call: Called) -> dict[str, Any]:
    """Return all keys of a client, also ended keys."""
    async with call.begin_for(number) as work:
        return whole(await handler.list_keys(work.tx, number, client_id))


@routes.post(_PATH, name="addClientKey")
async def add_key(number: Number, client_id: ClientPath, body: NewKey, call: Called) -> JSONResponse:
    """Register a public key of a client. Only managers may do this, never a client itself."""
    term = handler.read_key(body.certificate or json.dumps(body.jwk), body.field, body.valid_until)
    async with call.begin_for(number, before=changing) as work:
        row = await handler.add_key(work.tx, work.actor, number, client_id, term)
    return created(f"/organizations/{number}/clients/{client_id}/keys/{term[0].id}", row)


@routes.delete(f"{_PATH}/{{keyId}}", name="endClientKey", status_code=204, response_class=Response)
async def end_key(number: Number, client_id: ClientPath, key_id: KeyId, call: Called) -> None:
    """End a key of a client at once and permanently."""
    async with call.begin_for(number, before=changing) as work:
        await handler.end_key(work.tx, number, client_id, key_id, work.actor.user_id)
