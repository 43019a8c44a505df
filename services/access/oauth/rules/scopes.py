"""Which scopes a token gets: those that were asked for, as far as the client may have them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from services.access.oauth.rules.refusal import Refusal

#: What every technical client may have, and gets when it asks for nothing (wire-contract §2.1).
DEFAULT: Final = ("scope:dimona:declaration:declarant", "scope:dimona:declaration:consult")
OPENID: Final = "openid"


def for_client(asked: str | None, granted: Collection[str]) -> tuple[str, ...]:
    """The scopes of a client's own token; `granted` are those beyond the default ones. Raises Refusal."""
    return _within(asked, {*DEFAULT, *granted}) or DEFAULT


def for_person(asked: str | None, granted: Collection[str]) -> tuple[str, ...]:
    """The scopes of a login through a client; `openid` is one of them. Raises Refusal."""
    scopes = _within(asked, {OPENID, *granted})
    if OPENID not in scopes:
        raise Refusal("invalid_scope", "a login has the scope openid")
    return scopes


def _within(asked: str | None, allowed: Collection[str]) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys((asked or "").split()))
    if any(scope not in allowed for scope in scopes):
        raise Refusal("invalid_scope", "the client may not have one of these scopes")
    return scopes
