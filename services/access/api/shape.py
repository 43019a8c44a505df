"""How rows are shown: lowerCamelCase, without what is not there, in collections with a next page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import Field
from pydantic.alias_generators import to_camel
from starlette.responses import JSONResponse

from services.access.fields import ApplicationGroup, ClientId, EnterpriseNumber, Row
from shared.runtime.database import Record

_PAGE: Final = 100
_MOST: Final = 1000

Number = Annotated[EnterpriseNumber, Path(alias="enterpriseNumber")]
UserId = Annotated[UUID, Path(alias="userId")]
MandateId = Annotated[UUID, Path(alias="mandateId")]
AffiliationId = Annotated[UUID, Path(alias="affiliationId")]
ClientPath = Annotated[ClientId, Path(alias="clientId")]


class Page(Row):
    """Which part of a collection is asked for: what comes after an item, and how much of it."""

    after: UUID | None = None
    page_size: int = Field(default=_PAGE, ge=1, le=_MOST)


class MandatePage(Page):
    """The same of mandates, of one group of applications or of all."""

    application_group: ApplicationGroup | None = None


PageQuery = Annotated[Page, Query()]
MandateQuery = Annotated[MandatePage, Query()]


def shown(row: Record | Mapping[str, Any], key: str = "id") -> dict[str, Any]:
    """A row as an object of the API; its key is called `id` there."""
    return {
        "id" if name == key else to_camel(name): value for name, value in row.items() if value is not None
    }


def collection(request: Request, rows: Sequence[dict[str, Any]], page: Page) -> dict[str, Any]:
    """The items of a page, and where the next one is; `rows` may be one more than asked for."""
    items = rows[: page.page_size]
    if len(rows) <= page.page_size:
        return {"items": items}
    following = request.url.include_query_params(after=items[-1]["id"])
    return {"items": items, "next": str(following)}


def created(location: str, body: Mapping[str, Any]) -> JSONResponse:
    """201, where it is, and what it is."""
    return JSONResponse(jsonable_encoder(body), 201, {"Location": location})
