"""`/organizations/{enterpriseNumber}/clients`: the technical clients of an organization."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import Request
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import JSONResponse

from services.access.clients import handler
from services.access.fields import Flag, Input
from services.access.locks import changing
from services.access.scopes import GivenScope
from services.access.shape import ClientPath, Number, created, whole
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes
from shared.topology import PUBLIC_IN, own_key, reply_queue

Scopes = Annotated[list[GivenScope], Field(max_length=len(GivenScope))]


class NewClient(Input):
    """Body of a request to register a client.

    `queue` says whether the client gets a reply queue. `scopes` are its scopes beyond the default ones.
    """

    queue: Flag
    scopes: Scopes = Field(default_factory=list)


class ClientChange(Input):
    """Body of a request to change a client: `queue`, `scopes` or both. An absent property stays unchanged."""

    queue: Flag | None = None
    scopes: Scopes | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.queue is None and self.scopes is None:
            raise PydanticCustomError("exactly_one_of", "give queue, scopes or both")
        return self


routes = guarded_routes()


@routes.get("/organizations/{enterpriseNumber}/clients", name="listClients")
async def list_clients(number: Number, call: Called) -> dict[str, Any]:
    """Return the technical clients of an organization."""
    async with call.begin_for(number) as work:
        return whole(await handler.list_clients(work.tx, number))


@routes.post("/organizations/{enterpriseNumber}/clients", name="addClient")
async def add_client(number: Number, body: NewClient, call: Called) -> JSONResponse:
    """Register a technical client of an organization, and return it."""
    async with call.begin_for(number, before=changing) as work:
        row = await handler.add_client(work.tx, number, queue=body.queue, scopes=frozenset(body.scopes))
    return created(f"/organizations/{number}/clients/{row['id']}", row)


@routes.patch("/organizations/{enterpriseNumber}/clients/{clientId}", name="changeClient")
async def change_client(
    number: Number, client_id: ClientPath, body: ClientChange, call: Called
) -> dict[str, Any]:
    """Change the reply queue or the scopes of a client, and return it."""
    async with call.begin_for(number, before=changing) as work:
        scopes = None if body.scopes is None else frozenset(body.scopes)
        return await handler.change_client(work.tx, number, client_id, queue=body.queue, scopes=scopes)


@routes.post(
    "/organizations/{enterpriseNumber}/clients/{clientId}/passwords", name="renewPassword", status_code=201
)
async def renew_password(
    number: Number, client_id: ClientPath, call: Called, request: Request
) -> dict[str, str]:
    """Make a new password of a client's broker user. Return it, only this time, with the broker addresses."""
    async with call.begin_for(number, before=changing) as work:
        password = await handler.renew_password(work.tx, number, client_id)
    return {
        "userName": client_id,
        "password": password,
        "virtualHost": request.app.state.public_vhost,
        "exchange": PUBLIC_IN,
        "routingKey": own_key(client_id),
        "replyQueue": reply_queue(client_id),
    }
