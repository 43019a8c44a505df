"""The scopes that an organization may give to its technical client, and the boxes of their form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from services.portal.access.rules.inputs import YES
from shared.words import later

#: Scope → text. Every client has the scopes to declare and to consult besides.
SCOPES: Final[Mapping[str, str]] = {
    "scope:dimona:access": later("Access: read the enterprise, its technical clients, and changes of access"),
    "scope:dimona:mandates": later("Mandates: read mandates and affiliations"),
    "scope:dimona:ebox": later("e-Box: read messages, and label them"),
    "scope:dimona:contact": later("Contestations: contest, and read contestations"),
}
_PREFIX: Final = "scope_"


def box_of(scope: str) -> str:
    """Return the name of the box for a scope: `scope_ebox`."""
    return f"{_PREFIX}{scope.rpartition(':')[2]}"


def given(scopes: Iterable[str]) -> list[str]:
    """Return those of the scopes that an organization gives, in the order of the table."""
    held = set(scopes)
    return [scope for scope in SCOPES if scope in held]


def checked(typed: Mapping[str, str]) -> list[str]:
    """Return the scopes with a checked box, in the order of the table."""
    return [scope for scope in SCOPES if typed.get(box_of(scope)) == YES]
