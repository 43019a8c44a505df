"""`GET /events?after=`: changes of the caller's organizations, behind a cursor that skips nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic.alias_generators import to_camel

from services.access.directory.store import events
from services.access.fields import Row
from shared.messages import SERVICE
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Actor, Authorization, RefusedError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Record, Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

_OPERATION: Final = "listEvents"


class Place(Row):
    """A cursor and the size of the page behind it."""

    after: str | None = Field(default=None, max_length=100)
    page_size: int = Field(default=100, ge=1, le=1000)


PlaceQuery = Annotated[Place, Query()]


def add(routes: APIRouter, authorization: Authorization) -> None:
    """Add the feed of events."""
    reader = authorization.caller(_OPERATION)

    @routes.get("/events", name=_OPERATION)
    async def list_events(place: PlaceQuery, caller: Caller = reader) -> dict[str, Any]:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            if not actor.organizations:
                raise RefusedError(actor.operation.text)
            cursor = _cursor(place.after, await events.epoch(tx.connection))
            rows = await events.after(tx.connection, cursor, actor.organizations, place.page_size)
            last = rows[-1][0] if rows else cursor
            return {"items": [_shown(row) for _, row in rows], "cursor": str(last)}, ()

        return await authorization.perform(_OPERATION, caller, None, act)


def _cursor(after: str | None, epoch: str) -> Cursor:
    if after is None:
        return Cursor(epoch)
    try:
        cursor = Cursor.parse(after)
    except ValueError:
        raise ProblemError("badRequest", "`after` must be a cursor from an earlier answer") from None
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
