"""Invented numbers with right check digits, taken from ranges that hardly anybody has.

The formulas of the check digits are those of the trade; the parts before them are given by the
caller, so that the same input gives the same number on every day.
"""

from __future__ import annotations

from typing import Final

#: Serial numbers of a birthday reach these only on days with more than 400 births of one sex.
_FIRST_ORDER: Final = 900
SERIALS: Final = 49  #: how many people of one birthday and sex there is room for
MALE: Final = 1
FEMALE: Final = 2


def make_ssin(birth_date: str, gender: int, serial: int, *, bis: bool = False) -> str:
    """A NISS (11 digits), or with `bis` a bis number, which is written with month + 40.

    `birth_date`: YYYY-MM-DD, month and day 00 when unknown. `gender`: 1 man, 2 woman.
    `serial`: 0 to 48, distinct for people of one birthday; odd and even by sex is seen to here.
    """
    year, month, day = (int(part) for part in birth_date.split("-"))
    order = _FIRST_ORDER + 2 * serial + (gender == MALE)
    body = f"{year % 100:02}{month + (40 if bis else 0):02}{day:02}{order:03}"
    check = 97 - int(("2" if year >= 2000 else "") + body) % 97
    return f"{body}{check:02}"


def make_enterprise_number(sequence: int) -> str:
    """An enterprise number (10 digits) from 0990… on, a range not yet given out. `sequence`: 0 to 99,999."""
    body = 9_900_000 + sequence
    return f"{body:08}{97 - body % 97:02}"


def make_employer_id(sequence: int) -> int:
    """A definitive NSSO number (9 digits) near the end of the range. `sequence`: 0 to 9,999."""
    return _with_employer_check(1_985_000 + sequence)


def make_provisional_employer_id(sequence: int) -> int:
    """A provisional NSSO number (10 digits, begins with 5). `sequence`: 0 to 99,999."""
    return _with_employer_check(59_800_000 + sequence)


def _with_employer_check(body: int) -> int:
    """Append the two digits that make the whole number leave 96 when divided by 97."""
    return body * 100 + (96 - body * 100 % 97 or 97)
