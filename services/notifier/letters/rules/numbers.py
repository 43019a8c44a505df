"""The Belgian formats of numbers in letters, and the cut of declared texts after 120 characters."""

from __future__ import annotations

import re
from typing import Final

#: Most characters of a declared text in a letter, enough to recognize the text.
_LONGEST: Final = 120


def enterprise(number: str) -> str:
    """Return an enterprise number in groups of digits, such as 0206.731.645.

    Zeros are added in front up to ten digits. A text that is not digits only, or is longer, is returned as
    given, cut after 120 characters.
    """
    padded = number.zfill(10)
    if not re.fullmatch(r"[0-9]{10}", padded):
        return shortened(number)
    return f"{padded[:4]}.{padded[4:7]}.{padded[7:]}"


def ssin(number: str) -> str:
    """Return a NISS in groups of digits as on identity cards, such as 90.01.01-992.02.

    A text that is not 11 digits is returned as given, cut after 120 characters.
    """
    if not re.fullmatch(r"[0-9]{11}", number):
        return shortened(number)
    return f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"


def shortened(value: object) -> str:
    """Return a value as text; beyond 120 characters, the first 120 and an ellipsis."""
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
