"""Reasons for mutants that may survive: a table, by module and by the line before and after.

`make mutate` names each reason without a surviving mutant; remove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The classes of reasons to keep a mutant that no test finds."""

    EQUIVALENT = "equivalent"  #: no input shows a difference from the original
    COST = "cost only"  #: equal answer, more time
    PRESENTATION = "presentation only"  #: for people; no program reads it


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason of a survivor; `before` and `after` are parts of the changed lines."""

    module: str
    before: str
    after: str
    kind: Kind
    why: str

    def is_of(self, module: str, before: str, after: str) -> bool:
        """Return whether this is the reason of a survivor."""
        return module == self.module and self.before in before and self.after in after


def _equivalent(module: str, before: str, after: str, why: str) -> Reason:
    return Reason(module, before, after, Kind.EQUIVALENT, why)


_INTAKE: Final = "services/intake/reception/rules"
_FORM: Final = "services/files/xml/rules.py"


def _cost(module: str, before: str, after: str, why: str) -> Reason:
    return Reason(module, before, after, Kind.COST, why)


_DOMAIN: Final = "shared/domain"
_WHO: Final = "services/identification/matching/rules"
_FILE: Final = "services/personnel_file/settlement/rules"
_RELATION: Final = "services/personnel_file/relation/rules.py"
_LATENESS: Final = "shared/domain/lateness.py"

_NEXT_CHECK: Final = "the nearest other number with this check is 97 away"

_IN_BOOKS: Final = "what a period takes already is in the books"

REASONS: Final[tuple[Reason, ...]] = (
    _equivalent(
        f"{_INTAKE}/dates.py", "f.end == REOPENED", "f.end >= REOPENED", "no date is after 9999-12-31"
    ),
    _equivalent(
        f"{_INTAKE}/employer.py",
        "f.end > f.start",
        "f.end >= f.start",
        "of two equal days either is the last",
    ),
    _equivalent(f"{_INTAKE}/employer.py", "day != REOPENED", "day < REOPENED", "no date is after 9999-12-31"),
    _equivalent(_FORM, "count > 1", "count != 1", "what is counted is there once at least"),
    _equivalent(
        _FORM,
        "head.declarations == 0",
        "head.declarations <= 0",
        "no number of blocks is below 0",
    ),
    _equivalent(
        f"{_INTAKE}/worker.py", "len(given) == 1", "len(given) <= 1", "an empty text has no letter either"
    ),
    Reason(
        f"{_INTAKE}/facts.py",
        'INVALID = "invalid"',
        "XX",
        Kind.PRESENTATION,
        "the mark is compared, never shown",
    ),
    _equivalent(
        f"{_DOMAIN}/span_rules.py",
        "(start < end and",
        "(start != end and",
        "an earlier end is answered before",
    ),
    _equivalent(
        f"{_DOMAIN}/places.py",
        "len(entry.towns) > 1",
        "len(entry.towns) != 1",
        "each postal code has a town",
    ),
    _equivalent(f"{_DOMAIN}/characters.py", "UNCHANGED: Final", "XX", "X is in the set already"),
    _equivalent(
        f"{_FILE}/clash.py", "relation.end < first", "relation.end <= first", "the day between stays free"
    ),
    _equivalent(f"{_FILE}/clash.py", "> _MOST_DAYS:", ">= _MOST_DAYS:", "three days are told below as well"),
    _equivalent(
        f"{_FILE}/clash.py",
        "== _DAY and span.end_hour",
        "<= _DAY and span.end_hour",
        "one day is one day either way",
    ),
    _equivalent(
        f"{_DOMAIN}/declaration.py",
        "return self.end < self.start",
        "return self.end != self.start",
        "a later end is answered before",
    ),
    _equivalent(
        f"{_DOMAIN}/declaration.py", 'strip("0")', 'strip("XX0")', "a number that is admitted has digits only"
    ),
    *(
        _equivalent(f"{_DOMAIN}/identifiers.py", "_NSSO: Final = range(", after, _NEXT_CHECK)
        for after in ("100005", "199999935", "+ 2")
    ),
    *(
        _equivalent(f"{_DOMAIN}/identifiers.py", "_PROVISIONAL: Final = range(", after, _NEXT_CHECK)
        for after in ("5000000119", "5999999990", "+ 2")
    ),
    _equivalent(f"{_DOMAIN}/identifiers.py", "% 97 == 96", "% 97 >= 96", "no rest modulo 97 is above 96"),
    _equivalent(f"{_DOMAIN}/identifiers.py", "_ROUNDS = 8", "_ROUNDS = 7", "rounds are counted by twos"),
    *(
        _equivalent(f"{_FILE}/quota.py", "days.get(day, 0) <= 1", after, _IN_BOOKS)
        for after in ("days.get(day, 1)", "days.get(day, -1)", "days.get(day, 0) == 1")
    ),
    _equivalent(f"{_FILE}/quota.py", "day != REOPENED", "day < REOPENED", "no date is after 9999-12-31"),
    _equivalent(
        _LATENESS,
        "_hours_moved(before, after) > 0",
        "_hours_moved(before, after) != 0",
        "a shorter day was due earlier, and the earliest is told",
    ),
    _equivalent(
        _LATENESS,
        'Deadline("R1", Kind.IN, _start, warns=True',
        "warns=False",
        "only an UPDATE is asked here: of an IN intake warns",
    ),
    _cost(
        f"{_DOMAIN}/calendar.py",
        "until.year + 1)",
        "until.year + 2)",
        "holidays of the year after are too late to count",
    ),
    _cost(_RELATION, "return False", "return True", "then every period is asked"),
    _cost(
        _RELATION,
        "or period.span.end is None or",
        "or period.span.end is not None or",
        "then every period is asked",
    ),
    _equivalent(
        _RELATION,
        "period.span.end >= self.end",
        "period.span.end == self.end",
        "no end is later",
    ),
    _equivalent(_RELATION, "if end > last", "if end >= last", "of two equal ends either is the last"),
    _equivalent(
        f"{_FILE}/quota_usage.py",
        "last - first == _DAY",
        "last - first <= _DAY",
        "one day is one day either way",
    ),
    _equivalent(
        f"{_FILE}/quota_usage.py",
        "use.first == use.last",
        "use.first >= use.last",
        "no first day is after the last",
    ),
    *(
        _equivalent(
            f"{_FILE}/quota_usage.py", "day, day, 0)", after, "no quota of an enterprise counts hours"
        )
        for after in ("day, day, 1)", "day, day, -1)")
    ),
    _equivalent(
        f"{_FILE}/quota_usage.py",
        "first, last, 1)",
        "first, last, 2)",
        "only asked whether there are hours at all",
    ),
    _equivalent(
        f"{_DOMAIN}/quotas.py",
        "sector(features)) != ()",
        "sector(features)) > ()",
        "no tuple is less than the empty one",
    ),
    _equivalent(
        f"{_DOMAIN}/quotas.py",
        "!= OCCASIONAL",
        "> OCCASIONAL",
        "no type before it in the alphabet is counted",
    ),
    _equivalent(
        f"{_DOMAIN}/quotas.py",
        "if features.joint_commission == TEMPORARY_AGENCY_WORK",
        ">= TEMPORARY_AGENCY_WORK",
        "the only other one that counts is 302",
    ),
    *(
        _equivalent(f"{_DOMAIN}/quotas.py", "(month > 12)", after, "windows begin in months 1, 4, 7 and 10")
        for after in ("(month > 11)", "(month >= 12)")
    ),
    _equivalent(
        f"{_DOMAIN}/quotas.py",
        "timedelta(days=1)",
        "timedelta(days= 2)",
        "the second day lies in the same window",
    ),
    _equivalent(
        f"{_WHO}/score.py", '_NO_DATE: Final = "0000-99-99"', "XX0000-99-99", "no date is like it either way"
    ),
    _equivalent(
        f"{_WHO}/score.py", "self.birth_date) == 1.0", "self.birth_date) >= 1.0", "no likeness is above 1"
    ),
    _equivalent(f"{_WHO}/score.py", "entry.gender == 0", "entry.gender <= 0", "no gender is below 0"),
    _equivalent(f"{_WHO}/score.py", "entry.gender != 0", "entry.gender > 0", "no gender is below 0"),
    _equivalent(f"{_WHO}/dates.py", "strict=True", "strict=False", "every date has three parts"),
    _equivalent(f"{_WHO}/dates.py", "_UNKNOWN < day", "_UNKNOWN != day", "no day is below 00"),
    _equivalent(
        f"{_WHO}/names.py",
        "not first or not second",
        "not first and not second",
        "of nothing the ratio is 0 as well",
    ),
    _equivalent(f"{_WHO}/names.py", "words < others", "words <= others", "equal words are answered before"),
    _equivalent(f"{_WHO}/names.py", "others < words", "others <= words", "equal words are answered before"),
    _equivalent(f"{_WHO}/__init__.py", "return living[0]", "return living[ -1]", "one person has a NISS"),
)
