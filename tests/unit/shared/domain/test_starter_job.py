"""Starter jobs: the criteria available to the system, as a row that is off by default."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.identification.settings import IdentificationSettings
from shared.domain.flexi import QuarterFacts
from shared.domain.starter_job import STARTER_JOBS, is_young, lacks_experience, quarters_of_starter_job

(ROW,) = STARTER_JOBS
START = date(2026, 2, 10)
YOUNG = date(2006, 1, 1)


@pytest.mark.parametrize(
    ("worker_type", "born", "start", "shares", "young"),
    [
        ("OTH", date(2008, 2, 28), START, (), True),
        ("OTH", date(2008, 3, 1), START, (), False),
        ("OTH", date(2005, 3, 1), START, (), True),
        ("OTH", date(2005, 2, 28), START, (), False),
        ("OTH", date(2004, 12, 1), START, (), False),
        ("OTH", date(2005, 1, 31), START, (), False),
        ("OTH", YOUNG, START, ("0.81", "0.8", "0.5"), True),
        ("OTH", YOUNG, START, ("0.81", "0.9"), False),
        ("OTH", YOUNG, START, ("0.5", "0.81", None, "0.9"), True),
        ("OTH", YOUNG, START, ("0.81", None, None, None), True),
        ("OTH", date(2006, 12, 31), START, ("1", "1", "1", "1"), False),
        ("OTH", date(2007, 1, 1), START, ("1", "1", "1", "1"), True),
        ("STU", YOUNG, START, (), False),
        ("FLX", YOUNG, START, (), False),
        ("OTH", date(1999, 1, 1), date(2018, 6, 30), (), False),
        ("OTH", date(1999, 1, 1), date(2018, 7, 1), (), True),
        ("OTH", date(2005, 12, 31), date(2025, 12, 1), (), True),
        ("OTH", date(2004, 12, 31), date(2025, 12, 1), (), False),
        ("OTH", date(2006, 1, 2), date(2025, 12, 31), (), True),
    ],
)
def test_young_workers_without_experience(
    worker_type: str, born: date, start: date, shares: tuple[str | None, ...], young: bool
) -> None:
    """Shares are those of T-3, T-4, T-5 and T-6; work up to the end of the year of 18 does not count."""
    facts = {
        quarter: QuarterFacts(None if share is None else Decimal(share))
        for quarter, share in zip(quarters_of_starter_job(start), shares, strict=False)
    }
    found = is_young(worker_type, born, start, ROW) and lacks_experience(born, start, facts, ROW)
    assert found is young


def test_four_quarters_decide() -> None:
    assert quarters_of_starter_job(START) == ("2025Q2", "2025Q1", "2024Q4", "2024Q3")


def test_the_row_may_end() -> None:
    ended = replace(ROW, valid_until=date(2026, 2, 10))
    assert is_young("OTH", YOUNG, START, ended)
    assert not is_young("OTH", YOUNG, date(2026, 2, 11), ended)


def test_the_row_is_off_by_default() -> None:
    assert IdentificationSettings.model_fields["starter_jobs"].default is False
