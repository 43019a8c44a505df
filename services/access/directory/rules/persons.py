"""Check the identity of a person that gets rights. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from unicodedata import combining, normalize

from services.access.finding import Finding

_NAMES: Final = ("familyName", "givenName")
_NEEDED: Final = (*_NAMES, "language")


def missing(given: Mapping[str, str | None], under: str) -> list[Finding]:
    """Return a finding for each missing name or language of a person in the field `under` of a request.

    They are required for a known person too. Otherwise the answer would reveal that a number is known.
    """
    return [
        Finding("required_input", (under, name), "This is needed to identify the person")
        for name in _NEEDED
        if given.get(name) is None
    ]


def is_named(given: Mapping[str, str | None], known: Mapping[str, str]) -> bool:
    """Return whether family name and given name are equal to those of the known person.

    Accents, capitals and separators do not count.

    Without this check a number alone would give rights to another person.
    """
    return all(_plain(given.get(name) or "") == _plain(known[name]) for name in _NAMES)


def _plain(name: str) -> str:
    """Return a name without accents, capitals and separators."""
    return "".join(c for c in normalize("NFKD", name.casefold()) if c.isalnum() and not combining(c))
