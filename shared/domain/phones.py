"""Telephone numbers and PINs of senders by phone: their canonical form, and keyed codes for storage.

The codes are made with a key that is not in the database. So the database alone reveals neither a number nor
a PIN, although both are short enough to try all of them.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

PIN_DIGITS: Final = 6
#: Purpose of the key of the codes. Access and intake derive it from the key of the deployment.
PHONES: Final = "phones"
_SEPARATORS: Final = re.compile(r"[\s./()\-]")
_INTERNATIONAL: Final = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")
_NATIONAL: Final = re.compile(r"0([1-9][0-9]{7,8})")
_BARE: Final = re.compile(r"([1-9][0-9]{9,14})")
_BELGIUM: Final = "32"


def canonical_number(text: str) -> str | None:
    """Return a telephone number as E.164, such as +32470123456; None for a text that is no number.

    A number with one leading zero is Belgian. A gateway may leave out the plus sign.
    """
    digits = _SEPARATORS.sub("", text)
    if (found := _INTERNATIONAL.fullmatch(digits) or _BARE.fullmatch(digits)) is not None:
        return f"+{found[1]}"
    if (found := _NATIONAL.fullmatch(digits)) is not None:
        return f"+{_BELGIUM}{found[1]}"
    return None


def number_code(key: bytes, number: str) -> bytes:
    """Return the keyed code of a canonical number: 32 bytes."""
    return hmac.digest(key, f"number:{number}".encode(), "sha256")


def pin_code(key: bytes, number: str, pin: str) -> bytes:
    """Return the keyed code of a PIN at this number: 32 bytes. Equal PINs of two numbers have two codes."""
    return hmac.digest(key, f"pin:{number}:{pin}".encode(), "sha256")
