"""Facts about a request in its ASGI scope, which the server, the guard and the operations share."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from shared.runtime.rate import source_of

#: Keys of an ASGI scope: the authenticated client, its organization (for a person: the person), and the
#: limit of the body of this request.
AUTHENTICATED: Final = "dimona.client"
SHARER: Final = "dimona.sharer"
MOST_BYTES: Final = "dimona.most_bytes"
#: Key of an ASGI scope: the scope of the server for a HEAD request, which is answered like a GET request.
HEAD: Final = "dimona.head"


def note_authenticated(scope: MutableMapping[str, Any], name: str) -> None:
    """Note the name of the authenticated caller, also in the scope of the server."""
    scope[AUTHENTICATED] = name
    if (of_server := scope.get(HEAD)) is not None:
        of_server[AUTHENTICATED] = name


def sharer_of(scope: Mapping[str, Any]) -> str:
    """Return the name under which limits count a request.

    It is the organization of a technical client, another authenticated caller, or else the source of the
    connection.
    """
    sharer: str | None = scope.get(SHARER) or scope.get(AUTHENTICATED)
    return sharer or source_of((scope.get("client") or ("",))[0])
