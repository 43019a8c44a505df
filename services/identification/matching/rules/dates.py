"""Comparison of birth dates; they may be partial: 1985-00-00."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: Likeness if one date is partial, and its known parts agree with the other date.
PARTIAL: Final = 0.75
#: Likeness if day and month are swapped.
SWAPPED: Final = 0.7
#: Likeness if one part differs. It may be a writing error.
ONE_PART: Final = 0.5

_UNKNOWN: Final = "00"


def agree(one: str, other: str) -> bool:
    """Return whether two birth dates agree in the parts that both have."""
    return all(first == second or _UNKNOWN in (first, second) for first, second in _parts(one, other))


def likeness(one: str, other: str) -> float:
    """Return the likeness of two birth dates, 0 to 1."""
    if one == other:
        return 1.0
    if agree(one, other):
        return PARTIAL
    if one == swapped(other):
        return SWAPPED
    different = sum(first != second for first, second in _parts(one, other))
    return ONE_PART if different < 2 else 0.0


def _parts(one: str, other: str) -> Iterator[tuple[str, str]]:
    """Yield year, month and day of two dates, side by side."""
    return zip(one.split("-"), other.split("-"), strict=True)


def swapped(birth_date: str) -> str | None:
    """Return the date with day and month swapped, or None if this gives no other valid date."""
    year, month, day = birth_date.split("-")
    return f"{year}-{day}-{month}" if month != day and _UNKNOWN < day <= "12" else None
