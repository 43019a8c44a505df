"""Assurance levels: how sure a login makes us that somebody is who he says he is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAME: Final = "urn:be:fedict:iam:fas:Level"

#: What `acr` says, as a number that can be compared: the names of the federal authentication service.
LEVELS: Final[Mapping[str, int]] = {f"{_NAME}{level}": level for level in (100, 200, 300, 350, 400, 450, 500)}


def acr_of(level: int) -> str:
    """What `acr` says for one of these levels."""
    return f"{_NAME}{level}"
