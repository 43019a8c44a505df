"""Conditions of flexi-jobs: careers in earlier quarters, pensioners, and sectors (rule R62)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.calendar import quarter_before
from shared.domain.dated import INSTRUCTIONS, Confidence

FULL_TIME: Final = 1.0
FOUR_FIFTHS: Final = 0.8
_REDUCTION_FROM: Final = date(2024, 1, 1)
_LAST_DAY_OF_AGE_CHECK: Final = date(2025, 9, 29)


@dataclass(frozen=True, slots=True)
class QuarterFacts:
    """The facts of the register of careers about one quarter of a worker."""

    share: float | None = None  #: of full time with other employers; None when unknown
    pensioner: bool = False
    corrected: bool = False  #: an agent added a foreign career


@dataclass(frozen=True, slots=True)
class FlexiRow:
    """A condition or a sector of flexi-jobs, as reference data."""

    subject: str
    value: str
    source: str
    valid_from: date = date(2015, 12, 1)
    valid_until: date = date.max
    confidence: Confidence = Confidence.HIGH


_FLX: Final = f"{INSTRUCTIONS}: Dimona FLX"
FLEXI_CONDITIONS: Final = (
    FlexiRow("career in T-3", "4/5 of full time", _FLX),
    FlexiRow(
        "reduction from full time to 4/5", "barred after T-5/T-4 and T-4/T-3", _FLX, _REDUCTION_FROM
    ),
    FlexiRow("pensioner in T-2", "no career needed", "Acerta, 11 January 2018", date(2018, 1, 1)),
    FlexiRow(
        "age 65, in 2025 age 66", "no career needed", "easypay-group.com: flexi-jobs of pensioners",
        date(2018, 1, 1), _LAST_DAY_OF_AGE_CHECK, Confidence.MEDIUM,
    ),
)  # fmt: skip

#: Sectors for texts and reference; the message has no sector test, because FLX goes with XXX.
FLEXI_SECTORS: Final = (
    FlexiRow("302; 322 at users of a listed sector", "listed", "Acerta, 11 January 2018"),
    FlexiRow(
        "118.03 119 201 202 202.01 311 312 314", "listed", "Acerta, 11 January 2018", date(2018, 1, 1)
    ),
    FlexiRow("223 303.03 304 330", "listed", "Partena: flexi-jobs 2023", date(2023, 1, 1)),
    FlexiRow("112 118.07-12 118.14 118.21-22 140.01 140.05 200 320 323", "listed", "Prato, 28 March 2024",
             date(2024, 1, 1)),
    FlexiRow("132", "listed, then opted out", f"{INSTRUCTIONS}: interim 2024/4", date(2024, 1, 1),
             date(2024, 12, 31)),
    FlexiRow("144 145, domestic staff of 323", "listed, then opted out", "royal decree of 18 April 2024",
             date(2024, 1, 1), date(2024, 3, 31)),
    FlexiRow("331 childcare, Flemish education, public sport and culture", "opted in",
             "royal decree of 18 April 2024", date(2024, 4, 1)),
    FlexiRow("139 inland shipping", "opted in", "salar.be: flexi-jobs", date(2024, 7, 1),
             confidence=Confidence.MEDIUM),
    FlexiRow("143 sea fishing", "opted in", "royal decree of 31 January 2025", date(2025, 1, 1)),
    FlexiRow("all sectors, with opt-out", "announced; off", "overuur.be: no published law",
             date(2026, 1, 1), confidence=Confidence.LOW),
)  # fmt: skip


def are_flexi_conditions_met(
    quarter: str, birth_date: date | None, start: date, facts: Mapping[str, QuarterFacts]
) -> bool:
    """Return whether careers open a flexi-job; unknown facts never close it (rule R62).

    Args:
        quarter: The quarter of the start of the flexi-job, T, written 2026Q1.
        birth_date: The birth date of the worker, if known.
        start: The first day of the flexi-job.
        facts: The known facts of earlier quarters.
    """
    if _is_pensioner(quarter, birth_date, start, facts):
        return True
    share = _share(facts, quarter, 3)
    if share is not None and share < FOUR_FIFTHS:
        return False
    return start < _REDUCTION_FROM or not any(
        _is_reduced(_share(facts, quarter, earlier), _share(facts, quarter, earlier - 1))
        for earlier in (5, 4)
    )


def quarters_of_flexi(quarter: str) -> tuple[str, ...]:
    """Return the quarters with facts that decide about a flexi-job: T-2 to T-5."""
    return tuple(quarter_before(quarter, count) for count in (2, 3, 4, 5))


def _is_pensioner(
    quarter: str, birth_date: date | None, start: date, facts: Mapping[str, QuarterFacts]
) -> bool:
    known = facts.get(quarter_before(quarter, 2))
    if known is not None and known.pensioner:
        return True
    if birth_date is None or start > _LAST_DAY_OF_AGE_CHECK:
        return False
    age = 66 if start.year == 2025 else 65
    return (birth_date.year + age, birth_date.month, birth_date.day) <= (start.year, start.month, start.day)


def _share(facts: Mapping[str, QuarterFacts], quarter: str, count: int) -> float | None:
    known = facts.get(quarter_before(quarter, count))
    return known.share if known is not None else None


def _is_reduced(before: float | None, after: float | None) -> bool:
    """Return whether working time went from full time to at least 4/5 but less than full time."""
    return before is not None and after is not None and before >= FULL_TIME > after >= FOUR_FIFTHS
