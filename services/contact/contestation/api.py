"""Contestations over HTTP: for a person with the right to contest, or a technical client."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from services.contact.contestation import channels, store
from services.contact.contestation.channels import Contestation
from services.contact.contestation.handler import ContestationOf, open_cases, withdraw
from services.contact.contestation.rules import Refusal, Refused
from services.contact.contestation.store import Contested
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.database import Transaction
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

SCOPE: Final = "scope:dimona:contact"
#: Assurance levels by operation: a password and a second factor to read, 400 to act for an enterprise.
READ_LEVEL: Final = 300
CONTEST_LEVEL: Final = 400
MOST: Final = 200

ContestationId = Annotated[UUID, Path(alias="contestationId")]


class ContestationRequest(Contestation):
    """The contestation of the queue channel, with the enterprise: a person may act for several."""

    enterprise_number: Annotated[str, Field(pattern=r"^[01]\d{9}$")]


def router(stage: Stage, bearer: Bearer) -> APIRouter:
    """Return the operations of contestations."""
    routes = APIRouter(prefix="/contestations")
    _on_contesting(routes, stage, Depends(bearer.needs(SCOPE, level=CONTEST_LEVEL, clients=True)))
    _on_reading(routes, stage, Depends(bearer.needs(SCOPE, level=READ_LEVEL, clients=True)))
    return routes


def _on_contesting(routes: APIRouter, stage: Stage, contester: Any) -> None:
    @routes.post("", status_code=201)
    async def create(
        request: ContestationRequest, response: Response, caller: Caller = contester
    ) -> dict[str, Any]:
        async def act(tx: Transaction) -> tuple[Contested | Refused | None, tuple[()]]:
            party = await store.load_contester(tx, caller.subject, caller.is_person)
            if request.enterprise_number not in party.enterprises:
                await store.refused(tx, caller.subject, "contest", request.enterprise_number)
                return None, ()
            if not await store.sees(tx, party, request.enterprise_number, request.notification_id):
                return Refused(Refusal.UNKNOWN, None, None), ()  # out of sight: not there
            contestation = ContestationOf(uuid4(), request, request.enterprise_number, caller.subject)
            (end,) = await open_cases(tx, [contestation])
            return end, ()

        end = await stage.perform(act)
        if end is None:
            raise ProblemError("missingPermission", "You may not contest for this enterprise")
        if isinstance(end, Refused):
            raise ProblemError.of(channels.rejection(end))
        response.headers["Location"] = f"/contestations/{end.case.id}"
        return channels.body(end)

    @routes.post("/{contestationId}/withdrawals")
    async def withdrawn(contestation_id: ContestationId, caller: Caller = contester) -> dict[str, Any]:
        async def act(tx: Transaction) -> tuple[Contested | None, tuple[()]]:
            party = await store.load_contester(tx, caller.subject, caller.is_person)
            return await withdraw(tx, party, contestation_id), ()

        contested = await stage.perform(act)
        if contested is None:
            raise ProblemError("resourceNotFound", "No contestation of yours that is open has this id")
        return channels.body(contested)


def _on_reading(routes: APIRouter, stage: Stage, reader: Any) -> None:
    @routes.get("/{contestationId}")
    async def read(contestation_id: ContestationId, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction) -> tuple[Contested | None, tuple[()]]:
            party = await store.load_contester(tx, caller.subject, caller.is_person)
            return await store.load_contestation(tx, party, contestation_id), ()

        contested = await stage.perform(act)
        if contested is None:
            raise ProblemError("resourceNotFound", "No contestation of yours has this id")
        return channels.body(contested)

    @routes.get("")
    async def own(
        after: UUID | None = None,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 50,
        caller: Caller = reader,
    ) -> dict[str, Any]:
        async def act(tx: Transaction) -> tuple[list[Contested], tuple[()]]:
            party = await store.load_contester(tx, caller.subject, caller.is_person)
            return await store.load_contestations(tx, party, after, page_size), ()

        contestations = await stage.perform(act)
        page: dict[str, Any] = {"items": [channels.body(contested) for contested in contestations]}
        more = len(contestations) == page_size
        return page | ({"nextAfter": str(contestations[-1].case.id)} if more else {})
