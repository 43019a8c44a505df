"""`/organizations/{enterpriseNumber}/clients`: the technical clients of an organization."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from starlette.responses import JSONResponse

from services.access.clients import handler
from services.access.fields import Flag, Input
from services.access.locks import changing
from services.access.shape import ClientPath, Number, created, whole
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes


class ReplyQueue(Input):
    """Whether a client has a reply queue. The operator makes it, with the client's broker user."""

    queue: Flag


routes = guarded_routes()


@routes.get("/organizations/{enterpriseNumber}/clients", name="listClients")
async def list_clients(number: Number, call: Called) -> dict[str, Any]:
    """Return the technical clients of an organization."""
    async with call.begin_for(number) as work:
        return whole(await handler.list_clients(work.tx, number))


@routes.post("/organizations/{enterpriseNumber}/clients", name="addClient")
async def add_client(number: Number, body: ReplyQueue, call: Called) -> JSONResponse:
    """Register a technical client."""
    client_id = f"client_{token_hex(10)}"
    async with call.begin_for(number, before=changing) as work:
        row = await handler.add_client(work.tx, number, client_id, queue=body.queue)
    return created(f"/organizations/{number}/clients/{client_id}", row)


@routes.patch("/organizations/{enterpriseNumber}/clients/{clientId}", name="changeClient")
async def change_client(
    number: Number, client_id: ClientPath, body: ReplyQueue, call: Called
) -> dict[str, Any]:
    """Change whether a client has a reply queue."""
    async with call.begin_for(number, before=changing) as work:
        return await handler.change_client(work.tx, number, client_id, queue=body.queue)
