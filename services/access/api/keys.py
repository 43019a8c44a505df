"""`/organizations/{enterpriseNumber}/clients/{clientId}/keys`: with what a program proves who it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import JSONResponse, Response

from services.access.api.desk import Desk, checked, entitled, not_found
from services.access.api.shape import ClientPath, Number, created, shown
from services.access.fields import Row
from services.access.oauth.store import clients as keys
from services.access.rules.finding import Finding
from services.access.store import clients
from services.access.store.acting import Actor
from shared.runtime.api import ProblemError
from shared.runtime.database import Connection, Transaction
from shared.runtime.keys import MOST_CHARACTERS, KeyRefusedError, PublicKey, read_public_key
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

_PATH: Final = "/organizations/{enterpriseNumber}/clients/{clientId}/keys"
_WHY: Final = {
    "known": "The client has, or had, this key: make a new one",
    "full": "The client has two keys for that time: end one of them first",
}
KeyId = Annotated[str, Path(alias="keyId", pattern=r"^[A-Za-z0-9_-]{43}$")]


class Given(Row):
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
    def place(self) -> str:
        """Where the key stands."""
        return "jwk" if self.certificate is None else "certificate"


def add(routes: APIRouter, desk: Desk) -> None:
    """The operations on keys; an access manager's, never a program's own."""
    lister, adder = desk.caller("listClientKeys"), desk.caller("addClientKey")
    ender = desk.caller("endClientKey")

    @routes.get(_PATH, name="listClientKeys")
    async def list_keys(number: Number, client_id: ClientPath, caller: Caller = lister) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("listClientKeys", actor, number)
            await _theirs(tx.connection, number, client_id)
            items = [shown(row, "key_id") for row in await keys.keys(tx.connection, client_id)]
            return {"items": items, "total": len(items)}

        return await desk.read("listClientKeys", caller, [number], look)

    @routes.post(_PATH, name="addClientKey")
    async def add_key(
        number: Number, client_id: ClientPath, body: Given, caller: Caller = adder
    ) -> JSONResponse:
        key, since, until = _read(body)

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("addClientKey", actor, number)
            await _theirs(tx.connection, number, client_id)
            done = await keys.add_key(tx.connection, client_id, key, since, until, actor.user_id)
            if done != "added":
                raise ProblemError("conflict", _WHY[done])
            rows = await keys.keys(tx.connection, client_id)
            return shown(next(row for row in rows if row["key_id"] == key.id), "key_id"), ()

        row = await desk.change("addClientKey", caller, [number], act)
        return created(f"/organizations/{number}/clients/{client_id}/keys/{key.id}", row)

    @routes.delete(f"{_PATH}/{{keyId}}", name="endClientKey")
    async def end_key(
        number: Number, client_id: ClientPath, key_id: KeyId, caller: Caller = ender
    ) -> Response:
        async def act(tx: Transaction, actor: Actor) -> tuple[None, Sequence[Effect]]:
            entitled("endClientKey", actor, number)
            await _theirs(tx.connection, number, client_id)
            if not await keys.end_key(tx.connection, client_id, key_id, datetime.now(UTC), actor.user_id):
                raise not_found()
            return None, ()

        await desk.change("endClientKey", caller, [number], act)
        return Response(status_code=204)


async def _theirs(connection: Connection, organization: str, client_id: str) -> None:
    if not await clients.of(connection, organization, client_id):
        raise not_found()


def _read(body: Given) -> tuple[PublicKey, datetime, datetime | None]:
    """The key and its term: from now on, within that of its certificate. Raises ProblemError."""
    try:
        key = read_public_key(body.certificate or json.dumps(body.jwk))
    except KeyRefusedError as error:
        checked([Finding("invalid_input", (body.place,), str(error))])
        raise
    now = datetime.now(UTC)
    since = max(now, key.not_before or now)
    ends = [end for end in (key.not_after, body.valid_until) if end is not None]
    until = min(ends, default=None)
    if until is not None and until <= since:
        place = body.place if until == key.not_after else "validUntil"
        checked([Finding("invalid_period", (place,), "The key would never be valid")])
    return key, since, until
