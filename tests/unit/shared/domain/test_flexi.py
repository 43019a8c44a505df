"""Conditions of flexi-jobs by quarter: career, reduction of working time, pension."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.domain.calendar import quarter, quarter_before
from shared.domain.flexi import QuarterFacts, are_flexi_conditions_met, quarters_of_flexi

BORN = "1990-05-01"
START = date(2026, 4, 1)


def worked(share: str | None, abroad: str | None = None) -> QuarterFacts:
    return QuarterFacts(
        None if share is None else Decimal(share), None if abroad is None else Decimal(abroad)
    )


def met(start: date, born: str = BORN, /, **facts: QuarterFacts) -> bool:
    """Judge with facts by distance: `t3` is the third quarter before the start."""
    now = quarter(start)
    return are_flexi_conditions_met(
        born, start, {quarter_before(now, int(name[1:])): fact for name, fact in facts.items()}
    )


@pytest.mark.parametrize(
    ("share", "abroad", "open_"),
    [
        ("0.8", None, True), ("0.7999", None, False), (None, None, True), ("1.0", None, True),
        ("0.1", "0.7", True), ("0.1", "0.6999", False), ("0", None, False), (None, "0.1", True),
    ],
)  # fmt: skip
def test_a_career_of_four_fifths_in_t_3_permits_a_flexi_job(
    share: str | None, abroad: str | None, open_: bool
) -> None:
    """Work abroad is added; an unknown share excludes no flexi-job."""
    assert met(START, t3=worked(share, abroad)) is open_


def test_an_unknown_career_permits_a_flexi_job() -> None:
    assert met(START)


@pytest.mark.parametrize(
    ("t5", "t4", "t3", "open_"),
    [
        ("1", "1", "0.8", False), ("1", "0.8", "0.8", False), ("1", "1", "1", True),
        ("0.9", "0.9", "0.8", True),
        (None, "1", "0.9", False), ("1", None, "0.8", True), ("1", "0.7", "0.8", True),
        ("0.99", "0.8", "0.8", True), ("1.2", "0.8", "0.8", False), ("1", "1.1", "1.2", True),
        ("0.8", "0.7", "0.9", True), ("1", "0.9", None, False),
    ],
)  # fmt: skip
def test_a_reduction_from_full_time_bars_two_quarters_from_2024(
    t5: str | None, t4: str | None, t3: str | None, open_: bool
) -> None:
    facts = {"t5": worked(t5), "t4": worked(t4), "t3": worked(t3)}
    assert met(date(2024, 1, 1), **facts) is open_
    assert met(date(2025, 2, 1), **facts) is open_
    assert met(date(2023, 12, 31), **facts)


def test_a_pensioner_of_the_register_in_t_2_needs_no_career() -> None:
    retired = QuarterFacts(Decimal("0.1"), pensioner=True)
    assert met(START, t3=worked("0.1"), t2=QuarterFacts(pensioner=True))
    assert not met(START, t3=retired)
    assert not met(START, t3=worked("0.1"), t2=worked("1"))
    assert met(date(2018, 1, 1), t3=worked("0.1"), t2=retired)
    assert not met(date(2017, 12, 31), t3=worked("0.1"), t2=retired)


@pytest.mark.parametrize(
    ("start", "born", "open_"),
    [
        (date(2024, 12, 31), "1959-12-31", True),
        (date(2024, 12, 31), "1960-01-01", False),
        (date(2024, 7, 1), "1959-07-02", False),
        (date(2024, 7, 1), "1930-12-31", True),
        (date(2025, 1, 1), "1959-01-01", True),
        (date(2025, 1, 1), "1959-01-02", False),
        (date(2025, 9, 29), "1959-09-29", True),
        (date(2025, 9, 29), "1960-09-01", False),
        (date(2025, 9, 30), "1950-01-01", False),
        (date(2026, 4, 1), "1950-01-01", False),
        (date(2018, 1, 1), "1950-01-01", True),
        (date(2017, 12, 31), "1950-01-01", False),
        (date(2024, 7, 1), "0000-00-00", True),
        (date(2024, 7, 1), "1959-00-00", True),
        (date(2024, 7, 1), "1960-00-00", False),
    ],
)
def test_the_age_check_ended_in_september_2025(start: date, born: str, open_: bool) -> None:
    """From 65, in 2025 from 66; a date that is not fully known counts as the oldest that it may be."""
    assert met(start, born, t3=worked("0.1")) is open_


def test_four_quarters_decide() -> None:
    assert quarters_of_flexi(date(2026, 4, 1)) == ("2025Q4", "2025Q3", "2025Q2", "2025Q1")


def test_facts_have_plain_defaults() -> None:
    assert QuarterFacts() == QuarterFacts(share=None, foreign_share=None, pensioner=False)
