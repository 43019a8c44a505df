"""Forms: their fields, and the token that shows that this portal made them for this browser."""

from __future__ import annotations

import hmac
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from shared.runtime.errors import OurError

FIELD: Final = "form"
MOST_BYTES: Final = 64 * 1024
_MOST_FIELDS: Final = 200
_TYPE: Final = "application/x-www-form-urlencoded"
_TYPE_WITH_FILE: Final = "multipart/form-data"
#: Bytes of a form with a file. A larger one is read further, without being kept, so that the browser shows
#: the answer.
MOST_BYTES_WITH_FILE: Final = 2 * 1024 * 1024 + MOST_BYTES
_MOST_DISCARDED: Final = 32 * 1024 * 1024
_MOST_FIELDS_WITH_FILE: Final = 8


class FormError(OurError):
    """The error for a form that is too large, unreadable, or not made by this portal for this browser."""


class LargeError(OurError):
    """The error for a form with a file that is too large."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form, with the name that the browser gave it."""

    name: str
    content: bytes


class _InMemory(MultiPartParser):
    """The parser of a form that keeps its file in memory and never on disk."""

    spool_max_size = MOST_BYTES_WITH_FILE


def token_of(key: bytes, cookie: str) -> str:
    """Return the token of all forms of the browser with this cookie."""
    return hmac.digest(key, cookie.encode(), "sha256").hex()


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; of several fields with one name the last. Raise FormError."""
    _require_type(request, _TYPE)
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MOST_BYTES:
            raise FormError("too large")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise FormError("unreadable") from None
    return {name: _clean(value) for name, value in pairs}


async def fields_and_file_of(request: Request) -> tuple[dict[str, str], Upload | None]:
    """Return the fields of a form, and its file if one was chosen.

    Raise FormError if it is unreadable or has several files, and LargeError if it is too large.
    """
    _require_type(request, _TYPE_WITH_FILE)
    parser = _InMemory(
        request.headers, _bounded(request), max_files=1, max_fields=_MOST_FIELDS_WITH_FILE,
        max_part_size=MOST_BYTES,
    )  # fmt: skip
    try:
        form = await parser.parse()
    except MultiPartException:
        raise FormError("unreadable") from None
    try:
        fields = {name: _clean(value) for name, value in form.multi_items() if isinstance(value, str)}
        file = next((value for _, value in form.multi_items() if isinstance(value, UploadFile)), None)
        if file is None or not file.filename:
            return fields, None
        return fields, Upload(_clean(file.filename), await file.read())
    finally:
        await form.close()


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield the body. Raise LargeError for a larger one, after reading the rest up to a limit."""
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MOST_BYTES_WITH_FILE:
            yield part
        elif size > _MOST_DISCARDED:
            break
    if size > MOST_BYTES_WITH_FILE:
        raise LargeError("too large")


def _require_type(request: Request, expected: str) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
        raise FormError("another media type")


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def require_own(request: Request, fields: dict[str, str], key: bytes, cookie: str, origin: str) -> None:
    """Take the token out of the fields. Raise FormError unless this portal made the form for this browser."""
    given = fields.pop(FIELD, "")
    if not cookie or not hmac.compare_digest(given.encode(), token_of(key, cookie).encode()):
        raise FormError("no token of this browser")
    if request.headers.get("origin", origin) != origin:
        raise FormError("from another site")
