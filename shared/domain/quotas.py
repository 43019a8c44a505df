"""Quotas: how many hours or days of some kinds of work are allowed in a year or quarter (dimona.md §7).

Every quota is a row with dates; a law that changes one is a new row. Rows without an anomaly are known
and counted by nobody: the authority tells nothing when they are exceeded.
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
    """What is counted: planned hours, or days on which there is work at all (R65, R67)."""

    HOURS = "hours"
    DAYS = "days"


class Per(StrEnum):
    """Over what it is counted: a calendar year or quarter."""

    YEAR = "year"
    QUARTER = "quarter"


class Whose(StrEnum):
    """Who has the quota: the worker, over all employers; or the employer, over all workers."""

    WORKER = "worker"
    EMPLOYER = "employer"


_WORKER_BEYOND: Final = "90017-369"
_EMPLOYER_BEYOND: Final = "90256-369"


@dataclass(frozen=True, slots=True, eq=False)  # a row is itself: what is taken is kept by it
class Quota:
    """One row. `names`: the official QuotaType by the worker type it counts; empty where there is none."""

    names: Mapping[str, str]
    limit: int
    unit: Unit
    per: Per = Per.YEAR
    third_quarter: int | None = None  #: its limit, where the summer has another one
    sector: str | None = None  #: the joint commission of the work; None counts all
    beside: str | None = None  #: only for a worker who also has a period of this type in the same time
    whose: Whose = Whose.WORKER
    code: str | None = _WORKER_BEYOND  #: the anomaly beyond it
    valid_from: date = date.min
    valid_until: date = date.max
    not_counted: tuple[date, date] | None = None  #: first and last day of what was left out

    def limit_in(self, window: tuple[date, date]) -> int:
        """What is allowed in this year or quarter."""
        if self.third_quarter is not None and window[0].month == _JULY:
            return self.third_quarter
        return self.limit

    def is_valid_in(self, window: tuple[date, date]) -> bool:
        """Whether the row is the law in this year or quarter."""
        return self.valid_from <= window[0] <= self.valid_until

    def leaves_out(self, day: date) -> bool:
        """Whether what was worked on this day does not count."""
        return self.not_counted is not None and self.not_counted[0] <= day <= self.not_counted[1]


def _named(**names: str) -> Mapping[str, str]:
    return MappingProxyType(names)


_JULY: Final = 7
_2022: Final = date(2022, 1, 1)
_STUDENT: Final = _named(STU="STUDENT")
_SPORT: Final = _named(S17="A17_YEAR_SPORT")
_OTHER: Final = _named(O17="A17_YEAR_OTHER")
#: R64: told in days for years up to 2016, in hours for the later ones.
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
    # R66: article 17. The year of both together has no name of its own: it is told as that of the type.
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
    # R67. The amounts of the years after 2020 are not published; they are taken to be the same.
    Quota(_named(EXT="HORECA_WORKER"), 50, _DAYS, sector=HORECA, valid_from=date(2020, 1, 1)),
    Quota(
        _named(EXT="HORECA_EMPLOYER"), 200, _DAYS, sector=HORECA, whose=Whose.EMPLOYER,
        code=_EMPLOYER_BEYOND, valid_from=date(2020, 1, 1),
    ),
    # R68: without official name or anomaly. Chicory has 35 days more, which no declaration tells.
    Quota(_named(EXT=""), 65, _DAYS, sector="145", code=None, valid_from=date(2019, 1, 1)),
    Quota(_named(EXT=""), 30, _DAYS, sector="144", code=None, valid_from=date(2019, 1, 1)),
)  # fmt: skip

#: The rows that something is told about, by the worker type of the period that is declared.
TOLD: Final[Mapping[str, tuple[Quota, ...]]] = MappingProxyType(
    {
        worker_type: tuple(row for row in QUOTAS if row.code is not None and worker_type in row.names)
        for worker_type in sorted({type_ for row in QUOTAS if row.code is not None for type_ in row.names})
    }
)


def sector(features: Features) -> str | None:
    """The joint commission of the work itself: that of the user, if an agency lends the worker."""
    user = features.using_employer
    if features.joint_commission == TEMPORARY_AGENCY_WORK and user is not None:
        return user.joint_commission
    return features.joint_commission


@lru_cache(maxsize=64)
def counting(worker_type: str, sector: str | None) -> tuple[Quota, ...]:
    """The quotas that are told and that count this kind of work."""
    return tuple(row for row in TOLD.get(worker_type, ()) if row.sector in (None, sector))


def is_counted(features: Features) -> bool:
    """Whether some quota that is told counts a period with these features."""
    return features.worker_type in TOLD and counting(features.worker_type, sector(features)) != ()


def account(features: Features, employer: str) -> str | None:
    """The enterprise whose own quota the period spends: the user of an agency worker, or the employer."""
    if features.worker_type != OCCASIONAL or not is_counted(features):
        return None
    if features.joint_commission == TEMPORARY_AGENCY_WORK:
        return features.using_employer.enterprise_number if features.using_employer else None
    return employer


@lru_cache(maxsize=4096)
def window(per: Per, day: date) -> tuple[date, date]:
    """The year or quarter that a day lies in, by its first and last day."""
    months = 12 if per is Per.YEAR else 3
    begin = date(day.year, (day.month - 1) // months * months + 1, 1)
    month = begin.month + months
    after = date(begin.year + (month > 12), (month - 1) % 12 + 1, 1)
    return begin, after - timedelta(days=1)


def windows(per: Per, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The years or quarters that these days lie in."""
    within = window(per, first)
    while within[0] <= last:
        yield within
        within = window(per, within[1] + timedelta(days=1))
