"""Who a person is that somebody wants to give rights: a new one, or one who is known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from unicodedata import combining, normalize

from services.access.rules.finding import Finding

_NAMES: Final = ("familyName", "givenName")
_NEW: Final = ("familyName", "givenName", "language")


def new(given: Mapping[str, str | None], under: str) -> list[Finding]:
    """What is missing to write down somebody who has never logged in here."""
    return [
        Finding("required_input", (under, name), "This is needed of a person who is not known here yet")
        for name in _NEW
        if given.get(name) is None
    ]


def other(given: Mapping[str, str | None], known: Mapping[str, str], under: str) -> list[Finding]:
    """Where the name of a known person is not the one that goes with his number.

    Without this a number would be enough to learn whose it is, or to give rights to somebody else.
    """
    return [
        Finding("invalid_input", (under, name), "This does not go with the number of the person")
        for name in _NAMES
        if (said := given.get(name)) is not None and _plain(said) != _plain(known[name])
    ]


def _plain(name: str) -> str:
    """Without accents, capitals and what stands between the parts."""
    return "".join(c for c in normalize("NFKD", name.casefold()) if c.isalnum() and not combining(c))
