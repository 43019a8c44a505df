"""Assurance levels of a login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAME: Final = "urn:be:fedict:iam:fas:Level"

#: Comparable numbers for the values of `acr`, which the federal authentication service names.
LEVELS: Final[Mapping[str, int]] = {f"{_NAME}{level}": level for level in (100, 200, 300, 350, 400, 450, 500)}


def acr_of(level: int) -> str:
    """Return the value of `acr` for a level."""
    return f"{_NAME}{level}"
