"""Starter jobs: the criteria that can be checked with a declaration and the register of careers (rule R63).

The law also requires a first-job agreement, a registration as job seeker and an employer in a sector without
lower youth wages; a declaration does not contain these. So the criteria are not checked by default. If the
setting `DIMONA_STARTER_JOBS` is on, they raise the warnings 90017-514 and 90017-515.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.calendar import quarter, quarter_before
from shared.domain.dated import Confidence
from shared.domain.flexi import FOUR_FIFTHS, QuarterFacts

_STUDENT_AND_FLEXI: Final = frozenset({"STU", "FLX"})


@dataclass(frozen=True, slots=True)
class StarterJob:
    """The criteria of starter jobs in one law, with its first and last day."""

    valid_from: date
    min_age: int  #: completed years on the last day of the month
    max_age: int
    quarters_of_experience: int  #: quarters with more than 4/5 of full time in T-6 to T-3
    source: str
    confidence: Confidence
    excluded: frozenset[str] = _STUDENT_AND_FLEXI
    valid_until: date = date.max


STARTER_JOBS: Final = (
    StarterJob(
        date(2018, 7, 1), 18, 20, 1, "law of 26 March 2018; NSSO instructions 2019/2", Confidence.HIGH
    ),
)


def quarters_of_starter_job(start: date) -> tuple[str, ...]:
    """Return the quarters with facts that decide about a starter job.

    They are the third to the sixth quarter before the quarter of the start, written 2026Q1.
    """
    return tuple(quarter_before(quarter(start), count) for count in (3, 4, 5, 6))


def is_young(worker_type: str, born: date, start: date, row: StarterJob) -> bool:
    """Return whether type, start and age meet the criteria of a starter job (rule R63)."""
    if worker_type in row.excluded or not row.valid_from <= start <= row.valid_until:
        return False
    age = start.year - born.year - (start.month < born.month)  # on the last day of the month
    return row.min_age <= age <= row.max_age


def lacks_experience(born: date, start: date, facts: Mapping[str, QuarterFacts], row: StarterJob) -> bool:
    """Return whether the career is short enough for a starter job (rule R63).

    A quarter without known facts does not count as experience. A quarter up to the end of the year in which
    the worker becomes 18 does not count either.

    Args:
        born: The birth date of the worker.
        start: The first day of the period.
        facts: The known facts of the quarters that `quarters_of_starter_job` names.
        row: The criteria.
    """
    experience = sum(
        _has_worked(facts.get(one)) for one in quarters_of_starter_job(start) if int(one[:4]) > born.year + 18
    )
    return experience <= row.quarters_of_experience


def _has_worked(known: QuarterFacts | None) -> bool:
    return known is not None and known.worked is not None and known.worked > FOUR_FIFTHS
