"""Exports over REST v2. One request stores a search; another reads its rows and sends them as a file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from starlette.responses import StreamingResponse

from services.personnel_file.consultation.api import Base
from services.personnel_file.consultation.channels.files import MEDIA_TYPES, Form
from services.personnel_file.consultation.channels.stored import ExportRequest, export
from services.personnel_file.consultation.handler import exports as handler
from services.personnel_file.consultation.store.exports import Export, delete_export
from services.personnel_file.settings import BASE
from shared.runtime.authorization import Call, Called, not_found
from shared.runtime.guard import guarded_routes
from shared.runtime.negotiation import json_only
from shared.runtime.request_queue import RequestQueue
from shared.runtime.streaming import LIMITS, Streamed

#: The id of an export: a random number, so that it cannot name a person.
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_Id = Annotated[str, Path(alias="exportId")]


def routes(queue: RequestQueue) -> tuple[APIRouter, APIRouter]:
    """Return two routers: the routes of exports, and the route of their content, which is not JSON."""
    exports, content = guarded_routes(own_queue=queue), guarded_routes(own_queue=queue)
    exports.dependencies += [Depends(json_only)]
    places = RequestQueue(limits=LIMITS)

    @exports.post(f"{BASE}/exports", name="createExport", status_code=202)
    async def create(request: ExportRequest, call: Called, base: Base, response: Response) -> dict[str, Any]:
        """Store a search as an export, and return the state of the export."""
        async with call.begin(None) as work:
            made = await handler.create(work, call.name, request)
        shown = export(made, base)
        response.headers["Location"] = shown["href"]
        return shown

    @exports.get(f"{BASE}/exports/{{exportId}}", name="getExport")
    async def read(id_: _Id, call: Called, base: Base) -> dict[str, Any]:
        """Return the state of an export of the caller; 404 if there is none with this id."""
        return export(await _load(call, id_), base)

    @exports.delete(f"{BASE}/exports/{{exportId}}", name="deleteExport", status_code=204)
    async def delete(id_: _Id, call: Called) -> None:
        """Delete an export of the caller; 404 if there is none with this id."""
        async with call.begin(None) as work:
            if not await delete_export(work.tx, _number(id_), call.caller.subject):
                raise not_found()

    @content.get(f"{BASE}/exports/{{exportId}}/content", name="getExportContent")
    async def read_content(id_: _Id, call: Called, base: Base) -> Response:
        """Return the file of an export of the caller; 404 if there is no export with this id."""
        found = await _load(call, id_)
        return Streamed(places, found.organization, partial(_file, call, found, base))

    return exports, content


@asynccontextmanager
async def _file(call: Call, found: Export, base: str) -> AsyncIterator[Response]:
    """Yield the response with the file of an export, after its first page was read.

    Raise ProblemError if the caller may not read the first page.
    """
    async with aclosing(handler.Content(call, found, base).chunks()) as chunks:
        first = await anext(chunks)
        headers = {"Content-Disposition": f'attachment; filename="dimona.{found.form}"'}
        yield StreamingResponse(
            _joined(first, chunks), media_type=MEDIA_TYPES[Form(found.form)], headers=headers
        )


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _load(call: Call, id_: str) -> Export:
    async with call.begin(None) as work:
        return await handler.read(work, _number(id_))


def _number(text: str) -> UUID:
    """Read the id of an export. Raise ProblemError (404) if the text is no id."""
    if not _ID.fullmatch(text):
        raise not_found()
    return UUID(text)
