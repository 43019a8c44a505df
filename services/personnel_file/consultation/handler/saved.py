"""Read and save the saved searches of users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.personnel_file.consultation.channels.saved import SavedRequest, presets, saved
from services.personnel_file.consultation.handler import REFUSED, acting_for
from services.personnel_file.consultation.store.saved import (
    Saved,
    add_saved,
    change_saved,
    load_saved,
    load_saved_searches,
)
from shared.domain.calendar import local_date
from shared.runtime.api import ProblemError
from shared.runtime.authorization import RefusedError, Work, not_found


async def read_all(work: Work, base: str) -> Sequence[dict[str, Any]]:
    """Return the presets, and the searches that the caller has saved."""
    own = await load_saved_searches(work.tx, work.actor.caller.subject)
    return [*presets(local_date(work.tx.now), base), *(saved(each, base) for each in own)]


async def read(work: Work, id_: str | UUID, base: str) -> dict[str, Any]:
    """Return a preset by its name, or a saved search of the caller by its id.

    Raise ProblemError (404) if there is none.
    """
    if isinstance(id_, UUID):
        found = await load_saved(work.tx, work.actor.caller.subject, id_)
        if found is not None:
            return saved(found, base)
    for preset in presets(local_date(work.tx.now), base):
        if preset["id"] == id_:
            return preset
    raise not_found()


async def save(work: Work, search_id: UUID, request: SavedRequest) -> bool:
    """Save a search of the caller, and return whether it is new.

    Raise RefusedError if the caller has no organization, and ProblemError (409) if there are too many
    searches.
    """
    if not work.actor.organizations:
        raise RefusedError(REFUSED)
    reader, made = work.actor.caller.subject, Saved(search_id, request.name, request.text)
    if await change_saved(work.tx, reader, made):
        return False
    employer = request.criteria.employer
    organization = acting_for(work.actor, None if employer is None else employer.ten_digits)
    if not await add_saved(work.tx, organization, reader, made):
        raise ProblemError("conflict", "You or your organization have too many saved searches. Delete one")
    return True
