"""`/affiliations`: the approved secretariat that receives the notifications of an employer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from services.access.fields import Day, EnterpriseNumber, Input, Quarter
from services.access.locks import changing
from services.access.mandates.handler import affiliations
from services.access.shape import AffiliationId, Number, PageQuery, collection, created
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class NewAffiliation(Input):
    """An affiliation from a day, or from the first day of a quarter."""

    employer: EnterpriseNumber
    secretariat: EnterpriseNumber
    valid_from: Day | None = None
    begin_quarter: Quarter | None = None


class LastDay(Input):
    """The last day of an affiliation."""

    valid_until: Day


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on affiliations."""
    affiliator, lister = authorization.caller("affiliate"), authorization.caller("listAffiliations")
    ender = authorization.caller("endAffiliation")

    @routes.post("/affiliations", name="affiliate")
    async def affiliate(body: NewAffiliation, caller: Caller = affiliator) -> JSONResponse:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(body.employer)
            return await affiliations.affiliate(tx, **body.model_dump()), ()

        parties = [body.employer, body.secretariat]
        row = await authorization.perform("affiliate", caller, parties, act, changing(caller, parties))
        return created(f"/affiliations/{row['id']}", row)

    @routes.get("/organizations/{enterpriseNumber}/affiliations", name="listAffiliations")
    async def list_affiliations(
        request: Request, number: Number, page: PageQuery, caller: Caller = lister
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            rows = await affiliations.list_affiliations(tx, number, page.after, page.page_size + 1)
            return collection(request, rows, page), ()

        return await authorization.perform("listAffiliations", caller, [number], act)

    @routes.patch("/affiliations/{affiliationId}", name="endAffiliation")
    async def end(affiliation_id: AffiliationId, body: LastDay, caller: Caller = ender) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            return await affiliations.end_affiliation(tx, actor, affiliation_id, body.valid_until), ()

        async with authorization.stage.pool.acquire() as connection:
            parties = await affiliations.parties_of(connection, affiliation_id)
        before = changing(caller, parties)
        return await authorization.perform("endAffiliation", caller, parties, act, before)
