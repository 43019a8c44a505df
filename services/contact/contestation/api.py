"""Contestations over HTTP: for a person with the right to contest, or a technical client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import Path, Query, Response
from pydantic import Field

from services.contact.contestation import channels, store
from services.contact.contestation.channels import Contestation
from services.contact.contestation.handler import ContestationOf, open_cases, withdraw
from services.contact.contestation.rules.contesting import Refusal, Refused
from services.contact.contestation.store import Contested, Contester
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Actor, Called
from shared.runtime.guard import guarded_routes

MOST: Final = 200

#: The refusal for a notification that the caller may not see. It equals that for an unknown notification.
_OUT_OF_SIGHT: Final[Contested | Refused] = Refused(Refusal.UNKNOWN, None, None)

ContestationId = Annotated[UUID, Path(alias="contestationId")]


class ContestationRequest(Contestation):
    """The body of an HTTP request that contests a notification.

    It has the fields of a contestation on the queue and the enterprise number, because a person may act for
    several enterprises.
    """

    enterprise_number: Annotated[str, Field(pattern=r"^[01]\d{9}$")]


routes = guarded_routes("/contestations")


@routes.post("", name="contest", status_code=201)
async def create(request: ContestationRequest, response: Response, call: Called) -> dict[str, Any]:
    """Open a contestation of a notification for an enterprise and return it, with its address in Location.

    Raise ProblemError: 403 without the right to contest for this enterprise; 409 if the enterprise has an
    open contestation of this notification; 400 if the notification is unknown to the enterprise, is
    provisional, or is past its deadline.
    """
    number, end = request.enterprise_number, _OUT_OF_SIGHT
    async with call.begin_for(number) as work:
        if await store.sees(work.tx, _contester(work.actor), number, request.notification_id):
            contestation = ContestationOf(uuid4(), request, number, call.caller.subject)
            (end,) = await open_cases(work.tx, [contestation])
    if isinstance(end, Refused):
        raise ProblemError.of(channels.rejection(end))
    response.headers["Location"] = f"/contestations/{end.case.id}"
    return channels.body(end)


@routes.post("/{contestationId}/withdrawals", name="contest")
async def withdrawn(contestation_id: ContestationId, call: Called) -> dict[str, Any]:
    """Withdraw an open contestation and return it.

    Raise ProblemError (404) if the caller sees no open contestation with this id.
    """
    async with call.begin(None) as work:
        contested = await withdraw(work.tx, _contester(work.actor), contestation_id)
    if contested is None:
        raise ProblemError("resourceNotFound", "You have no open contestation with this id")
    return channels.body(contested)


@routes.get("/{contestationId}", name="readContestations")
async def read(contestation_id: ContestationId, call: Called) -> dict[str, Any]:
    """Return a contestation. Raise ProblemError (404) if the caller sees no contestation with this id."""
    async with call.begin(None) as work:
        contested = await store.load_contestation(work.tx, _contester(work.actor), contestation_id)
        work.shown.update(_parties([contested] if contested else []))
    if contested is None:
        raise ProblemError("resourceNotFound", "You have no contestation with this id")
    return channels.body(contested)


@routes.get("", name="readContestations")
async def own(
    call: Called,
    after: UUID | None = None,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Return a page of the contestations that the caller may see, the newest first."""
    async with call.begin(None) as work:
        contestations = await store.load_contestations(work.tx, _contester(work.actor), after, page_size)
        work.shown.update(_parties(contestations))
    page: dict[str, Any] = {"items": [channels.body(contested) for contested in contestations]}
    more = len(contestations) == page_size
    return page | ({"nextAfter": str(contestations[-1].case.id)} if more else {})


def _parties(contestations: Iterable[Contested]) -> set[str]:
    """Return the enterprises of contestations, which the look at them names."""
    return {number for each in contestations if (number := each.case.enterprise_number) is not None}


def _contester(actor: Actor) -> Contester:
    """Return the caller of an operation as a contester, with the enterprises for which it may contest."""
    person = actor.caller.subject if actor.caller.is_person else None
    return Contester(actor.caller.subject, person, actor.organizations)
