"""Quotas: hours or days of some kinds of work allowed in a year or quarter (rules R64, R66, R67, R68).

A quota is a dated row; a change of the law is a new row. Rows without an anomaly are reference data and are
not counted, because no notification reports their excess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shared.domain.declaration import Features
from shared.domain.features import HORECA, OCCASIONAL, TEMPORARY_AGENCY_WORK


class Unit(StrEnum):
    """The unit: planned hours, or days with work (rules R65, R67)."""

    HOURS = "hours"
    DAYS = "days"


class Per(StrEnum):
    """The counting period: a calendar year or quarter."""

    YEAR = "year"
    QUARTER = "quarter"


class Whose(StrEnum):
    """The holder of the quota: the worker over all employers, or the employer over all workers."""

    WORKER = "worker"
    EMPLOYER = "employer"


_WORKER_BEYOND: Final = "90017-369"
_EMPLOYER_BEYOND: Final = "90256-369"


@dataclass(frozen=True, slots=True, eq=False)  # rows are keys of the usage
class Quota:
    """A quota; `names` gives the official QuotaType (or an empty text) of each counted worker type."""

    names: Mapping[str, str]
    limit: int
    unit: Unit
    per: Per = Per.YEAR
    third_quarter: int | None = None  #: the limit of the third quarter, if it differs
    sector: str | None = None  #: the joint commission of the work; None counts all
    beside: str | None = None  #: only for a worker with a period of this type in the same year
    whose: Whose = Whose.WORKER
    code: str | None = _WORKER_BEYOND  #: the anomaly beyond it
    valid_from: date = date.min
    valid_until: date = date.max
    not_counted: tuple[date, date] | None = None  #: first and last day of work that does not count

    def limit_in(self, window: tuple[date, date]) -> int:
        """Return the limit in this year or quarter."""
        if self.third_quarter is not None and window[0].month == _JULY:
            return self.third_quarter
        return self.limit

    def is_valid_in(self, window: tuple[date, date]) -> bool:
        """Return whether the row is valid in this year or quarter."""
        return self.valid_from <= window[0] <= self.valid_until

    def leaves_out(self, day: date) -> bool:
        """Return whether work on this day does not count."""
        return self.not_counted is not None and self.not_counted[0] <= day <= self.not_counted[1]


def _named(**names: str) -> Mapping[str, str]:
    return MappingProxyType(names)


_JULY: Final = 7
_2022: Final = date(2022, 1, 1)
_STUDENT: Final = _named(STU="STUDENT")
_SPORT: Final = _named(S17="A17_YEAR_SPORT")
_OTHER: Final = _named(O17="A17_YEAR_OTHER")
#: Rule R64: days for years until 2016, hours afterwards.
_STUDENT_IN_DAYS: Final = _named(STU="STUDENT", STX="STUDENT")
_HOURS, _DAYS = Unit.HOURS, Unit.DAYS

QUOTAS: Final = (
    Quota(_STUDENT_IN_DAYS, 23, _DAYS, valid_until=date(2011, 12, 31)),
    Quota(_STUDENT_IN_DAYS, 50, _DAYS, valid_from=date(2012, 1, 1), valid_until=date(2016, 12, 31)),
    Quota(
        _STUDENT, 475, _HOURS, valid_from=date(2017, 1, 1), valid_until=date(2022, 12, 31),
        not_counted=(date(2020, 4, 1), date(2020, 6, 30)),
    ),
    Quota(_STUDENT, 600, _HOURS, valid_from=date(2023, 1, 1), valid_until=date(2024, 12, 31)),
    Quota(_STUDENT, 650, _HOURS, valid_from=date(2025, 1, 1)),
    # Rule R66: article 17. The year of both together has no QuotaType: it is reported under that of the type.
    Quota(_SPORT, 450, _HOURS, valid_from=_2022),
    Quota(_named(S17="A17_QUARTER_SPORT"), 150, _HOURS, Per.QUARTER, 285, valid_from=_2022),
    Quota(_OTHER, 300, _HOURS, valid_from=_2022),
    Quota(_named(O17="A17_QUARTER_OTHER"), 100, _HOURS, Per.QUARTER, 190, valid_from=_2022),
    Quota(_named(**_SPORT, **_OTHER), 450, _HOURS, valid_from=_2022),
    Quota(
        _named(S17="A17_STUDENT_SPORT", O17="A17_STUDENT_OTHER"), 190, _HOURS, beside="STU", valid_from=_2022
    ),
    Quota(_named(T17="A17_PUBTV"), 25, _DAYS, valid_from=_2022),
    Quota(_named(A17="ARTICLE17"), 25, _DAYS, code=None, valid_until=date(2021, 12, 31)),
    # Rule R67. The amounts after 2020 are not published and are assumed unchanged.
    Quota(_named(EXT="HORECA_WORKER"), 50, _DAYS, sector=HORECA, valid_from=date(2020, 1, 1)),
    Quota(
        _named(EXT="HORECA_EMPLOYER"), 200, _DAYS, sector=HORECA, whose=Whose.EMPLOYER,
        code=_EMPLOYER_BEYOND, valid_from=date(2020, 1, 1),
    ),
    # Rule R68: no official name or anomaly. Chicory has 35 days more, but no declaration mentions chicory.
    Quota(_named(EXT=""), 65, _DAYS, sector="145", code=None, valid_from=date(2019, 1, 1)),
    Quota(_named(EXT=""), 30, _DAYS, sector="144", code=None, valid_from=date(2019, 1, 1)),
)  # fmt: skip

#: The rows with an anomaly, by the worker type of the declared period.
TOLD: Final[Mapping[str, tuple[Quota, ...]]] = MappingProxyType(
    {
        worker_type: tuple(row for row in QUOTAS if row.code is not None and worker_type in row.names)
        for worker_type in sorted({type_ for row in QUOTAS if row.code is not None for type_ in row.names})
    }
)


def sector(features: Features) -> str | None:
    """Return the joint commission of the work: that of the user for an agency worker."""
    user = features.using_employer
    if features.joint_commission == TEMPORARY_AGENCY_WORK and user is not None:
        return user.joint_commission
    return features.joint_commission


@lru_cache(maxsize=64)
def counting(worker_type: str, sector: str | None) -> tuple[Quota, ...]:
    """Return the quotas with an anomaly that count this kind of work."""
    return tuple(row for row in TOLD.get(worker_type, ()) if row.sector in (None, sector))


def is_counted(features: Features) -> bool:
    """Return whether a quota with an anomaly counts a period with these features."""
    return features.worker_type in TOLD and counting(features.worker_type, sector(features)) != ()


def account(features: Features, employer: str) -> str | None:
    """Return the enterprise with the quota of the period: the user of an agency worker, or the employer."""
    if features.worker_type != OCCASIONAL or not is_counted(features):
        return None
    if features.joint_commission == TEMPORARY_AGENCY_WORK:
        return features.using_employer.enterprise_number if features.using_employer else None
    return employer


@lru_cache(maxsize=4096)
def window(per: Per, day: date) -> tuple[date, date]:
    """Return the first and last day of the year or quarter of a day."""
    months = 12 if per is Per.YEAR else 3
    begin = date(day.year, (day.month - 1) // months * months + 1, 1)
    month = begin.month + months
    after = date(begin.year + (month > 12), (month - 1) % 12 + 1, 1)
    return begin, after - timedelta(days=1)


def windows(per: Per, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the years or quarters of these days."""
    within = window(per, first)
    while within[0] <= last:
        yield within
        within = window(per, within[1] + timedelta(days=1))
