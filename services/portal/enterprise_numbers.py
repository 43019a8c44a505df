"""Enterprise numbers that a person types, with or without points and spaces."""

from __future__ import annotations

import re
from typing import Final

from services.portal.declaration.rules import digits
from shared.words import later

PATTERN: Final = re.compile(r"[01]\d{9}", re.ASCII)
WRONG: Final = later("An enterprise number has ten digits and begins with 0 or 1.")


def parse(typed: str) -> str | None:
    """Return the ten digits of an enterprise number, or None if the text has another form."""
    number = digits(typed)
    return number if PATTERN.fullmatch(number) else None
