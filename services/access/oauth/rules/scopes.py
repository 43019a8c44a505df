"""Scopes of tokens: the requested scopes, if the client may have all of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from services.access.oauth.rules.refusal import Refusal
from services.access.scopes import DEFAULT

OPENID: Final = "openid"
#: The form of the names of scopes; no number of a person has it (decision D27).
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_:-]{0,127}", re.ASCII)


def for_client(requested: str | None, granted: Collection[str]) -> tuple[str, ...]:
    """Return the scopes of a client's own token: the requested scopes, or the default ones without a request.

    Raises Refusal for a requested scope that is neither a default one nor in `granted`.
    """
    return _within(requested, {*DEFAULT, *granted}) or DEFAULT


def for_person(requested: str | None, granted: Collection[str]) -> tuple[str, ...]:
    """Return the requested scopes of a login through a client.

    Raises Refusal if `openid` is not among them, or for another scope that is not in `granted`.
    """
    scopes = _within(requested, {OPENID, *granted})
    if OPENID not in scopes:
        raise Refusal("invalid_scope", "a login has the scope openid")
    return scopes


def _within(requested: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys((requested or "").split()))
    for place, scope in enumerate(scopes, 1):
        if scope not in allowed:
            name = scope if _NAME.fullmatch(scope) else f"number {place} of the request"
            raise Refusal("invalid_scope", f"the client may not have the scope {name}")
    return scopes
