"""`/organizations/{enterpriseNumber}/clients`: an organization's programs, and whether they have a queue."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from services.access.api.desk import Desk, entitled, not_found
from services.access.api.shape import ClientPath, Number, created, shown
from services.access.fields import Flag, Row
from services.access.store import clients
from services.access.store.acting import Actor
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class Wanted(Row):
    """Whether it has a reply queue: the operator makes it, with the client's broker user."""

    queue: Flag


def add(routes: APIRouter, desk: Desk) -> None:
    """The operations on technical clients."""
    lister, adder = desk.caller("listClients"), desk.caller("addClient")
    changer = desk.caller("changeClient")

    @routes.get("/organizations/{enterpriseNumber}/clients", name="listClients")
    async def list_clients(number: Number, caller: Caller = lister) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("listClients", actor, number)
            items = [shown(row) for row in await clients.of(tx.connection, number)]
            return {"items": items, "total": len(items)}

        return await desk.read("listClients", caller, [number], look)

    @routes.post("/organizations/{enterpriseNumber}/clients", name="addClient")
    async def add_client(number: Number, body: Wanted, caller: Caller = adder) -> JSONResponse:
        client_id = f"client_{token_hex(10)}"

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("addClient", actor, number)
            await clients.add(tx, number, client_id, queue=body.queue)
            return await _one(tx, number, client_id), ()

        row = await desk.change("addClient", caller, [number], act)
        return created(f"/organizations/{number}/clients/{client_id}", row)

    @routes.patch("/organizations/{enterpriseNumber}/clients/{clientId}", name="changeClient")
    async def change_client(
        number: Number, client_id: ClientPath, body: Wanted, caller: Caller = changer
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("changeClient", actor, number)
            await clients.set_queue(tx, number, client_id, queue=body.queue)
            return await _one(tx, number, client_id), ()

        return await desk.change("changeClient", caller, [number], act)


async def _one(tx: Transaction, number: str, client_id: str) -> dict[str, Any]:
    rows = await clients.of(tx.connection, number, client_id)
    if not rows:
        raise not_found()
    return shown(rows[0])
