"""The solidarity contribution for an omitted declaration, as dated rows (rule R71).

The authority sets the contribution, for the quarter of the finding. These functions only tell agents the
amount: no table of this system holds it, and no operation of this system claims it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from shared.domain.dated import INSTRUCTIONS, Confidence

_FIRST_YEAR: Final = 2009
_BASIC_TIMES: Final = 3  #: the contribution is three times the basic contributions on the minimum wage
_MOST_DAYS_WITHOUT_REDUCTION: Final = 1
_CENT: Final = Decimal("0.01")
_NONE: Final = Decimal(0)
_SOURCE: Final = f"{INSTRUCTIONS}: omission of Dimona"


@dataclass(frozen=True, slots=True)
class Minimum:
    """The lowest contribution of a calendar year, in euros: 2,500.00 of 2009, indexed."""

    year: int
    euros: Decimal
    confidence: Confidence = Confidence.MEDIUM
    source: str = _SOURCE


#: The published minimums. A year without a row is unknown: it is never estimated.
MINIMUMS: Final = {
    row.year: row
    for row in (
        Minimum(2011, Decimal("2548.13")),
        Minimum(2012, Decimal("2625.51"), Confidence.HIGH),
        Minimum(2014, Decimal("2717.27")),
        Minimum(2015, Decimal("2717.95")),
        Minimum(2017, Decimal("2816.24")),
        Minimum(2019, Decimal("2920.60"), Confidence.HIGH),
        Minimum(2020, Decimal("2949.39")),
        Minimum(2022, Decimal("3050.16")),
        Minimum(2023, Decimal("3393.39")),
        Minimum(2024, Decimal("3464.01"), Confidence.HIGH),
    )
}


@dataclass(frozen=True, slots=True)
class Work:
    """Facts about the worker and the quarter that an agent knows from the quarterly declaration.

    Attributes:
        basic: Basic contributions on the minimum wage of one month, in euros; None if not known.
        paid: Contributions on the work that the employer declared in the quarter, in euros.
        days: Days of this work. Contributions on a single day reduce nothing.
        share: Share of full-time work, if full-time work was materially impossible.
    """

    basic: Decimal | None = None
    paid: Decimal = _NONE
    days: int = 0
    share: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Contribution:
    """A contribution with its parts, in euros. `amount` is None if it is unknown.

    `at_least` says that the basic contributions are not known, so that the minimum stands for the base.
    """

    year: int
    minimum: Decimal | None
    base: Decimal | None
    reduction: Decimal
    amount: Decimal | None
    at_least: bool
    source: str
    confidence: Confidence | None


def find_contribution(found_on: date, work: Work = Work()) -> Contribution | None:
    """Return the contribution for an omission found on this day; None before 2009, when there was none.

    The share applies to the base or the minimum. The reduction is subtracted afterwards, down to 0. Cents
    are rounded half up.
    """
    if found_on.year < _FIRST_YEAR:
        return None
    row = MINIMUMS.get(found_on.year)
    base = None if work.basic is None else _BASIC_TIMES * work.basic
    reduction = work.paid if work.days > _MOST_DAYS_WITHOUT_REDUCTION else _NONE
    if row is None:
        return Contribution(found_on.year, None, base, reduction, None, False, _SOURCE, None)
    whole = max(base or _NONE, row.euros)
    share = whole * work.share.numerator / work.share.denominator
    amount = max(share - reduction, _NONE).quantize(_CENT, ROUND_HALF_UP)
    return Contribution(
        row.year, row.euros, base, reduction, amount, base is None, row.source, row.confidence
    )
