"""How dates of birth are compared; they may be partial: 1985-00-00."""

from __future__ import annotations

from typing import Final

#: One of the two knows less than the other, and what both know agrees.
PARTIAL: Final = 0.75
#: Day and month in each other's place.
SWAPPED: Final = 0.7
#: A single part is different: at best a slip of the pen.
ONE_PART: Final = 0.5

_UNKNOWN: Final = "00"


def agree(one: str, other: str) -> bool:
    """Whether two dates of birth are the same as far as both are known."""
    return all(
        first == second or _UNKNOWN in (first, second)
        for first, second in zip(one.split("-"), other.split("-"), strict=True)
    )


def likeness(one: str, other: str) -> float:
    """How alike two dates of birth are, 0 to 1."""
    if one == other:
        return 1.0
    if agree(one, other):
        return PARTIAL
    if one == swapped(other):
        return SWAPPED
    different = sum(a != b for a, b in zip(one.split("-"), other.split("-"), strict=True))
    return ONE_PART if different == 1 else 0.0


def swapped(birth_date: str) -> str | None:
    """The same date with day and month in each other's place; None where that is no other date."""
    year, month, day = birth_date.split("-")
    return f"{year}-{day}-{month}" if month != day and _UNKNOWN < day <= "12" else None
