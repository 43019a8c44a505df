"""`/mandates`: proposed by one side, validated by both, refused, revoked or shortened by either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from services.access.fields import ApplicationGroup, EnterpriseNumber, Input, Quarter
from services.access.locks import changing
from services.access.mandates.handler import mandates
from services.access.mandates.rules.mandates import Act
from services.access.shape import MandateId, MandateQuery, Number, collection, created
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

#: Path of an act → the act and its operation.
_ACTS: Final = {
    "validations": (Act.VALIDATE, "validateMandate"),
    "refusals": (Act.REFUSE, "refuseMandate"),
    "revocations": (Act.REVOKE, "revokeMandate"),
}


class Proposal(Input):
    """A mandate for one group of applications. Quarters are inclusive; without an end it stays open."""

    mandator: EnterpriseNumber
    mandatary: EnterpriseNumber
    application_group: ApplicationGroup
    begin_quarter: Quarter
    end_quarter: Quarter | None = None
    replaces: UUID | None = None  #: the mandate of another mandatary that this one succeeds


class LastQuarter(Input):
    """The last quarter of a mandate."""

    end_quarter: Quarter


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the operations on mandates."""
    _add_reading(routes, authorization)
    _add_proposing(routes, authorization)
    for path, (act, operation) in _ACTS.items():
        _add_act(routes, authorization, path, act, operation)
    shortener = authorization.caller("shortenMandate")

    @routes.put("/mandates/{mandateId}/endQuarter", name="shortenMandate")
    async def shorten(mandate_id: MandateId, body: LastQuarter, caller: Caller = shortener) -> dict[str, Any]:
        return await _act(authorization, "shortenMandate", caller, Act.SHORTEN, mandate_id, body.end_quarter)


def _add_proposing(routes: APIRouter, authorization: Authorization) -> None:
    proposer = authorization.caller("proposeMandate")

    @routes.post("/mandates", name="proposeMandate")
    async def propose(body: Proposal, caller: Caller = proposer) -> JSONResponse:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            return await mandates.propose_mandate(tx, actor, body.model_dump()), ()

        async with authorization.stage.pool.acquire() as connection:
            sides = (body.mandator, body.mandatary)
            parties = await mandates.with_replaced(connection, sides, body.replaces)
        before = changing(caller, parties)
        row = await authorization.perform("proposeMandate", caller, parties, act, before)
        return created(f"/mandates/{row['id']}", row)


def _add_act(routes: APIRouter, authorization: Authorization, path: str, act: Act, operation: str) -> None:
    party = authorization.caller(operation)

    @routes.post(f"/mandates/{{mandateId}}/{path}", name=operation)
    async def perform(mandate_id: MandateId, caller: Caller = party) -> dict[str, Any]:
        return await _act(authorization, operation, caller, act, mandate_id)


def _add_reading(routes: APIRouter, authorization: Authorization) -> None:
    lister, reader = authorization.caller("listMandates"), authorization.caller("readMandate")

    @routes.get("/organizations/{enterpriseNumber}/mandates", name="listMandates")
    async def list_mandates(
        request: Request, number: Number, page: MandateQuery, caller: Caller = lister
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(number)
            rows = await mandates.list_mandates(
                tx, number, page.after, page.page_size + 1, page.application_group
            )
            return collection(request, rows, page), ()

        return await authorization.perform("listMandates", caller, [number], act)

    @routes.get("/mandates/{mandateId}", name="readMandate")
    async def read(mandate_id: MandateId, caller: Caller = reader) -> dict[str, Any]:
        async with authorization.stage.pool.acquire() as connection:
            parties = await mandates.parties_of(connection, mandate_id)

        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            actor.require(*parties)
            return await mandates.read_mandate(tx, mandate_id), ()

        return await authorization.perform("readMandate", caller, parties, act)


async def _act(
    authorization: Authorization,
    operation: str,
    caller: Caller,
    act: Act,
    mandate_id: UUID,
    end_quarter: str | None = None,
) -> dict[str, Any]:
    """Do an act on a mandate while both sides are locked."""

    async def done(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
        return await mandates.act_on_mandate(tx, actor, act, mandate_id, end_quarter), ()

    async with authorization.stage.pool.acquire() as connection:
        parties = await mandates.parties_of(connection, mandate_id)
    return await authorization.perform(operation, caller, parties, done, changing(caller, parties))
