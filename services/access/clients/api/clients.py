"""`/organizations/{enterpriseNumber}/clients`: the technical clients of an organization."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from services.access.clients import handler
from services.access.fields import Flag, Input
from services.access.locks import changing
from services.access.shape import ClientPath, Number, created
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class ReplyQueue(Input):
    """Whether a client has a reply queue. The operator makes it, with the client's broker user."""

    queue: Flag


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on technical clients."""
    lister, adder = authorization.caller("listClients"), authorization.caller("addClient")
    changer = authorization.caller("changeClient")

    @routes.get("/organizations/{enterpriseNumber}/clients", name="listClients")
    async def list_clients(number: Number, caller: Caller = lister) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            items = await handler.list_clients(tx, number)
            return {"items": items, "total": len(items)}, ()

        return await authorization.perform("listClients", caller, [number], act)

    @routes.post("/organizations/{enterpriseNumber}/clients", name="addClient")
    async def add_client(number: Number, body: ReplyQueue, caller: Caller = adder) -> JSONResponse:
        client_id = f"client_{token_hex(10)}"

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await handler.add_client(tx, number, client_id, queue=body.queue), ()

        row = await authorization.perform("addClient", caller, [number], act, changing(caller, [number]))
        return created(f"/organizations/{number}/clients/{client_id}", row)

    @routes.patch("/organizations/{enterpriseNumber}/clients/{clientId}", name="changeClient")
    async def change_client(
        number: Number, client_id: ClientPath, body: ReplyQueue, caller: Caller = changer
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            return await handler.change_client(tx, number, client_id, queue=body.queue), ()

        before = changing(caller, [number])
        return await authorization.perform("changeClient", caller, [number], act, before)
