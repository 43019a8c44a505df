"""The query of a search in the personnel file: level, criteria, order and place, without I/O (ADR 23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from shared.domain.quotas import QUOTAS, Quota, Whose, window

#: A count stops at this number of rows, which means "more than 10,000".
COUNTED_MOST: Final = 10_001
_LAST: Final = 2**63 - 1


class Level(StrEnum):
    """The kinds of rows that a search can return: relations or periods."""

    RELATION = "relation"
    PERIOD = "period"


class Order(StrEnum):
    """The orders of the rows of a search. The order by number stays stable while data change."""

    NUMBER = "number"
    START = "startDate"
    LATEST = "-startDate"


class Source(StrEnum):
    """The sets of rows that a search can read, each by its own index."""

    NUMBER = "number"  #: of one period, or of one relation
    FILE = "file"  #: of one worker at one employer
    WORKER = "worker"
    EMPLOYER = "employer"
    RARE = "rare"  #: a list of numbers: all rows of an employer that meet one rare criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The criteria of a search. A row must meet all of them. A criterion that is None is not applied.

    For a tuple of texts, one equal text is enough. In a search for relations, the dates are those of the
    relation, and at least one of its periods must meet all criteria about periods.
    """

    employer: str | None = None  #: enterprise number, 10 digits
    worker: tuple[str, ...] | None = None  #: the requested NISS, and the NISS in force if it differs
    relation: int | None = None
    family_name: str | None = None  #: beginning of the name, in capitals or small letters
    given_name: str | None = None  #: beginning of the name, in capitals or small letters
    active_from: date | None = None  #: not canceled, and ends on this day or later
    active_until: date | None = None  #: not canceled, and starts on this day or earlier
    start_from: date | None = None
    start_until: date | None = None
    end_from: date | None = None
    end_until: date | None = None
    moved: tuple[date, date] | None = None  #: starts or ends between these days, both included
    period: int | None = None
    received_from: date | None = None  #: Belgian day of reception of the IN
    received_until: date | None = None
    joint_commission: tuple[str, ...] | None = None
    worker_type: tuple[str, ...] | None = None
    sub_entity: str | None = None
    user_undertaking: str | None = None  #: enterprise number
    status: tuple[str, ...] | None = None  #: OPEN, CLOSED, CANCELLED
    late: bool | None = None
    locked: bool | None = None
    quota_exceeded: bool | None = None
    planned_hours_from: int | None = None
    planned_hours_until: int | None = None
    has_days: bool | None = None  #: whether it has daily registrations that are not canceled

    def given(self) -> Mapping[str, Any]:
        """Return the criteria that are not None, by name."""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in values if value is not None}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the ordered rows of a search: after the row with this start date and number."""

    day: date
    number: int

    @classmethod
    def before_all(cls, order: Order) -> Self:
        """Return the place before the first row."""
        return cls(date.max, _LAST) if order is Order.LATEST else cls(date.min, 0)


@dataclass(frozen=True, slots=True)
class Query:
    """The request for one page of a search: level, criteria, order, place, and the largest number of rows."""

    level: Level
    criteria: Criteria
    order: Order = Order.NUMBER
    after: Place | None = None
    size: int = 50

    @property
    def source(self) -> Source | None:
        """Return the smallest source for these criteria; None if they give no number, worker or employer."""
        own = self.criteria.relation if self.level is Level.RELATION else self.criteria.period
        if own is not None:
            return Source.NUMBER
        if self.criteria.worker is not None:
            return Source.WORKER if self.criteria.employer is None else Source.FILE
        return None if self.criteria.employer is None else Source.EMPLOYER

    @property
    def starts(self) -> tuple[date, date]:
        """Return the first and last day on which a row that meets the criteria can start."""
        criteria = self.criteria
        return criteria.start_from or date.min, min(
            criteria.start_until or date.max, criteria.active_until or date.max
        )

    @property
    def first(self) -> Place:
        """Return the place after which the page begins.

        In an order by start date, it skips rows that start too early or too late for the criteria.
        """
        begins, ends = self.starts
        place = self.after or Place.before_all(self.order)
        if self.order is Order.START:
            return max(place, Place(begins, 0))
        return min(place, Place(ends, _LAST)) if self.order is Order.LATEST else place

    def ends_before(self, day: date) -> bool:
        """Return whether the search can end at a row that starts on this day.

        True if the rows that follow start too late or too early for the criteria. Always False in the order
        by number.
        """
        begins, ends = self.starts
        return day > ends if self.order is Order.START else self.order is Order.LATEST and day < begins

    def of_employer(self, employer: str) -> Query:
        """Return this query, restricted to one employer."""
        return replace(self, criteria=replace(self.criteria, employer=employer))

    def of_worker(self, numbers: tuple[str, ...]) -> Query:
        """Return this query, restricted to the worker with these NISS."""
        return replace(self, criteria=replace(self.criteria, worker=numbers))


@dataclass(frozen=True, slots=True)
class UsedQuota:
    """A quota of an enterprise in a year or quarter: its first and last day, its limit, and the days used."""

    row: Quota
    days: tuple[date, date]
    used: int

    @property
    def worker_type(self) -> str:
        """Return the worker type that the quota counts."""
        return next(iter(self.row.names))

    @property
    def limit(self) -> int:
        """Return the limit in days."""
        return self.row.limit_in(window(self.row.per, self.days[0]))


def quotas_of_enterprises(day: date) -> list[tuple[Quota, tuple[date, date]]]:
    """Return the quotas that enterprises have on a day, each with its first and last day (rule R67).

    The days are those of the year or quarter, within the validity of the row.
    """
    return [
        (row, (max(first, row.valid_from), min(last, row.valid_until)))
        for row in QUOTAS
        if row.whose is Whose.EMPLOYER and row.valid_from <= day <= row.valid_until
        for first, last in [window(row.per, day)]
    ]
