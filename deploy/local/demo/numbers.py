"""Invented numbers with right check digits, from ranges in which real numbers are rare.

The formulas of the check digits are the official ones. The caller gives the parts before the check digits, so
that equal input gives equal numbers on every day.
"""

from __future__ import annotations

from typing import Final

#: The first serial number. Real persons have so high a serial number only if more than 400 persons of their
#: sex were born on that day.
_FIRST_ORDER: Final = 900
SERIALS: Final = 49  #: most people of one birthday and sex
MALE: Final = 1
FEMALE: Final = 2


def make_ssin(birth_date: str, gender: int, serial: int, *, bis: bool = False) -> str:
    """Return a NISS (11 digits), or with `bis` a bis number, which is written with month + 40.

    Args:
        birth_date: YYYY-MM-DD, month and day 00 when unknown.
        gender: 1 man, 2 woman; decides whether the serial part is odd or even.
        serial: 0 to 48, distinct for people of one birthday.
        bis: Whether to make a bis number.
    """
    year, month, day = (int(part) for part in birth_date.split("-"))
    order = _FIRST_ORDER + 2 * serial + (gender == MALE)
    body = f"{year % 100:02}{month + (40 if bis else 0):02}{day:02}{order:03}"
    check = 97 - int(("2" if year >= 2000 else "") + body) % 97
    return f"{body}{check:02}"


def make_enterprise_number(sequence: int) -> str:
    """Return an enterprise number (10 digits) from the unused range 0990…. `sequence`: 0 to 99,999."""
    body = 9_900_000 + sequence
    return f"{body:08}{97 - body % 97:02}"


def make_employer_id(sequence: int) -> int:
    """Return a definitive NSSO number (9 digits) near the end of the range. `sequence`: 0 to 9,999."""
    return _with_employer_check(1_985_000 + sequence)


def make_provisional_employer_id(sequence: int) -> int:
    """Return a provisional NSSO number (10 digits, begins with 5). `sequence`: 0 to 99,999."""
    return _with_employer_check(59_800_000 + sequence)


def _with_employer_check(body: int) -> int:
    """Return the number `body` with two check digits. The remainder of the result modulo 97 is 96."""
    return body * 100 + (96 - body * 100 % 97 or 97)
