"""Quotas: hours or days of some kinds of work allowed in a year or quarter (rules R64, R66, R67, R68).

A quota is a dated row; a change of the law is a new row. A row without an anomaly code is kept for reference:
work is not counted against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shared.domain.dated import INSTRUCTIONS, Confidence
from shared.domain.declaration import Features
from shared.domain.features import HORECA, OCCASIONAL, TEMPORARY_AGENCY_WORK


class Unit(StrEnum):
    """The unit of a quota: planned hours, planned days, or days with work (rules R64, R65, R67)."""

    HOURS = "hours"
    DAYS = "days"
    PLANNED_DAYS = "planned days"

    @property
    def is_planned(self) -> bool:
        """Return whether the quota counts the planned hours or days of the declaration."""
        return self is not Unit.DAYS


class Per(StrEnum):
    """The time over which a quota counts: a calendar year or a quarter."""

    YEAR = "year"
    QUARTER = "quarter"


class Whose(StrEnum):
    """The holder of the quota: the worker over all employers, or the employer over all workers."""

    WORKER = "worker"
    EMPLOYER = "employer"


_WORKER_BEYOND: Final = "90017-369"
_EMPLOYER_BEYOND: Final = "90256-369"


@dataclass(frozen=True, slots=True)
class NotCounted:
    """Days on which the hours of students do not count for their quota (rule R64)."""

    first: date
    last: date
    sectors: str
    source: str
    confidence: Confidence = Confidence.HIGH
    applied: bool = False  #: only if it covers all sectors: a declaration does not contain other sectors


@dataclass(frozen=True, slots=True, eq=False)  # rows are keys of the usage
class Quota:
    """A quota. `names` has the official QuotaType of each worker type that the quota counts.

    The QuotaType may be an empty text. A period of a type in `also_counted` uses the quota as well, but never
    gets the anomaly of the quota.
    """

    names: Mapping[str, str]
    limit: int
    unit: Unit
    source: str
    per: Per = Per.YEAR
    third_quarter: int | None = None  #: the limit of the third quarter, if it differs
    sector: str | None = None  #: the joint commission of the work; None counts all
    beside: str | None = None  #: only for a worker with a period of this type in the same year
    whose: Whose = Whose.WORKER
    code: str | None = _WORKER_BEYOND  #: the anomaly beyond it
    valid_from: date = date.min
    valid_until: date = date.max
    not_counted: tuple[NotCounted, ...] = ()
    also_counted: frozenset[str] = frozenset()
    confidence: Confidence = Confidence.HIGH

    def limit_in(self, window: tuple[date, date]) -> int:
        """Return the limit in this year or quarter, in the unit of the quota."""
        if self.third_quarter is not None and window[0].month == _JULY:
            return self.third_quarter
        return self.limit

    def is_valid_in(self, window: tuple[date, date]) -> bool:
        """Return whether the row is valid on at least one day of this year or quarter."""
        return self.valid_from <= window[1] and window[0] <= self.valid_until

    def leaves_out(self, day: date) -> bool:
        """Return whether work on this day does not count for the quota.

        This is so for a day outside the validity of the row, and for a day in an applied row of
        `not_counted`.
        """
        if not self.valid_from <= day <= self.valid_until:
            return True
        return any(row.applied and row.first <= day <= row.last for row in self.not_counted)


def _named(**names: str) -> Mapping[str, str]:
    return MappingProxyType(names)


_JULY: Final = 7
_2022: Final = date(2022, 1, 1)
_LAST: Final = date.max
_STUDENT: Final = _named(STU="STUDENT")
_SPORT: Final = _named(S17="A17_YEAR_SPORT")
_OTHER: Final = _named(O17="A17_YEAR_OTHER")
#: Rule R64: the quota of students was in days until 2016, and is in hours since then.
_STUDENT_IN_DAYS: Final = _named(STU="STUDENT", STX="STUDENT")
_HOURS, _DAYS, _PLANNED_DAYS = Unit.HOURS, Unit.DAYS, Unit.PLANNED_DAYS
_HIGH, _MEDIUM, _LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

#: Rule R66: the hours that one day of this type uses of the quotas of O17 and S17 (article 17).
DAY_AS_HOURS: Final[Mapping[str, int]] = MappingProxyType({"T17": 8})
_TELEVISION: Final = frozenset(DAY_AS_HOURS)

_CARE: Final = "studentatwork.be: measures for the care sector"
STUDENT_HOURS_NOT_COUNTED: Final = (
    NotCounted(
        date(2020, 4, 1), date(2020, 6, 30), "all", "Attentia: students and corona", applied=True
    ),
    NotCounted(
        date(2020, 10, 1), date(2020, 12, 31), "care, education", "Smals: project page", _MEDIUM
    ),
    NotCounted(date(2021, 1, 1), date(2021, 3, 31), "care, education", "Prato, 30 April 2021"),
    NotCounted(
        date(2021, 4, 1), date(2021, 6, 30), "care, education, vaccination centers", "Prato, 30 April 2021"
    ),
    NotCounted(
        date(2021, 7, 1), date(2021, 9, 30), "all", "NSSO interim instructions 2021/2", applied=True
    ),
    NotCounted(
        date(2022, 1, 1), date(2022, 3, 31), "care, education; elsewhere the first 45 hours",
        "NSSO portal, 20 May 2022",
    ),
    NotCounted(date(2022, 4, 1), date(2022, 6, 30), "care, education", "NSSO portal, 20 May 2022"),
    NotCounted(date(2022, 7, 1), date(2022, 12, 31), "care", "NSSO portal, 28 October 2022"),
    NotCounted(date(2023, 1, 1), date(2023, 3, 31), "care", _CARE),
)  # fmt: skip

_ARTICLE_17: Final = f"{INSTRUCTIONS}: article 17"
_HORECA: Final = f"{INSTRUCTIONS}: occasional work in Horeca"
_ZIANS: Final = "zians-haas.be: occasional work in Horeca"

QUOTAS: Final = (
    Quota(
        _STUDENT_IN_DAYS, 46, _PLANNED_DAYS, "NSSO news: students, 23 days twice",
        valid_until=date(2011, 12, 31), confidence=_MEDIUM,
    ),
    Quota(
        _STUDENT_IN_DAYS, 50, _PLANNED_DAYS, "NSSO news: students", valid_from=date(2012, 1, 1),
        valid_until=date(2016, 12, 31),
    ),
    Quota(
        _STUDENT, 475, _HOURS, "accg.be: students", valid_from=date(2017, 1, 1),
        valid_until=date(2022, 12, 31), not_counted=STUDENT_HOURS_NOT_COUNTED,
    ),
    Quota(
        _STUDENT, 600, _HOURS, "studentatwork.be", valid_from=date(2023, 1, 1),
        valid_until=date(2024, 12, 31), not_counted=STUDENT_HOURS_NOT_COUNTED[-1:],
    ),
    Quota(_STUDENT, 650, _HOURS, "law of 10 April 2025", valid_from=date(2025, 1, 1)),
    # Rule R66: article 17. The year of both together has no QuotaType: it is reported under that of the type.
    Quota(_SPORT, 450, _HOURS, _ARTICLE_17, valid_from=_2022, also_counted=_TELEVISION),
    Quota(
        _named(S17="A17_QUARTER_SPORT"), 150, _HOURS, _ARTICLE_17, Per.QUARTER, 285, valid_from=_2022,
        also_counted=_TELEVISION,
    ),
    Quota(_OTHER, 300, _HOURS, _ARTICLE_17, valid_from=_2022, also_counted=_TELEVISION),
    Quota(
        _named(O17="A17_QUARTER_OTHER"), 100, _HOURS, _ARTICLE_17, Per.QUARTER, 190, valid_from=_2022,
        also_counted=_TELEVISION,
    ),
    Quota(
        _named(**_SPORT, **_OTHER), 450, _HOURS, _ARTICLE_17, valid_from=_2022, also_counted=_TELEVISION
    ),
    Quota(
        _named(S17="A17_STUDENT_SPORT", O17="A17_STUDENT_OTHER"), 190, _HOURS, _ARTICLE_17, beside="STU",
        valid_from=_2022, also_counted=_TELEVISION,
    ),
    Quota(_named(T17="A17_PUBTV"), 25, _DAYS, _ARTICLE_17, valid_from=_2022),
    Quota(
        _named(A17="ARTICLE17"), 25, _DAYS, "Besox: article 17", code=None, valid_from=date(2017, 1, 1),
        valid_until=date(2021, 12, 31),
    ),
    # Rule R67. In 2015 the quota of employers is 100 days until June and 100 days from July.
    Quota(
        _named(EXT="HORECA_WORKER"), 50, _DAYS, _HORECA, sector=HORECA, valid_from=date(2013, 10, 1)
    ),
    *(
        Quota(
            _named(EXT="HORECA_EMPLOYER"), limit, _DAYS, source, sector=HORECA, whose=Whose.EMPLOYER,
            code=_EMPLOYER_BEYOND, valid_from=first, valid_until=last,
        )
        for limit, first, last, source in (
            (100, date(2013, 10, 1), date(2015, 6, 30), _ZIANS),
            (100, date(2015, 7, 1), date(2015, 12, 31), "royal decree of 23 October 2015"),
            (200, date(2016, 1, 1), _LAST, "royal decree of 23 October 2015"),
        )
    ),
    # Rule R68: no official name or anomaly. Extra days for chicory and mushrooms are not in a declaration.
    *(
        Quota(
            _named(EXT=""), limit, _DAYS, source, sector=sector_, code=None, valid_from=first,
            valid_until=last, confidence=confidence,
        )
        for sector_, limits in (("144", (30, 60, 60, 60, 30, 50)), ("145", (65, 130, 100, 100, 65, 100)))
        for limit, (first, last, source, confidence) in zip(
            limits,
            (
                (date.min, date(2019, 12, 31), f"{INSTRUCTIONS} 2019", _HIGH),
                (date(2020, 1, 1), date(2020, 12, 31), "rsz.fgov.be: seasonal work 2020", _HIGH),
                (date(2021, 1, 1), date(2021, 12, 31), "Group S: seasonal work 2021", _HIGH),
                (date(2022, 1, 1), date(2022, 12, 31), "news.belgium.be, 28 January 2022", _MEDIUM),
                (date(2023, 1, 1), date(2023, 6, 30), "derived: no text for this half-year", _LOW),
                (date(2023, 7, 1), _LAST, "Partena, 30 November 2023", _HIGH),
            ),
            strict=True,
        )
    ),
)  # fmt: skip

#: The rows with an anomaly, by the worker type of the declared period.
TOLD: Final[Mapping[str, tuple[Quota, ...]]] = MappingProxyType(
    {
        worker_type: tuple(row for row in QUOTAS if row.code is not None and worker_type in row.names)
        for worker_type in sorted({type_ for row in QUOTAS if row.code is not None for type_ in row.names})
    }
)


def sector(features: Features) -> str | None:
    """Return the joint commission of the work.

    For a temporary agency worker it is the joint commission of the user undertaking.
    """
    user = features.using_employer
    if features.joint_commission == TEMPORARY_AGENCY_WORK and user is not None:
        return user.joint_commission
    return features.joint_commission


@lru_cache(maxsize=64)
def counting(worker_type: str, sector: str | None) -> tuple[Quota, ...]:
    """Return the quotas that limit this kind of work and have an anomaly."""
    return tuple(row for row in TOLD.get(worker_type, ()) if row.sector in (None, sector))


@lru_cache(maxsize=64)
def counted_in(worker_type: str, sector: str | None) -> tuple[Quota, ...]:
    """Return the quotas with an anomaly that this kind of work uses.

    A quota that counts the work, but never gives it the anomaly, is among them.
    """
    rows = {row for rows in TOLD.values() for row in rows if worker_type in row.also_counted}
    return (*counting(worker_type, sector), *(row for row in QUOTAS if row in rows))


def is_counted(features: Features) -> bool:
    """Return whether a quota with an anomaly counts a period with these features."""
    return features.worker_type in TOLD and counting(features.worker_type, sector(features)) != ()


def account(features: Features, employer: str) -> str | None:
    """Return the enterprise number of the undertaking with the quota that a period of type EXT uses.

    For work through a temporary agency it is the number of the user undertaking, or None if the user
    undertaking has no number. Return None for a period that no quota counts, and for all other types.
    """
    if features.worker_type != OCCASIONAL or not is_counted(features):
        return None
    if features.joint_commission == TEMPORARY_AGENCY_WORK:
        return features.using_employer.enterprise_number if features.using_employer else None
    return employer


@lru_cache(maxsize=4096)
def window(per: Per, day: date) -> tuple[date, date]:
    """Return the first and the last day of the year or quarter that contains this day."""
    months = 12 if per is Per.YEAR else 3
    begin = date(day.year, (day.month - 1) // months * months + 1, 1)
    month = begin.month + months
    after = date(begin.year + (month > 12), (month - 1) % 12 + 1, 1)
    return begin, after - timedelta(days=1)


def windows(per: Per, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield first and last day of each year or quarter between two days, both days included."""
    within = window(per, first)
    while within[0] <= last:
        yield within
        within = window(per, within[1] + timedelta(days=1))
