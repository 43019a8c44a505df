"""Scopes that a technical client may have. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

#: The scopes that every technical client has. A request for a token that names no scope gets these.
DEFAULT: Final = ("scope:dimona:declaration:declarant", "scope:dimona:declaration:consult")


class GivenScope(StrEnum):
    """A scope that an organization may give to its own client, beyond the default ones.

    A scope allows calls of an API; the rights of the organization decide about each call.
    """

    ACCESS = "scope:dimona:access"
    MANDATES = "scope:dimona:mandates"
    EBOX = "scope:dimona:ebox"
    CONTACT = "scope:dimona:contact"


GIVEN_SCOPES: Final = tuple(GivenScope)
