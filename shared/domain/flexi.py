"""Conditions of flexi-jobs: careers in earlier quarters, pensioners, and sectors (rule R62)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from shared.domain.calendar import quarter, quarter_before
from shared.domain.dated import INSTRUCTIONS, Confidence

FULL_TIME: Final = Decimal(1)
FOUR_FIFTHS: Final = Decimal("0.8")


@dataclass(frozen=True, slots=True)
class QuarterFacts:
    """The facts of the register of careers about one quarter of a worker."""

    share: Decimal | None = None  #: of full time with all employers; None when unknown
    foreign_share: Decimal | None = None  #: worked abroad, as an agent entered it
    pensioner: bool = False

    @property
    def worked(self) -> Decimal | None:
        """Return how much was worked, in Belgium and abroad: 1 is full time, 0.5 is half time.

        None if the share of the register is unknown.
        """
        return None if self.share is None else self.share + (self.foreign_share or 0)


@dataclass(frozen=True, slots=True)
class FlexiRow:
    """A condition or a sector of flexi-jobs, with its source and its days of validity."""

    subject: str
    value: str
    source: str
    valid_from: date = date(2015, 12, 1)
    valid_until: date = date.max
    confidence: Confidence = Confidence.HIGH

    def is_in_force(self, start: date) -> bool:
        """Return whether the condition applies to a flexi-job that starts on this day."""
        return self.valid_from <= start <= self.valid_until


_FLX: Final = f"{INSTRUCTIONS}: Dimona FLX"
_PENSIONERS: Final = "easypay-group.com: flexi-jobs of pensioners"
CAREER: Final = FlexiRow("career in T-3", "4/5 of full time", _FLX)
REDUCTION: Final = FlexiRow(
    "reduction from full time to 4/5", "barred after T-5/T-4 and T-4/T-3", _FLX, date(2024, 1, 1)
)
PENSIONER: Final = FlexiRow(
    "pensioner in T-2", "no career needed", "Acerta, 11 January 2018", date(2018, 1, 1)
)
#: The ages from which no career was needed, even without a pension in the register of careers.
AGES: Final = {
    65: FlexiRow(
        "age 65", "no career needed", "Acerta, 11 January 2018", date(2018, 1, 1), date(2024, 12, 31)
    ),
    66: FlexiRow(
        "age 66", "no career needed", _PENSIONERS, date(2025, 1, 1), date(2025, 9, 29), Confidence.MEDIUM
    ),
}
FLEXI_CONDITIONS: Final = (CAREER, REDUCTION, PENSIONER, *AGES.values())

#: Recorded as data: no rule judges the sector, because FLX is declared with XXX in every sector.
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
    FlexiRow("all sectors, with opt-out", "announced; not in force", "overuur.be: no published law",
             date(2026, 1, 1), confidence=Confidence.LOW),
)  # fmt: skip


def are_flexi_conditions_met(birth_date: str, start: date, facts: Mapping[str, QuarterFacts]) -> bool:
    """Return whether the career of a worker allows a flexi-job. Unknown facts count as allowed (rule R62).

    Args:
        birth_date: The birth date of the worker, perhaps partial: 1985-00-00.
        start: The first day of the flexi-job; its quarter is T.
        facts: The known facts of the quarters that `quarters_of_flexi` names.
    """
    if _is_pensioner(birth_date, start, facts):
        return True
    worked = [_worked(facts, start, count) for count in (5, 4, 3)]
    if worked[-1] is not None and worked[-1] < FOUR_FIFTHS:
        return False
    return not (REDUCTION.is_in_force(start) and any(map(_is_reduced, worked, worked[1:])))


def quarters_of_flexi(start: date) -> tuple[str, ...]:
    """Return the quarters with facts that decide about a flexi-job.

    They are the second to the fifth quarter before the quarter of the start, written 2026Q1.
    """
    return tuple(quarter_before(quarter(start), count) for count in (2, 3, 4, 5))


def _is_pensioner(birth_date: str, start: date, facts: Mapping[str, QuarterFacts]) -> bool:
    known = facts.get(quarter_before(quarter(start), 2))
    if known is not None and known.pensioner and PENSIONER.is_in_force(start):
        return True
    return any(row.is_in_force(start) and _may_have_age(birth_date, age, start) for age, row in AGES.items())


def _may_have_age(birth_date: str, age: int, day: date) -> bool:
    """Return whether a worker may have reached this age on a day.

    A partial birth date, such as 1985-00-00, counts as the earliest possible date.
    """
    return f"{int(birth_date[:4]) + age:04}{birth_date[4:]}" <= str(day)


def _worked(facts: Mapping[str, QuarterFacts], start: date, count: int) -> Decimal | None:
    known = facts.get(quarter_before(quarter(start), count))
    return known.worked if known is not None else None


def _is_reduced(before: Decimal | None, after: Decimal | None) -> bool:
    """Return whether working time went from full time to at least 4/5 but less than full time."""
    return before is not None and after is not None and before >= FULL_TIME > after >= FOUR_FIFTHS
