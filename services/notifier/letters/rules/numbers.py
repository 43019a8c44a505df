"""Numbers as Belgium writes them in letters, and declared texts cut to a readable length."""

from __future__ import annotations

import re
from typing import Final

#: A declared text may be as long as a message. A letter shows enough of it to recognize it.
_LONGEST: Final = 120


def enterprise(number: str) -> str:
    """Return an enterprise number in groups of digits. An invalid one stays as given."""
    padded = number.zfill(10)
    if not re.fullmatch(r"[0-9]{10}", padded):
        return shortened(number)
    return f"{padded[:4]}.{padded[4:7]}.{padded[7:]}"


def ssin(number: str) -> str:
    """Return a NISS as identity cards show it. An invalid one stays as given."""
    if not re.fullmatch(r"[0-9]{11}", number):
        return shortened(number)
    return f"{number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"


def shortened(value: object) -> str:
    """Return the text of a value, cut after 120 characters."""
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
