"""Conditions of flexi-jobs by quarter: career, reduction of working time, pension."""

from __future__ import annotations

from datetime import date

import pytest

from shared.domain.flexi import QuarterFacts, are_flexi_conditions_met, quarters_of_flexi

BORN = date(1990, 5, 1)


def met(start: date, quarter: str, born: date | None = BORN, /, **facts: QuarterFacts) -> bool:
    known = {name.removeprefix("q"): fact for name, fact in facts.items()}
    return are_flexi_conditions_met(quarter, born, start, known)


@pytest.mark.parametrize(("share", "open_"), [(0.8, True), (0.79, False), (None, True), (1.0, True)])
def test_a_career_of_four_fifths_in_t_3_opens_it(share: float | None, open_: bool) -> None:
    assert met(date(2026, 4, 1), "2026Q2", q2025Q3=QuarterFacts(share)) is open_


def test_nothing_known_opens_it() -> None:
    assert met(date(2026, 4, 1), "2026Q2")


@pytest.mark.parametrize(
    ("t5", "t4", "t3", "open_"),
    [
        (1.0, 1.0, 0.8, False), (1.0, 0.8, 0.8, False), (1.0, 1.0, 1.0, True), (0.9, 0.9, 0.8, True),
        (None, 1.0, 0.9, False), (1.0, None, 0.8, True), (1.0, 0.7, 0.8, True), (0.99, 0.8, 0.8, True),
        (1.2, 0.8, 0.8, False), (1.0, 1.1, 1.2, True),
    ],
)  # fmt: skip
def test_a_reduction_from_full_time_bars_two_quarters_from_2024(
    t5: float | None, t4: float | None, t3: float, open_: bool
) -> None:
    def judge(start: date) -> bool:
        year = start.year
        facts = {
            f"{year - 2}Q4": QuarterFacts(t5),
            f"{year - 1}Q1": QuarterFacts(t4),
            f"{year - 1}Q2": QuarterFacts(t3),
        }
        return are_flexi_conditions_met(f"{year}Q1", BORN, start, facts)

    assert judge(date(2024, 1, 1)) is open_
    assert judge(date(2025, 2, 1)) is open_
    assert judge(date(2023, 1, 1))


def test_a_pensioner_of_the_register_in_t_2_needs_no_career() -> None:
    career = QuarterFacts(0.1)
    assert met(date(2026, 4, 1), "2026Q2", q2025Q3=career, q2025Q4=QuarterFacts(pensioner=True))
    assert not met(date(2026, 4, 1), "2026Q2", q2025Q3=QuarterFacts(0.1, pensioner=True))


@pytest.mark.parametrize(
    ("start", "quarter", "born", "open_"),
    [
        (date(2024, 7, 1), "2024Q3", date(1959, 7, 1), True),
        (date(2024, 7, 1), "2024Q3", date(1959, 7, 2), False),
        (date(2025, 9, 29), "2025Q3", date(1959, 9, 29), True),
        (date(2025, 9, 29), "2025Q3", date(1960, 9, 1), False),
        (date(2025, 9, 30), "2025Q3", date(1950, 1, 1), False),
        (date(2024, 7, 1), "2024Q3", None, False),
        (date(2024, 7, 1), "2024Q3", date(1950, 12, 31), True),
    ],
)
def test_the_age_check_ended_in_september_2025(
    start: date, quarter: str, born: date | None, open_: bool
) -> None:
    worked = f"{int(quarter[:4]) - 1}Q{(int(quarter[-1]) % 4) + 1}"
    assert are_flexi_conditions_met(quarter, born, start, {worked: QuarterFacts(0.1)}) is open_


def test_four_quarters_decide() -> None:
    assert quarters_of_flexi("2026Q2") == ("2025Q4", "2025Q3", "2025Q2", "2025Q1")


def test_facts_are_plain_unless_told_otherwise() -> None:
    assert QuarterFacts() == QuarterFacts(share=None, pensioner=False, corrected=False)
