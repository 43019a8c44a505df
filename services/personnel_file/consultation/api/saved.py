"""Saved searches over REST v2."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from services.personnel_file.consultation.api import Base
from services.personnel_file.consultation.channels.saved import SavedRequest
from services.personnel_file.consultation.handler import saved as handler
from services.personnel_file.consultation.store.saved import delete_saved
from services.personnel_file.settings import BASE
from shared.runtime.authorization import Called, not_found
from shared.runtime.guard import guarded_routes
from shared.runtime.negotiation import json_only
from shared.runtime.request_queue import RequestQueue

#: The id of a saved search: a random number from the client, so that it cannot name a person.
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_CREATED: Final = 201
_Id = Annotated[str, Path(alias="searchId")]
_ONE: Final = f"{BASE}/savedSearches/{{searchId}}"


def routes(queue: RequestQueue) -> APIRouter:
    """Return the routes of saved searches."""
    routes = guarded_routes(own_queue=queue)
    routes.dependencies += [Depends(json_only)]

    @routes.get(f"{BASE}/savedSearches", name="getSavedSearches")
    async def read_all(call: Called, base: Base) -> dict[str, Any]:
        """Return the presets and the saved searches of the caller."""
        async with call.begin(None) as work:
            return {"items": await handler.read_all(work, base)}

    @routes.get(_ONE, name="getSavedSearch")
    async def read(id_: _Id, call: Called, base: Base) -> dict[str, Any]:
        """Return a preset or a saved search of the caller; 404 if there is none with this id."""
        async with call.begin(None) as work:
            return await handler.read(work, UUID(id_) if _ID.fullmatch(id_) else id_, base)

    @routes.put(_ONE, name="putSavedSearch")
    async def save(
        id_: _Id, request: SavedRequest, call: Called, base: Base, response: Response
    ) -> dict[str, Any]:
        """Save a search of the caller under this id, and return it; 201 if it is new, else 200."""
        number = _number(id_)
        async with call.begin(None) as work:
            if await handler.save(work, number, request):
                response.status_code = _CREATED
            return await handler.read(work, number, base)

    @routes.delete(_ONE, name="deleteSavedSearch", status_code=204)
    async def delete(id_: _Id, call: Called) -> None:
        """Delete a saved search of the caller; 404 if there is none with this id."""
        async with call.begin(None) as work:
            if not await delete_saved(work.tx, work.actor.caller.subject, _number(id_)):
                raise not_found()

    return routes


def _number(text: str) -> UUID:
    """Read the id of a saved search that is to be changed or deleted.

    Raise ProblemError (404) if the text is no id. The name of a preset is no id, so presets cannot be
    changed.
    """
    if not _ID.fullmatch(text):
        raise not_found()
    return UUID(text)
