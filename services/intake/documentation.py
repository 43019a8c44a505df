"""Serve the pages that `python -m deploy.documentation` writes, under `/doc` (ADR 25)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from shared.runtime.api import ProblemError

PATH: Final = "/doc"
#: The files that are served, by their suffix; others in the folder are not.
TYPES: Final = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".yaml": "application/yaml",
        ".txt": "text/plain; charset=utf-8",
    }
)
#: Forbids content of other hosts. Redoc, which shows a contract, writes its styles and a logo into the page.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    media_type: str
    tag: str


def add_routes(routes: APIRouter, folder: Path | None) -> None:
    """Read all pages of the folder now, and add their routes. Without a folder the routes answer 501."""
    pages = _read(folder) if folder is not None else None

    async def show(request: Request, path: str = "index") -> Response:
        if pages is None:
            raise ProblemError("notImplemented", "This deployment does not serve the documentation")
        page = pages.get(path)
        if page is None:
            raise ProblemError("resourceNotFound", "There is no such page")
        headers = {
            "Cache-Control": "public, max-age=300",
            "ETag": page.tag,
            "Content-Security-Policy": _POLICY,
        }
        if page.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return _InPieces(page.body, headers=headers, media_type=page.media_type)

    for path in (PATH, f"{PATH}/{{path:path}}"):
        routes.add_api_route(path, show, methods=["GET"], include_in_schema=False)


class _InPieces(Response):
    """A response that is sent in pieces, so that only one piece at a time is buffered for a slow reader."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _PIECE):
            piece = self.body[start : start + _PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _read(folder: Path) -> Mapping[str, _Page]:
    """Return the files of a folder by their path in the address, without the files of unknown types.

    The address of an HTML page has no suffix (Belgif uri-extens).
    """
    found = {}
    for file in folder.rglob("*"):
        media_type = TYPES.get(file.suffix)
        if media_type is not None and file.is_file():
            name = file.relative_to(folder).as_posix().removesuffix(".html")
            body = file.read_bytes()
            found[name] = _Page(body, media_type, f'"{blake2b(body, digest_size=12).hexdigest()}"')
    return MappingProxyType(found)
