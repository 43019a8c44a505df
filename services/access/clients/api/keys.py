"""`/organizations/{enterpriseNumber}/clients/{clientId}/keys`: the public keys of a technical client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import JSONResponse, Response

from services.access.clients import handler
from services.access.fields import Input
from services.access.locks import changing
from services.access.shape import ClientPath, Number, created
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.keys import MOST_CHARACTERS
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

_PATH: Final = "/organizations/{enterpriseNumber}/clients/{clientId}/keys"
KeyId = Annotated[str, Path(alias="keyId", pattern=r"^[A-Za-z0-9_-]{43}$")]


class NewKey(Input):
    """A public key: an X.509 certificate in PEM, which has a term of its own, or a JWK."""

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
        """The field that holds the key."""
        return "jwk" if self.certificate is None else "certificate"


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on keys, which are for managers and never for a client itself."""
    lister, adder = authorization.caller("listClientKeys"), authorization.caller("addClientKey")
    ender = authorization.caller("endClientKey")

    @routes.get(_PATH, name="listClientKeys")
    async def list_keys(number: Number, client_id: ClientPath, caller: Caller = lister) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            items = await handler.list_keys(tx, number, client_id)
            return {"items": items, "total": len(items)}, ()

        return await authorization.perform("listClientKeys", caller, [number], act)

    @routes.post(_PATH, name="addClientKey")
    async def add_key(
        number: Number, client_id: ClientPath, body: NewKey, caller: Caller = adder
    ) -> JSONResponse:
        text = body.certificate or json.dumps(body.jwk)
        term = handler.read_key(text, body.field, body.valid_until)

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await handler.add_key(tx, actor, number, client_id, term), ()

        row = await authorization.perform("addClientKey", caller, [number], act, changing(caller, [number]))
        return created(f"/organizations/{number}/clients/{client_id}/keys/{term[0].id}", row)

    @routes.delete(f"{_PATH}/{{keyId}}", name="endClientKey")
    async def end_key(
        number: Number, client_id: ClientPath, key_id: KeyId, caller: Caller = ender
    ) -> Response:
        async def act(tx: Transaction, actor: Actor) -> tuple[None, Sequence[Effect]]:
            actor.require(number)
            await handler.end_key(tx, number, client_id, key_id, actor.user_id)
            return None, ()

        await authorization.perform("endClientKey", caller, [number], act, changing(caller, [number]))
        return Response(status_code=204)
