"""`GET /declarations/{declarationId}`: the result of a declaration."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from services.intake.dialogue import store
from services.intake.dialogue.addresses import with_addresses
from services.intake.dialogue.senders import sender_of
from services.intake.settings import BASE, IntakeSettings
from shared.domain.rights import Right
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.authorization import require_valid
from shared.runtime.negotiation import json_only
from shared.runtime.scope import sharer_of
from shared.runtime.searching import Number, Part
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

PATH: Final = f"{BASE}/declarations"
CONSULT: Final = "scope:dimona:declaration:consult"
#: Assurance levels of the login of a person that reads and that declares.
READING: Final = 300
DECLARING: Final = 400
_READERS: Final = (Right.DECLARE, Right.CONSULT)
#: Results that one request reads. A document may have 256 items (`shared/runtime/structure.py`).
MOST_RESULTS: Final = 250
_NUMBER: Final = re.compile(r"[1-9]\d{11}", re.ASCII)


class ResultsRequest(Part):
    """The body of a request for the results of several declarations."""

    declaration_ids: Annotated[list[Number], Field(min_length=1, max_length=MOST_RESULTS)]


def add_routes(routes: APIRouter, settings: IntakeSettings, stage: Stage, bearer: Bearer) -> None:
    """Add the operations `GET /declarations/{declarationId}` and `POST /declarations/results`."""
    reader: Any = Depends(bearer.needs(CONSULT, level=READING, clients=True))

    @routes.get(f"{PATH}/{{declarationId}}", dependencies=[Depends(json_only)])
    async def read(
        request: Request, declaration_id: Annotated[str, Path(alias="declarationId")], caller: Caller = reader
    ) -> Response:
        sender = await sender_of(stage, caller, request, _READERS, "getDeclaration")
        answer = None
        if _NUMBER.fullmatch(declaration_id):
            async with stage.work() as (tx, _):
                await require_valid(tx, caller)
                answer = await store.read_answer(tx, int(declaration_id), sender.client_id, sender.person)
        if answer is None:
            raise ProblemError(
                "resourceNotFound", "No declaration of yours has this number, or it has no result yet"
            )
        document = with_addresses(settings.base_url, int(declaration_id), answer, settings.pages)
        return JSONResponse(document)

    @routes.post(f"{PATH}/results", dependencies=[Depends(json_only)])
    async def read_results(
        request: Request, asked: ResultsRequest, caller: Caller = reader
    ) -> dict[str, Any]:
        sender = await sender_of(stage, caller, request, _READERS, "getDeclarationResults")
        request.app.state.queue.spend(sharer_of(request.scope), len(asked.declaration_ids) - 1)
        async with stage.work() as (tx, _):
            await require_valid(tx, caller)
            answers = await store.read_answers(tx, asked.declaration_ids, sender.client_id, sender.person)
        base, pages = settings.base_url, settings.pages
        return {"items": [with_addresses(base, number, text, pages) for number, text in answers.items()]}


def client_of(caller: Caller) -> str:
    """Return the id of the technical client that calls. Raise ProblemError (403) for a person."""
    if caller.is_person:
        raise ProblemError("missingPermission", "This operation is for technical clients")
    return caller.subject
