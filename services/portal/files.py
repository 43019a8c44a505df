"""The static files of the portal, in memory, with addresses that change with their content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_YEAR: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    type: str
    version: str


@cache
def _files() -> dict[str, _File]:
    found = {}
    for path in _FOLDER.iterdir():
        if path.suffix in _TYPES:
            content = path.read_bytes()
            version = hashlib.sha256(content).hexdigest()[:12]
            found[path.name] = _File(content, gzip.compress(content, mtime=0), _TYPES[path.suffix], version)
    return found


def address(name: str) -> str:
    """Return the address of a file; it changes when the content does, so browsers may keep it for a year."""
    return f"/static/{_files()[name].version}/{name}"


def answer(request: Request) -> Response | None:
    """Return a file, compressed if the browser accepts it; None for an unknown one."""
    file = _files().get(request.path_params["name"])
    if file is None:
        return None
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": _YEAR, "Vary": "Accept-Encoding"} | (
        {"Content-Encoding": "gzip"} if packed else {}
    )
    return Response(file.packed if packed else file.content, headers=headers, media_type=file.type)
