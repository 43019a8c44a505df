"""Who a person is that somebody wants to give rights: a new one, or one who is known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from unicodedata import combining, normalize

from services.access.rules.finding import Finding

_NAMES: Final = ("familyName", "givenName")
_NEEDED: Final = (*_NAMES, "language")


def missing(given: Mapping[str, str | None], under: str) -> list[Finding]:
    """What is missing to say who somebody is: the same of a new person and of one who is known.

    Were less enough for a known person, a number alone would tell that he is known, and who he is.
    """
    return [
        Finding("required_input", (under, name), "This is needed to say who the person is")
        for name in _NEEDED
        if given.get(name) is None
    ]


def other(given: Mapping[str, str | None], known: Mapping[str, str], under: str) -> list[Finding]:
    """That the names are not those that go with the number of a known person.

    Without this a number would be enough to give rights to somebody else. Both names are told to be wrong
    where one is, so that neither can be guessed alone.
    """
    if all(_plain(given.get(name) or "") == _plain(known[name]) for name in _NAMES):
        return []
    return [
        Finding("invalid_input", (under, name), "These names do not go with the number of the person")
        for name in _NAMES
    ]


def _plain(name: str) -> str:
    """Without accents, capitals and what stands between the parts."""
    return "".join(c for c in normalize("NFKD", name.casefold()) if c.isalnum() and not combining(c))
