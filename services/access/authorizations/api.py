"""`/institutions/{institutionId}/authorizations`: one agent proposes, another confirms, each may end."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import Field
from starlette.responses import JSONResponse

from services.access.authorizations import handler
from services.access.authorizations.rules import Terms
from services.access.fields import Input, Text
from services.access.locks import deciding
from services.access.shape import created, whole
from shared.domain.rights import AUTHORITY
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes

InstitutionId = Annotated[str, Path(alias="institutionId", pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]


class Proposal(Terms, Input):
    """Body of a proposal: the terms of the version."""


class Proposed(Input):
    """Body of a confirmation: the version that the agent has read."""

    authorization_id: UUID
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]


class Ending(Input):
    """Body of a request to end the authorization of an institution: the reason, without data of a person."""

    reason: Text


routes = guarded_routes()


@routes.get("/institutions/{institutionId}/authorizations", name="listAuthorizations")
async def list_authorizations(institution: InstitutionId, call: Called) -> dict[str, Any]:
    """Return all versions of the authorizations of an institution, the latest first."""
    async with call.begin_for(AUTHORITY) as work:
        return whole(await handler.list_authorizations(work.tx, institution))


@routes.post("/institutions/{institutionId}/authorizations", name="proposeAuthorization")
async def propose(institution: InstitutionId, body: Proposal, call: Called) -> JSONResponse:
    """Propose a version, which gives nothing until another agent confirms it."""
    async with call.begin_for(AUTHORITY, before=deciding) as work:
        row = await handler.propose_authorization(work.tx, work.actor, institution, body)
    return created(f"/institutions/{institution}/authorizations", row)


@routes.post("/institutions/{institutionId}/confirmations", name="confirmAuthorization")
async def confirm(institution: InstitutionId, body: Proposed, call: Called) -> dict[str, Any]:
    """Confirm the proposal of another agent."""
    async with call.begin_for(AUTHORITY, before=deciding) as work:
        return await handler.confirm_authorization(
            work.tx, work.actor, institution, body.authorization_id, body.version
        )


@routes.post("/institutions/{institutionId}/endings", name="endAuthorization")
async def end(institution: InstitutionId, body: Ending, call: Called) -> dict[str, Any]:
    """End the authorization of an institution at once."""
    async with call.begin_for(AUTHORITY, before=deciding) as work:
        return await handler.end_authorization(work.tx, work.actor, institution, body.reason)
