"""`/registrations`: registrations of employers that the register of enterprises did not confirm."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Request

from services.access.directory.handler import registration
from services.access.fields import Flag, Input
from services.access.locks import deciding
from services.access.shape import PageQuery, collection, whole
from shared.domain.rights import AUTHORITY
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes

RegistrationId = Annotated[UUID, Path(alias="registrationId")]


class Decision(Input):
    """Body of the decision of an agent: whether the registration is accepted."""

    accepted: Flag


routes = guarded_routes()


@routes.get("/registrations", name="listRegistrations")
async def list_registrations(request: Request, page: PageQuery, call: Called) -> dict[str, Any]:
    """Return a page of the pending registrations."""
    async with call.begin_for(AUTHORITY) as work:
        rows = await registration.list_registrations(work.tx, page.after, page.page_size + 1)
    return collection(request, rows, page)


@routes.get("/users/self/registrations", name="listOwnRegistrations")
async def list_own(call: Called) -> dict[str, Any]:
    """Return the newest registrations of the calling person that the register did not confirm at once."""
    async with call.begin(None) as work:
        return whole(await registration.list_own_registrations(work.tx, work.actor))


@routes.get("/registrations/{registrationId}", name="readRegistration")
async def read(registration_id: RegistrationId, call: Called) -> dict[str, Any]:
    """Return a registration. A caller that is neither its registrant nor an agent gets 404."""
    async with call.begin([AUTHORITY]) as work:
        return await registration.read_registration(work.tx, work.actor, registration_id)


@routes.post("/registrations/{registrationId}/decisions", name="decideRegistration")
async def decide(registration_id: RegistrationId, body: Decision, call: Called) -> dict[str, Any]:
    """Accept or refuse a pending registration, as an agent."""
    async with call.begin_for(AUTHORITY, before=deciding) as work:
        return await registration.decide_registration(
            work.tx, work.actor, registration_id, accepted=body.accepted
        )
