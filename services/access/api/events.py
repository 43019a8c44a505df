"""`GET /events?after=`: what changed for the caller's organizations, behind a cursor that skips nothing."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic.alias_generators import to_camel

from services.access.api.desk import Desk, RefusedError
from services.access.api.operations import OPERATIONS
from services.access.fields import Row
from services.access.store import events
from services.access.store.acting import Actor
from shared.messages import SERVICE
from shared.runtime.api import ProblemError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Record, Transaction
from shared.runtime.tokens import Caller

_OPERATION: Final = "listEvents"


class Place(Row):
    """From where on, and how many."""

    after: str | None = Field(default=None, max_length=100)
    page_size: int = Field(default=100, ge=1, le=1000)


PlaceQuery = Annotated[Place, Query()]


def add(routes: APIRouter, desk: Desk) -> None:
    """The feed of events."""
    reader = desk.caller(_OPERATION)

    @routes.get("/events", name=_OPERATION)
    async def list_events(place: PlaceQuery, caller: Caller = reader) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            own = {
                number
                for number in actor.organizations
                if number == actor.organization or actor.rights.get(number, frozenset()) & _RIGHTS
            }
            if not own:
                raise RefusedError("You administer no organization")
            cursor = _cursor(place.after, await events.epoch(tx.connection))
            found = await events.after(tx.connection, cursor, own, place.page_size)
            last = found[-1][0] if found else cursor
            return {"items": [_shown(row) for _, row in found], "cursor": str(last)}

        return await desk.read(_OPERATION, caller, None, look)


_RIGHTS: Final = OPERATIONS[_OPERATION].rights


def _cursor(after: str | None, epoch: str) -> Cursor:
    if after is None:
        return Cursor(epoch)
    try:
        cursor = Cursor.parse(after)
    except ValueError:
        raise ProblemError("badRequest", "`after` is a cursor that was given here earlier") from None
    if cursor.epoch != epoch:
        raise ProblemError("badRequest", "The directory was restored; start again without `after`")
    return cursor


def _shown(row: Record) -> dict[str, Any]:
    event = {
        "id": row["event_id"],
        "type": f"{SERVICE}.{row['type']}",
        "time": row["changed_at"],
        "enterpriseNumbers": row["parties"],
        "userId": row["changed_by"],
        "before": _camel(row["before"]),
        "after": _camel(row["after"]),
    }
    return {name: value for name, value in event.items() if value is not None}


def _camel(text: str | None) -> dict[str, Any] | None:
    return None if text is None else {to_camel(name): value for name, value in json.loads(text).items()}
