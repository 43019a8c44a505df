"""`/affiliations`: the approved secretariat that receives the notifications of an employer."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from services.access.fields import Day, EnterpriseNumber, Input, Quarter
from services.access.locks import changing
from services.access.mandates.handler import affiliations
from services.access.shape import AffiliationId, Number, PageQuery, collection, created
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes


class NewAffiliation(Input):
    """Body of a request to affiliate an employer to an approved secretariat.

    The affiliation begins either on a day or on the first day of a quarter.
    """

    employer: EnterpriseNumber
    secretariat: EnterpriseNumber
    valid_from: Day | None = None
    begin_quarter: Quarter | None = None


class LastDay(Input):
    """Body of a request to end an affiliation: its last day."""

    valid_until: Day


routes = guarded_routes()


@routes.post("/affiliations", name="affiliate")
async def affiliate(body: NewAffiliation, call: Called) -> JSONResponse:
    """Affiliate an employer to an approved secretariat, and return the affiliation."""
    async with call.begin([body.employer, body.secretariat], changing) as work:
        work.actor.require(body.employer)
        row = await affiliations.affiliate(work.tx, **body.model_dump())
    return created(f"/affiliations/{row['id']}", row)


@routes.post("/affiliations/previews", name="previewAffiliation")
async def preview(body: NewAffiliation, call: Called) -> dict[str, Any]:
    """Return the effect that an affiliation would have; nothing is stored."""
    async with call.begin([body.employer, body.secretariat], changing) as work:
        work.actor.require(body.employer)
        return await affiliations.preview_affiliation(work.tx, **body.model_dump())


@routes.get("/organizations/{enterpriseNumber}/affiliations", name="listAffiliations")
async def list_affiliations(
    request: Request, number: Number, page: PageQuery, call: Called
) -> dict[str, Any]:
    """Return a page of the affiliations in which an organization is employer or secretariat."""
    async with call.begin_for(number) as work:
        rows = await affiliations.list_affiliations(work.tx, number, page.after, page.page_size + 1)
    return collection(request, rows, page)


@routes.patch("/affiliations/{affiliationId}", name="endAffiliation")
async def end(affiliation_id: AffiliationId, body: LastDay, call: Called) -> dict[str, Any]:
    """Set the last day of an affiliation, and return the affiliation."""
    async with call.pool.acquire() as connection:
        parties = await affiliations.parties_of(connection, affiliation_id)
    async with call.begin(parties, changing) as work:
        return await affiliations.end_affiliation(work.tx, work.actor, affiliation_id, body.valid_until)
