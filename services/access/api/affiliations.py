"""`/affiliations`: which approved secretariat an employer's notifications go to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from services.access.api.desk import Desk, checked, entitled, not_found
from services.access.api.shape import AffiliationId, Number, PageQuery, collection, created, shown
from services.access.fields import Day, EnterpriseNumber, MandataryKind, Quarter, Row
from services.access.rules import affiliation as rules
from services.access.rules.affiliation import Span
from services.access.rules.appointing import affiliable
from services.access.rules.finding import Finding
from services.access.store import affiliations, mandates
from services.access.store.acting import Actor
from shared.domain.calendar import local_date
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller


class Affiliated(Row):
    """An affiliation from a day, or from the first day of a quarter."""

    employer: EnterpriseNumber
    secretariat: EnterpriseNumber
    valid_from: Day | None = None
    begin_quarter: Quarter | None = None


class LastDay(Row):
    """The last day of an affiliation."""

    valid_until: Day


def add(routes: APIRouter, desk: Desk) -> None:
    """The operations on affiliations."""
    affiliator, lister = desk.caller("affiliate"), desk.caller("listAffiliations")
    ender = desk.caller("endAffiliation")

    @routes.post("/affiliations", name="affiliate")
    async def affiliate(body: Affiliated, caller: Caller = affiliator) -> JSONResponse:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            entitled("affiliate", actor, body.employer)
            return await _affiliate(tx, body), ()

        row = await desk.change("affiliate", caller, [body.employer, body.secretariat], act)
        return created(f"/affiliations/{row['id']}", row)

    @routes.get("/organizations/{enterpriseNumber}/affiliations", name="listAffiliations")
    async def list_affiliations(
        request: Request, number: Number, page: PageQuery, caller: Caller = lister
    ) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("listAffiliations", actor, number)
            rows = await affiliations.of(tx.connection, number, page.after, page.page_size + 1)
            return collection(request, [shown(row) for row in rows], page)

        return await desk.read("listAffiliations", caller, [number], look)

    @routes.patch("/affiliations/{affiliationId}", name="endAffiliation")
    async def end(affiliation_id: AffiliationId, body: LastDay, caller: Caller = ender) -> dict[str, Any]:
        async with desk.stage.pool.acquire() as connection:
            found = await affiliations.read(connection, affiliation_id)
        if found is None:
            raise not_found()
        parties = [found["employer"], found["secretariat"]]

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            party = any(actor.rights_in(number) for number in parties)
            entitled("endAffiliation", actor, *parties, hidden=not party)
            if (row := await affiliations.read(tx.connection, affiliation_id)) is None:
                raise not_found()
            span = Span(row["valid_from"], row["valid_until"])
            checked(rules.ends(span, body.valid_until, local_date(tx.now)))
            await affiliations.end(tx, affiliation_id, body.valid_until)
            return {**shown(row), "validUntil": body.valid_until}, ()

        return await desk.change("endAffiliation", caller, parties, act)


async def _affiliate(tx: Transaction, body: Affiliated) -> dict[str, Any]:
    first = rules.begins(body.valid_from, body.begin_quarter, local_date(tx.now))
    if isinstance(first, list):
        checked(first)
        raise AssertionError("something is wrong with it")
    parties = await mandates.parties(tx.connection, body.employer, body.secretariat)
    if parties is None:
        raise not_found()
    kind = MandataryKind(parties["kind"]) if parties["kind"] is not None else None
    if not affiliable(provincial_or_local=parties["provincial_or_local"], kind=kind):
        detail = "Private employers are affiliated, to an approved secretariat"
        checked([Finding("invalid_input", ("secretariat",), detail)])
    cut, undone = rules.superseded(await affiliations.spans(tx.connection, body.employer), first)
    affiliation_id = await affiliations.begin(tx, body.employer, body.secretariat, first, cut, undone)
    row = await affiliations.read(tx.connection, affiliation_id)
    assert row is not None
    return shown(row)
