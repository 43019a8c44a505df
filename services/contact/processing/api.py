"""`GET /processing`: the register of processing, without a token (ADR 31)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from fastapi import APIRouter, Request, Response

from services.contact.processing.rules import document
from shared.domain.processing import Table
from shared.runtime.guard import guarded_routes

#: The register changes only with a release of this system.
_CACHED: Final = {"Cache-Control": "public, max-age=3600"}


def router(tables: Iterable[Table]) -> APIRouter:
    """Return the route of the register. Its document is made once."""
    body = json.dumps(document(tables), ensure_ascii=False).encode()
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {**_CACHED, "ETag": tag}
    routes = guarded_routes()

    @routes.get("/processing")
    async def read_processing(request: Request) -> Response:
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    return routes
