"""Amounts of the solidarity contribution (rule R71): to the cent, or unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from services.personnel_file.omission.rules.contribution import MINIMUMS, Work, find_contribution
from shared.domain.dated import Confidence


@pytest.mark.parametrize(("year", "cents"), [(2012, "2625.51"), (2019, "2920.60"), (2024, "3464.01")])
def test_the_minimum_of_a_published_year_is_the_amount(year: int, cents: str) -> None:
    for day in (date(year, 1, 1), date(year, 12, 31)):
        found = find_contribution(day)
        assert found is not None
        assert (str(found.amount), str(found.minimum), found.at_least) == (cents, cents, True)
        assert found.confidence is Confidence.HIGH
        assert found.source


@pytest.mark.parametrize("year", [2009, 2010, 2013, 2016, 2018, 2021, 2025, 2026])
def test_a_year_without_published_amount_is_unknown(year: int) -> None:
    """Also when the base is known: the minimum may be higher."""
    found = find_contribution(date(year, 6, 1), Work(basic=Decimal(5000)))
    assert found is not None
    assert (found.minimum, found.amount, found.base) == (None, None, Decimal(15000))


def test_each_year_is_published_or_unknown() -> None:
    assert sorted(MINIMUMS) == [2011, 2012, 2014, 2015, 2017, 2019, 2020, 2022, 2023, 2024]


def test_no_contribution_existed_before_2009() -> None:
    assert find_contribution(date(2008, 12, 31)) is None
    assert find_contribution(date(2009, 1, 1)) is not None


@pytest.mark.parametrize(
    ("work", "amount", "at_least"),
    [
        (Work(basic=Decimal("1000.00")), "3464.01", False),
        (Work(basic=Decimal("1154.67")), "3464.01", False),
        (Work(basic=Decimal("1154.68")), "3464.04", False),
        (Work(paid=Decimal("464.01"), days=2), "3000.00", True),
        (Work(paid=Decimal("464.01"), days=1), "3464.01", True),
        (Work(paid=Decimal(4000), days=9), "0.00", True),
        (Work(share=Fraction(1, 2)), "1732.01", True),
        (Work(share=Fraction(1, 2), paid=Decimal("732.00"), days=2), "1000.01", True),
    ],
)
def test_base_share_and_reduction(work: Work, amount: str, at_least: bool) -> None:
    """Half of 3,464.01 is 1,732.005, rounded half up."""
    found = find_contribution(date(2024, 5, 5), work)
    assert found is not None
    assert (str(found.amount), found.at_least) == (amount, at_least)
