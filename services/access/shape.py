"""The form of answers: lowerCamelCase objects without nulls, in collections with a link to the next page."""

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
    """The query of a page: up to `page_size` items after the item `after`, or from the first item."""

    after: UUID | None = None
    page_size: int = Field(default=_PAGE, ge=1, le=_MOST)


class MandatePage(Page):
    """The query of a page of mandates.

    `application_group` selects the mandates of one group of applications; None selects all mandates.
    """

    application_group: ApplicationGroup | None = None


PageQuery = Annotated[Page, Query()]
MandateQuery = Annotated[MandatePage, Query()]


def shown(row: Record | Mapping[str, Any], key: str = "id") -> dict[str, Any]:
    """Return a row as an object of the API: without nulls, and with the column `key` under the name `id`."""
    return {
        "id" if name == key else to_camel(name): value for name, value in row.items() if value is not None
    }


def collection(request: Request, rows: Sequence[dict[str, Any]], page: Page) -> dict[str, Any]:
    """Return a page of items, with a link to the next page if there are more rows than the page size."""
    items = rows[: page.page_size]
    if len(rows) <= page.page_size:
        return {"items": items}
    following = request.url.include_query_params(after=items[-1]["id"])
    # Never from the Host header, which the caller may forge.
    return {"items": items, "next": f"{request.app.state.base_url}{following.path}?{following.query}"}


def whole(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return all items as one collection with their number, without pages."""
    return {"items": items, "total": len(items)}


def created(location: str, body: Mapping[str, Any]) -> JSONResponse:
    """Return the response 201 with the location and the body of a new resource."""
    return JSONResponse(jsonable_encoder(body), 201, {"Location": location})


def accepted(location: str, body: Mapping[str, Any]) -> JSONResponse:
    """Return the response 202 with the location and the body of a resource that waits for a decision."""
    return JSONResponse(jsonable_encoder(body), 202, {"Location": location})
