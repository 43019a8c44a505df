"""Contestations over HTTP: for a person with the right to contest, or a technical client."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from services.contact.contestation import channels, store
from services.contact.contestation.channels import Contestation
from services.contact.contestation.handler import ContestationOf, open_cases, withdraw
from services.contact.contestation.rules import Refusal, Refused
from services.contact.contestation.store import Contested, Contester
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.tokens import Caller

MOST: Final = 200

ContestationId = Annotated[UUID, Path(alias="contestationId")]


class ContestationRequest(Contestation):
    """The contestation of the queue channel, with the enterprise: a person may act for several."""

    enterprise_number: Annotated[str, Field(pattern=r"^[01]\d{9}$")]


def router(authorization: Authorization) -> APIRouter:
    """Return the operations of contestations."""
    routes = APIRouter(prefix="/contestations")
    _on_contesting(routes, authorization)
    _on_reading(routes, authorization)
    return routes


def _on_contesting(routes: APIRouter, authorization: Authorization) -> None:
    contester = authorization.caller("contest")

    @routes.post("", status_code=201)
    async def create(
        request: ContestationRequest, response: Response, caller: Caller = contester
    ) -> dict[str, Any]:
        number = request.enterprise_number

        async def act(tx: Transaction, actor: Actor) -> tuple[Contested | Refused, tuple[()]]:
            actor.require(number)
            if not await store.sees(tx, _contester(actor), number, request.notification_id):
                return Refused(Refusal.UNKNOWN, None, None), ()  # out of sight: not there
            contestation = ContestationOf(uuid4(), request, number, caller.subject)
            (end,) = await open_cases(tx, [contestation])
            return end, ()

        end = await authorization.perform("contest", caller, [number], act)
        if isinstance(end, Refused):
            raise ProblemError.of(channels.rejection(end))
        response.headers["Location"] = f"/contestations/{end.case.id}"
        return channels.body(end)

    @routes.post("/{contestationId}/withdrawals")
    async def withdrawn(contestation_id: ContestationId, caller: Caller = contester) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[Contested | None, tuple[()]]:
            return await withdraw(tx, _contester(actor), contestation_id), ()

        contested = await authorization.perform("contest", caller, None, act)
        if contested is None:
            raise ProblemError("resourceNotFound", "No contestation of yours that is open has this id")
        return channels.body(contested)


def _on_reading(routes: APIRouter, authorization: Authorization) -> None:
    reader = authorization.caller("readContestations")

    @routes.get("/{contestationId}")
    async def read(contestation_id: ContestationId, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[Contested | None, tuple[()]]:
            return await store.load_contestation(tx, _contester(actor), contestation_id), ()

        contested = await authorization.perform("readContestations", caller, None, act)
        if contested is None:
            raise ProblemError("resourceNotFound", "No contestation of yours has this id")
        return channels.body(contested)

    @routes.get("")
    async def own(
        after: UUID | None = None,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 50,
        caller: Caller = reader,
    ) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[list[Contested], tuple[()]]:
            return await store.load_contestations(tx, _contester(actor), after, page_size), ()

        contestations = await authorization.perform("readContestations", caller, None, act)
        page: dict[str, Any] = {"items": [channels.body(contested) for contested in contestations]}
        more = len(contestations) == page_size
        return page | ({"nextAfter": str(contestations[-1].case.id)} if more else {})


def _contester(actor: Actor) -> Contester:
    """Return a person or client with the enterprises for which it may contest."""
    person = actor.caller.subject if actor.caller.is_person else None
    return Contester(actor.caller.subject, person, actor.organizations)
