"""Assurance levels of a login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAME: Final = "urn:be:fedict:iam:fas:Level"

#: The level of each value of `acr` as a number. The federal authentication service defines the values.
LEVELS: Final[Mapping[str, int]] = {f"{_NAME}{level}": level for level in (100, 200, 300, 350, 400, 450, 500)}


def acr_of(level: int) -> str:
    """Return the value of the token claim `acr` for an assurance level, such as 400."""
    return f"{_NAME}{level}"
