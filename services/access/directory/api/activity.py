"""`/organizations/{enterpriseNumber}/changes` and `…/looks`: the activity log, the newest entry first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import Field
from pydantic.alias_generators import to_camel

from services.access.directory.store import activity
from services.access.fields import Row
from services.access.shape import Number
from shared.messages import SERVICE
from shared.runtime.authorization import Called
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: The place behind all entries: a day in the year 9999, and the largest id.
_LAST: Final = 2**63 - 1
_LAST_INSTANT: Final = datetime(9999, 1, 1, tzinfo=UTC)


class ChangesBefore(Row):
    """The query of a page of changes: those before an id, or the newest."""

    before: int = Field(default=_LAST, ge=1, le=_LAST)
    page_size: int = Field(default=100, ge=1, le=1000)


class LooksBefore(Row):
    """The query of a page of looks: those before a place `microseconds since 1970 _ id`, or the newest."""

    before: str | None = Field(default=None, pattern=r"^[0-9]{1,17}_[0-9]{1,18}$")
    page_size: int = Field(default=100, ge=1, le=1000)


routes = guarded_routes()


@routes.get("/organizations/{enterpriseNumber}/changes", name="listChanges")
async def list_changes(
    number: Number, page: Annotated[ChangesBefore, Query()], call: Called
) -> dict[str, Any]:
    """Return a page of the changes of an organization in the directory, the newest first."""
    async with call.begin_for(number) as work:
        rows = await activity.changes(work.tx.connection, number, page.before, page.page_size + 1)
    return _page(rows, page.page_size, _change, lambda row: str(row["id"]))


@routes.get("/organizations/{enterpriseNumber}/looks", name="listLooks")
async def list_looks(number: Number, page: Annotated[LooksBefore, Query()], call: Called) -> dict[str, Any]:
    """Return a page of the looks of users and clients of an organization, the newest first."""
    async with call.begin_for(number) as work:
        rows = await activity.looks(work.tx.connection, number, _place(page.before), page.page_size + 1)
    return _page(
        rows,
        page.page_size,
        _look,
        lambda row: f"{(row['looked_at'] - _EPOCH) // _MICROSECOND}_{row['look_id']}",
    )


def _page(
    rows: Sequence[Record],
    size: int,
    shown: Callable[[Record], Mapping[str, Any]],
    place: Callable[[Record], str],
) -> dict[str, Any]:
    """Return up to `size` rows as the API shows them, and the place of the last one if there are more."""
    following = {"nextBefore": place(rows[size - 1])} if len(rows) > size else {}
    items = [{name: value for name, value in shown(row).items() if value is not None} for row in rows[:size]]
    return {"items": items, **following}


def _place(before: str | None) -> tuple[datetime, int]:
    if before is None:
        return _LAST_INSTANT, _LAST
    microseconds, _, id_ = before.partition("_")
    return _EPOCH + int(microseconds) * _MICROSECOND, int(id_)


def _change(row: Record) -> dict[str, Any]:
    return {
        "id": row["event_id"],
        "type": f"{SERVICE}.{row['type']}",
        "time": row["changed_at"],
        "userId": row["changed_by"],
        "author": _names(row["family_name"], row["given_name"]),
        "subject": _names(row["subject_family_name"], row["subject_given_name"]),
        "before": _camel(row["before"]),
        "after": _camel(row["after"]),
    }


def _look(row: Record) -> dict[str, Any]:
    return {
        "id": row["look_id"],
        "time": row["looked_at"],
        "operation": row["operation"],
        "author": _names(row["family_name"], row["given_name"]),
        "clientId": row["reader"] if row["user_id"] is None else None,
    }


def _names(family_name: str | None, given_name: str | None) -> dict[str, str] | None:
    """Return the names of a person, or None for no person."""
    if family_name is None or given_name is None:
        return None
    return {"familyName": family_name, "givenName": given_name}


def _camel(text: str | None) -> dict[str, Any] | None:
    return None if text is None else {to_camel(name): value for name, value in json.loads(text).items()}
