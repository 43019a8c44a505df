"""The check digits of the numbers in a declaration, as data for clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_MODULUS: Final = 97


@dataclass(frozen=True, slots=True)
class CheckedNumber:
    """A kind of number that ends with check digits, such as the NISS, and the rule for a valid number.

    With `checked_digits`, take this many digits from the start of the number, put one of `prefixes` before
    them, and compute the remainder modulo 97. The two check digits are the remainder, or 97 if it is 0. If
    `complement` is set, they are 97 minus the remainder.

    Without `checked_digits`, the number modulo 97 is `remainder`, and the number lies in one of `ranges`.
    """

    code: str
    fields: tuple[str, ...]
    description: str
    pattern: str
    example: str
    checked_digits: int | None = None
    complement: bool = False
    prefixes: tuple[str, ...] = ("",)
    remainder: int | None = None
    ranges: tuple[tuple[int, int], ...] = ()

    def item(self) -> Mapping[str, Any]:
        """Return this number and its rule of check digits as an object for the JSON answer."""
        common = {
            "code": self.code,
            "fields": list(self.fields),
            "description": self.description,
            "pattern": self.pattern,
            "modulus": _MODULUS,
            "example": self.example,
        }
        if self.checked_digits is None:
            ranges = [{"minimum": low, "maximum": high} for low, high in self.ranges]
            return {**common, "remainder": self.remainder, "ranges": ranges}
        return {
            **common,
            "checkedDigits": self.checked_digits,
            "isComplement": self.complement,
            "prefixes": list(self.prefixes),
        }


NUMBERS: Final = (
    CheckedNumber(
        "ssin",
        ("worker.ssin",),
        "NISS: birth date, serial number, check. The check is 97 minus the first nine digits modulo 97;"
        " for a birth from 2000 to this year the digit 2 may stand before these nine.",
        "^[0-9]{11}$",
        "93051891449",
        checked_digits=9,
        complement=True,
        prefixes=("", "2"),
    ),
    CheckedNumber(
        "enterpriseNumber",
        ("employer.enterpriseNumber", "dimonaIn.features.usingEmployer.enterpriseNumber"),
        "Number of the Crossroads Bank for Enterprises. The check is 97 minus the first eight digits modulo"
        " 97. A number of nine digits has lost its leading zero.",
        "^[01][0-9]{9}$",
        "0477472701",
        checked_digits=8,
        complement=True,
    ),
    CheckedNumber(
        "employerId",
        ("employer.employerId",),
        "NSSO number, or provisional number with ten digits. The whole number leaves 96 modulo 97.",
        "^[1-9][0-9]{5,9}$",
        "198513797",
        remainder=96,
        ranges=((100_006, 199_999_934), (5_000_000_120, 5_999_999_989)),
    ),
    CheckedNumber(
        "dimonaNumber",
        ("dimonaOut.periodId", "dimonaUpdate.periodId", "dimonaCancel.periodId"),
        "Number of a declaration or period. The check is the first ten digits modulo 97, or 97 for 0.",
        "^[1-9][0-9]{11}$",
        "605114838201",
        checked_digits=10,
    ),
)
