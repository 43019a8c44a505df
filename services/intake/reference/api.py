"""`GET /refData/…`: the code lists in pages, without a token (ADR 25)."""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.intake.reference.rules import NAMES, Item, items
from services.intake.settings import BASE, IntakeSettings
from shared.runtime.api import ProblemError

PATH: Final = f"{BASE}/refData"
#: A list changes only with a release of this service.
_CACHED: Final = {"Cache-Control": "public, max-age=3600"}


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    page_size: Annotated[int, Field(ge=1, le=500)] = 100
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1


def add_routes(routes: APIRouter, settings: IntakeSettings) -> None:
    """Add an operation for each list, and one for a single anomaly."""
    for name in NAMES:
        routes.add_api_route(f"{PATH}/{name}", _reading(name, settings), methods=["GET"], name=name)

    @routes.get(f"{PATH}/anomalies/{{code}}")
    async def anomaly(code: str, request: Request) -> Response:
        found = _anomalies().get(code)
        if found is None:
            raise ProblemError("resourceNotFound", "There is no anomaly with this code")
        return _answer(request, "anomalies", _shown("anomalies", found, settings))


def _reading(name: str, settings: IntakeSettings) -> Any:
    async def read(page: Annotated[_Page, Query()], request: Request) -> Response:
        rows, size = items(name), page.page_size
        first = (page.page - 1) * size
        document: dict[str, Any] = {
            "self": _address(name, settings, page.page, size),
            "items": [_shown(name, row, settings) for row in rows[first : first + size]],
            "page": page.page,
            "pageSize": size,
            "total": len(rows),
        }
        if first + size < len(rows):
            document["next"] = _address(name, settings, page.page + 1, size)
        return _answer(request, name, document)

    return read


def _address(name: str, settings: IntakeSettings, page: int, size: int) -> str:
    return f"{settings.base_url}/refData/{name}?{urlencode({'page': page, 'pageSize': size})}"


def _shown(name: str, row: Item, settings: IntakeSettings) -> Item:
    """Return a row for the answer. An anomaly also gets its own address and the address of its page."""
    if name != "anomalies":
        return row
    code = row["code"]
    return {
        "href": f"{settings.base_url}/refData/anomalies/{code}",
        **row,
        "documentation": f"{settings.documentation_url}/anomalies/{code}",
    }


def _answer(request: Request, name: str, document: Item) -> Response:
    """Return the answer with a document, or 304 if the client already has this version of the list."""
    headers = {**_CACHED, "ETag": (tag := _tag(name))}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(json.dumps(document, ensure_ascii=False), headers=headers, media_type="application/json")


@cache
def _tag(name: str) -> str:
    """Return the entity tag of a list. All addresses with a part of the list have this tag."""
    return f'"{blake2b(json.dumps(items(name)).encode(), digest_size=12).hexdigest()}"'


@cache
def _anomalies() -> dict[str, Item]:
    return {row["code"]: row for row in items("anomalies")}
