"""`/registrations`: registrations of employers that the register of enterprises did not confirm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request

from services.access.directory.handler import registration
from services.access.fields import Flag, Input
from services.access.locks import changing
from services.access.shape import PageQuery, collection
from shared.domain.rights import AUTHORITY
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

RegistrationId = Annotated[UUID, Path(alias="registrationId")]


class Decision(Input):
    """The decision of an agent."""

    accepted: Flag


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on pending registrations."""
    lister, reader = authorization.caller("listRegistrations"), authorization.caller("readRegistration")
    decider = authorization.caller("decideRegistration")

    @routes.get("/registrations", name="listRegistrations")
    async def list_registrations(
        request: Request, page: PageQuery, caller: Caller = lister
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(AUTHORITY)
            rows = await registration.list_registrations(tx, page.after, page.page_size + 1)
            return collection(request, rows, page), ()

        return await authorization.perform("listRegistrations", caller, [AUTHORITY], act)

    @routes.get("/registrations/{registrationId}", name="readRegistration")
    async def read(registration_id: RegistrationId, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            return await registration.read_registration(tx, actor, registration_id), ()

        return await authorization.perform("readRegistration", caller, [AUTHORITY], act)

    @routes.post("/registrations/{registrationId}/decisions", name="decideRegistration")
    async def decide(
        registration_id: RegistrationId, body: Decision, caller: Caller = decider
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(AUTHORITY)
            return await registration.decide_registration(
                tx, actor, registration_id, accepted=body.accepted
            ), ()

        before = changing(caller, [])
        return await authorization.perform("decideRegistration", caller, [AUTHORITY], act, before)
