"""Form-encoded requests and the answers of OAuth's endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import Request
from starlette.responses import JSONResponse, Response

from services.access.oauth.rules.refusal import Refusal

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 50
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def form(request: Request) -> Mapping[str, str]:
    """The parameters of a form-encoded body. Raises Refusal."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refusal("invalid_request", f"send the parameters as {_FORM}")
    async with request.form(max_fields=_MOST_FIELDS) as fields:
        return once((name, str(value)) for name, value in fields.multi_items())


def once(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Parameters by name. One without a value counts as left out, none may be there twice (RFC 6749 §3.1)."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Refusal("invalid_request", "a parameter is there twice")
        if value:
            found[name] = value
    return found


def needed(parameters: Mapping[str, str], name: str) -> str:
    """A parameter that must be there. Raises Refusal naming it."""
    try:
        return parameters[name]
    except KeyError:
        raise Refusal("invalid_request", f"the parameter {name} is missing") from None


def answered(body: Mapping[str, Any]) -> Response:
    """An answer that holds tokens (RFC 6749 §5.1)."""
    return JSONResponse(dict(body), headers=_NO_STORE)


def refused(refusal: Refusal, *, basic: bool) -> Response:
    """400, also for a client that is not believed, unless it tried HTTP Basic (wire-contract §2.3)."""
    unauthorized = basic and refusal.code == "invalid_client"
    headers = {**_NO_STORE, **({"WWW-Authenticate": 'Basic realm="dimona"'} if unauthorized else {})}
    body = {"error": refusal.code, "error_description": refusal.description}
    return JSONResponse(body, 401 if unauthorized else 400, headers)
