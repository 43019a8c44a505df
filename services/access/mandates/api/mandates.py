"""`/mandates`: one side proposes a mandate, both validate it, and each may refuse, revoke or shorten it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import JSONResponse

from services.access.fields import ApplicationGroup, EnterpriseNumber, Input, Quarter
from services.access.locks import changing
from services.access.mandates.handler import mandates
from services.access.mandates.rules.mandates import Act
from services.access.shape import MandateId, MandateQuery, Number, collection, created
from shared.runtime.authorization import Call, Called
from shared.runtime.guard import guarded_routes


class Proposal(Input):
    """Body of a request to propose a mandate for one group of applications.

    Both quarters are inclusive; `end_quarter` is None for a mandate without end.
    """

    mandator: EnterpriseNumber
    mandatary: EnterpriseNumber
    application_group: ApplicationGroup
    begin_quarter: Quarter
    end_quarter: Quarter | None = None
    replaces: UUID | None = None  #: id of the mandate of another mandatary that this mandate replaces


class LastQuarter(Input):
    """Body of a request to shorten a mandate: its new last quarter."""

    end_quarter: Quarter


routes = guarded_routes()


@routes.get("/organizations/{enterpriseNumber}/mandates", name="listMandates")
async def list_mandates(request: Request, number: Number, page: MandateQuery, call: Called) -> dict[str, Any]:
    """Return a page of the mandates of an organization."""
    async with call.begin_for(number) as work:
        size, group = page.page_size + 1, page.application_group
        rows = await mandates.list_mandates(work.tx, number, page.after, size, group)
    return collection(request, rows, page)


@routes.get("/mandates/{mandateId}", name="readMandate")
async def read(mandate_id: MandateId, call: Called) -> dict[str, Any]:
    """Return a mandate. Its mandator, its mandatary, and the mandatary that it replaces may read it.

    Every other caller gets 404.
    """
    async with call.pool.acquire() as connection:
        parties = await mandates.parties_of(connection, mandate_id)
    async with call.begin_for(*parties) as work:
        return await mandates.read_mandate(work.tx, mandate_id)


@routes.post("/mandates", name="proposeMandate")
async def propose(body: Proposal, call: Called) -> JSONResponse:
    """Propose a mandate for one of its two sides, and return it."""
    async with call.pool.acquire() as connection:
        sides = (body.mandator, body.mandatary)
        parties = await mandates.with_replaced(connection, sides, body.replaces)
    async with call.begin(parties, changing) as work:
        row = await mandates.propose_mandate(work.tx, work.actor, body.model_dump())
    return created(f"/mandates/{row['id']}", row)


@routes.post("/mandates/previews", name="previewMandate")
async def preview(body: Proposal, call: Called) -> dict[str, Any]:
    """Return the effect that a proposal of a mandate would have; nothing is stored."""
    async with call.pool.acquire() as connection:
        sides = (body.mandator, body.mandatary)
        parties = await mandates.with_replaced(connection, sides, body.replaces)
    async with call.begin(parties, changing) as work:
        return await mandates.preview_mandate(work.tx, work.actor, body.model_dump())


@routes.post("/mandates/{mandateId}/validations", name="validateMandate")
async def validate(mandate_id: MandateId, call: Called) -> dict[str, Any]:
    """Validate a proposed mandate for the sides for which the caller has the right."""
    return await _act(call, Act.VALIDATE, mandate_id)


@routes.post("/mandates/{mandateId}/refusals", name="refuseMandate")
async def refuse(mandate_id: MandateId, call: Called) -> dict[str, Any]:
    """Refuse a proposed mandate, and return it."""
    return await _act(call, Act.REFUSE, mandate_id)


@routes.post("/mandates/{mandateId}/revocations", name="revokeMandate")
async def revoke(mandate_id: MandateId, call: Called) -> dict[str, Any]:
    """Revoke a mandate in force, and return it."""
    return await _act(call, Act.REVOKE, mandate_id)


@routes.put("/mandates/{mandateId}/endQuarter", name="shortenMandate")
async def shorten(mandate_id: MandateId, body: LastQuarter, call: Called) -> dict[str, Any]:
    """Set an earlier last quarter of a mandate in force, and return the mandate."""
    return await _act(call, Act.SHORTEN, mandate_id, body.end_quarter)


async def _act(call: Call, act: Act, mandate_id: UUID, end_quarter: str | None = None) -> dict[str, Any]:
    """Lock the parties of a mandate, do an act on the mandate, and return it.

    `end_quarter` is the new last quarter for the act SHORTEN, otherwise None.
    """
    async with call.pool.acquire() as connection:
        parties = await mandates.parties_of(connection, mandate_id)
    async with call.begin(parties, changing) as work:
        return await mandates.act_on_mandate(work.tx, work.actor, act, mandate_id, end_quarter)
