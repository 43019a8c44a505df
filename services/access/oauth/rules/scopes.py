"""Scopes of tokens: the requested scopes, if the client may have all of them. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from services.access.oauth.rules.refusal import Refusal

#: The scopes of every technical client, and those of a request without scopes.
DEFAULT: Final = ("scope:dimona:declaration:declarant", "scope:dimona:declaration:consult")
OPENID: Final = "openid"


def for_client(requested: str | None, granted: Collection[str]) -> tuple[str, ...]:
    """Return the scopes of a client's own token; `granted` come besides the default ones. Raises Refusal."""
    return _within(requested, {*DEFAULT, *granted}) or DEFAULT


def for_person(requested: str | None, granted: Collection[str]) -> tuple[str, ...]:
    """Return the scopes of a login through a client; `openid` is required. Raises Refusal."""
    scopes = _within(requested, {OPENID, *granted})
    if OPENID not in scopes:
        raise Refusal("invalid_scope", "a login has the scope openid")
    return scopes


def _within(requested: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys((requested or "").split()))
    if any(scope not in allowed for scope in scopes):
        raise Refusal("invalid_scope", "the client may not have one of these scopes")
    return scopes
