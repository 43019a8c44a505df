"""Starter jobs: the criteria that the system can know, as a row that is off by default."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.starter_job import STARTER_JOBS, is_young_without_experience

(ROW,) = STARTER_JOBS
START = date(2026, 2, 10)


@pytest.mark.parametrize(
    ("worker_type", "birth_date", "start", "shares", "young"),
    [
        ("OTH", date(2008, 2, 28), START, (), True),
        ("OTH", date(2008, 3, 1), START, (), False),
        ("OTH", date(2005, 3, 1), START, (), True),
        ("OTH", date(2005, 2, 28), START, (), False),
        ("OTH", date(2006, 1, 1), START, (0.81, 0.8, 0.5), True),
        ("OTH", date(2006, 1, 1), START, (0.81, 0.9), False),
        ("STU", date(2006, 1, 1), START, (), False),
        ("FLX", date(2006, 1, 1), START, (), False),
        ("OTH", date(1999, 1, 1), date(2018, 6, 30), (), False),
        ("OTH", date(1999, 1, 1), date(2018, 7, 1), (), True),
        ("OTH", date(2005, 12, 31), date(2025, 12, 1), (), True),
    ],
)
def test_young_workers_without_experience(
    worker_type: str, birth_date: date, start: date, shares: tuple[float, ...], young: bool
) -> None:
    assert is_young_without_experience(worker_type, birth_date, start, shares, ROW) is young


def test_the_row_is_off_by_default_and_may_end() -> None:
    assert not ROW.active
    ended = replace(ROW, valid_until=date(2026, 2, 9))
    assert not is_young_without_experience("OTH", date(2006, 1, 1), START, (), ended)
