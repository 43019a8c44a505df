"""Starter jobs: criteria that a declaration and the register of careers can show (rule R63).

The law also requires a first-job agreement, a registration as job seeker and an employer in a sector without
lower youth wages; a declaration does not contain these, so the row is off by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.domain.dated import Confidence

_STUDENT_AND_FLEXI: Final = frozenset({"STU", "FLX"})


@dataclass(frozen=True, slots=True)
class StarterJob:
    """The criteria of one law."""

    valid_from: date
    min_age: int  #: completed years on the last day of the month
    max_age: int
    quarters_of_experience: int  #: quarters with more than 4/5 of full time in T-6 to T-3
    source: str
    confidence: Confidence
    excluded: frozenset[str] = _STUDENT_AND_FLEXI
    valid_until: date = date.max
    active: bool = False  #: whether the rule raises 90017-514


STARTER_JOBS: Final = (
    StarterJob(
        date(2018, 7, 1), 18, 20, 1, "law of 26 March 2018; NSSO instructions 2019/2", Confidence.HIGH
    ),
)


def is_young_without_experience(
    worker_type: str, birth_date: date, start: date, shares: Iterable[float], row: StarterJob
) -> bool:
    """Return whether age and career meet the criteria of a starter job (rule R63).

    Args:
        worker_type: The type of the declared period.
        birth_date: The birth date of the worker.
        start: The first day of the period.
        shares: The share of full time in each known quarter of T-6 to T-3.
        row: The criteria.
    """
    if worker_type in row.excluded or not row.valid_from <= start <= row.valid_until:
        return False
    age = _age_at_end_of_month(birth_date, start)
    experience = sum(share > 0.8 for share in shares)
    return row.min_age <= age <= row.max_age and experience <= row.quarters_of_experience


def _age_at_end_of_month(birth_date: date, day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last.year - birth_date.year - ((last.month, last.day) < (birth_date.month, birth_date.day))
