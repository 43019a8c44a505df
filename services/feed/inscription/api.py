"""`/inscriptions`: an institution registers the workers of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.feed.inscription import store
from services.feed.inscription.rules import (
    REFERENCE,
    REFERENCE_LENGTH,
    Inscription,
    ReferencedInscription,
    read_lines,
)
from services.feed.token import Tokens
from shared.runtime.api import ProblemError
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes

LIMIT: Final = 1000
_Reference = Annotated[str, Path(pattern=REFERENCE, max_length=REFERENCE_LENGTH)]


def routes(tokens: Tokens, most: int) -> tuple[APIRouter, APIRouter]:
    """Return the routes of single inscriptions, and the route of files of them.

    An institution has at most `most` inscriptions.
    """
    caller: Any = Depends(tokens.institution)
    single = guarded_routes(check=tokens.check)
    files = guarded_routes(check=tokens.check, bounded=False)  # `read_lines` checks each line

    @single.put("/inscriptions/{reference}", status_code=204)
    async def put(reference: _Reference, inscription: Inscription, institution: str = caller) -> Response:
        row = ReferencedInscription(reference=reference, **inscription.model_dump())
        await _save(tokens, institution, [row], most)
        return Response(status_code=204)

    @single.delete("/inscriptions/{reference}", status_code=204)
    async def delete(reference: _Reference, institution: str = caller) -> Response:
        if not await store.delete_inscription(tokens.pool, institution, reference):
            raise ProblemError("resourceNotFound", "No inscription has this reference")
        return Response(status_code=204)

    @single.get("/inscriptions")
    async def list_(
        institution: str = caller,
        after: Annotated[str, Query(pattern=REFERENCE, max_length=REFERENCE_LENGTH)] | None = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT,
    ) -> Mapping[str, Any]:
        rows = await store.list_inscriptions(tokens.pool, institution, after or "", limit)
        return {"items": [_document(row) for row in rows]}

    @files.post("/inscriptions")
    async def post(request: Request, institution: str = caller) -> Response:
        rows, wrong = read_lines(await request.body())
        if wrong is not None:
            raise ProblemError("badRequest", f"Line {wrong} is no inscription; nothing was changed")
        changed = await _save(tokens, institution, rows, most)
        return Response(json.dumps({"changed": changed}), media_type="application/json")

    return single, files


async def _save(tokens: Tokens, institution: str, rows: Sequence[ReferencedInscription], most: int) -> int:
    """Save inscriptions, and return the number of new or changed ones.

    Raise ProblemError (409) if the institution would have more than `most`.
    """
    try:
        return await store.save_inscriptions(tokens.pool, institution, rows, most)
    except store.TooManyInscriptionsError:
        detail = f"Your institution may have {most} inscriptions; nothing was changed"
        raise ProblemError("conflict", detail) from None


def _document(row: Record) -> Mapping[str, Any]:
    ends_on = {} if row["ends_on"] is None else {"endsOn": str(row["ends_on"])}
    return {
        "reference": row["reference"], "ssin": row["ssin"], "capacity": row["capacity"],
        "beginsOn": str(row["begins_on"]), **ends_on,
    }  # fmt: skip
