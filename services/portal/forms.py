"""Forms: their fields, and the token that shows that this portal made them for this browser."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from shared.runtime.errors import OurError

FIELD: Final = "form"
MOST_BYTES: Final = 64 * 1024
_MOST_FIELDS: Final = 200
_TYPE: Final = "application/x-www-form-urlencoded"


class FormError(OurError):
    """The error for a form that is too large, unreadable, or not made by this portal for this browser."""


def token_of(key: bytes, cookie: str) -> str:
    """Return the token of all forms of the browser with this cookie."""
    return hmac.digest(key, cookie.encode(), "sha256").hex()


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; of several fields with one name the last. Raise FormError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise FormError("another media type")
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MOST_BYTES:
            raise FormError("too large")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise FormError("unreadable") from None
    return {name: value.replace("\x00", "").strip() for name, value in pairs}


def require_own(request: Request, fields: dict[str, str], key: bytes, cookie: str, origin: str) -> None:
    """Take the token out of the fields. Raise FormError unless this portal made the form for this browser."""
    given = fields.pop(FIELD, "")
    if not cookie or not hmac.compare_digest(given.encode(), token_of(key, cookie).encode()):
        raise FormError("no token of this browser")
    if request.headers.get("origin", origin) != origin:
        raise FormError("from another site")
