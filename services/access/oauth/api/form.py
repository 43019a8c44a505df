"""Form-encoded requests and the answers of OAuth's endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request
from starlette.responses import JSONResponse, Response

from services.access.oauth.rules.parameters import once
from services.access.oauth.rules.refusal import Refusal

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 50
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def form(request: Request) -> Mapping[str, str]:
    """Return the parameters of a form-encoded body.

    Raises Refusal for a body of another media type, and for a parameter that occurs twice.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refusal("invalid_request", f"send the parameters as {_FORM}")
    async with request.form(max_fields=_MOST_FIELDS) as fields:
        return once((name, str(value)) for name, value in fields.multi_items())


def answered(body: Mapping[str, Any]) -> Response:
    """Return a response with tokens. Its headers forbid caches to store it (RFC 6749 §5.1)."""
    return JSONResponse(dict(body), headers=_NO_STORE)


def refused(refusal: Refusal, *, basic: bool) -> Response:
    """Return an error response (RFC 6749 §5.2).

    The status is 401 for `invalid_client` if the request used HTTP Basic (`basic`), otherwise 400.
    """
    unauthorized = basic and refusal.code == "invalid_client"
    headers = {**_NO_STORE, **({"WWW-Authenticate": 'Basic realm="dimona"'} if unauthorized else {})}
    body = {"error": refusal.code, "error_description": refusal.description}
    return JSONResponse(body, 401 if unauthorized else 400, headers)
