"""`GET /events?after=`: changes of the organizations of the caller.

A reader that goes from cursor to cursor misses no change.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from pydantic.alias_generators import to_camel

from services.access.directory.store import events
from services.access.fields import Row
from shared.messages import SERVICE
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called, RefusedError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes


class Place(Row):
    """The query of a page of changes: the cursor after which the page begins, and the size of the page.

    Without a cursor (None) the page begins with the first change.
    """

    after: str | None = Field(default=None, max_length=100)
    page_size: int = Field(default=100, ge=1, le=1000)


routes = guarded_routes()


@routes.get("/events", name="listEvents")
async def list_events(place: Annotated[Place, Query()], call: Called) -> dict[str, Any]:
    """Return a page of the changes after a cursor, and the cursor of the next page."""
    async with call.begin(None) as work:
        if not work.actor.organizations:
            raise RefusedError(work.actor.operation.text)
        cursor = _cursor(place.after, *await events.epoch(work.tx.connection))
        rows = await events.after(work.tx.connection, cursor, work.actor.organizations, place.page_size)
    last = rows[-1][0] if rows else cursor
    return {"items": [_shown(row) for _, row in rows], "cursor": str(last)}


def _cursor(after: str | None, epoch: str, horizon: int) -> Cursor:
    if after is None:
        return Cursor(epoch)
    try:
        cursor = Cursor.parse(after)
    except ValueError:
        raise ProblemError("badRequest", "`after` must be a cursor from an earlier answer") from None
    if cursor.epoch != epoch:
        raise ProblemError("badRequest", "The directory was restored; start again without `after`")
    if int(cursor.xid) >= horizon:
        raise ProblemError("badRequest", "`after` is not a cursor of this directory; start again without it")
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
