"""Typed values of declarations that intake has admitted, and the span of a period.

Hours and dates are those of the employer's clock, so spans are compared as local times without a zone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from typing import Final, TypeVar

from shared.domain.declared import (
    Declaration,
    DeclaredCancel,
    DeclaredFeatures,
    DeclaredIn,
    DeclaredOut,
    DeclaredUpdate,
    UsingEmployer,
)
from shared.domain.identifiers import parse_enterprise_number

#: The end date of an UPDATE that opens the period again (rule R12).
REOPENED: Final = date(9999, 12, 31)

T = TypeVar("T")

_DAY: Final = timedelta(days=1)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR: Final = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]")


def parse_date(value: str) -> date | None:
    """Return the date of a text written YYYY-MM-DD; None if there is no such date, as for 30 February."""
    if not _DATE.fullmatch(value):  # `fromisoformat` also reads 20260101 and 2026-W01-1
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def parse_hour(value: str) -> time | None:
    """Return the time of a text written HHMM; None for another text."""
    return time(int(value[:2]), int(value[2:])) if _HOUR.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class Span:
    """The time of a period: days, or days with hours; without an end while it is open."""

    start: date
    end: date | None = None
    start_hour: time | None = None
    end_hour: time | None = None

    @property
    def interval(self) -> tuple[datetime, datetime | None]:
        """Return start and end as local times, the end excluded; the end is None while the period is open.

        Without hours the span covers whole days.
        """
        start = datetime.combine(self.start, self.start_hour or time.min)
        if self.end is None:
            return start, None
        if self.end_hour is None:
            return start, datetime.combine(self.end + _DAY, time.min)
        return start, datetime.combine(self.end, self.end_hour)

    @property
    def has_hours(self) -> bool:
        """Return whether the span has hours, as for EXT and for FLX by the day."""
        return self.start_hour is not None or self.end_hour is not None

    @property
    def ends_before_it_starts(self) -> bool:
        """Return whether the end lies before the start. Such a declaration is refused (rules R13, R21)."""
        if self.end is None or self.start < self.end:
            return False
        hours_reversed = (
            self.start_hour is not None and self.end_hour is not None and self.end_hour < self.start_hour
        )
        return self.end < self.start or hours_reversed

    def overlaps(self, other: Span) -> bool:
        """Return whether both spans have a moment in common."""
        (start, end), (other_start, other_end) = self.interval, other.interval
        return (other_end is None or start < other_end) and (end is None or other_start < end)

    def same_as(self, other: Span) -> bool:
        """Return whether all dates and hours are equal. Such a period is a duplicate (rule R32)."""
        return self == other


@dataclass(frozen=True, slots=True)
class User:
    """The user undertaking of a temporary agency worker, by its identifying data.

    An undertaking without enterprise number is identified by its name, in capitals with single spaces.
    """

    joint_commission: str | None = None
    enterprise_number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """The four features of a period: periods with equal features may not overlap (rules R33, R34)."""

    worker_type: str
    joint_commission: str | None = None
    sub_entity: str | None = None
    using_employer: User | None = None

    @property
    def key(self) -> str:
        """Return a digest of the features for the exclusion constraint of the database (decision D8).

        It has 32 hexadecimal digits.
        """
        user = self.using_employer
        parts: list[str | None] = [self.joint_commission, self.worker_type, self.sub_entity]
        if user is not None:
            parts += [user.joint_commission, user.enterprise_number, user.name]
        return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class In:
    """A declaration that opens a period."""

    span: Span
    planned_hours: int | None
    features: Features
    planned_days: int | None = None


@dataclass(frozen=True, slots=True)
class Out:
    """A declaration that closes an open period."""

    period_id: int
    end: date


@dataclass(frozen=True, slots=True)
class Update:
    """A declaration that changes a period; None leaves the registered value unchanged."""

    period_id: int
    start: date | None = None
    end: date | None = None
    start_hour: time | None = None
    end_hour: time | None = None
    planned_hours: int | None = None
    planned_days: int | None = None

    @property
    def reopens(self) -> bool:
        """Return whether the UPDATE removes the end date, which it does by giving 9999-12-31 (rule R12)."""
        return self.end == REOPENED

    @property
    def gives_date(self) -> bool:
        """Return whether the UPDATE gives a start or an end date."""
        return self.start is not None or self.end is not None

    @property
    def gives_hour(self) -> bool:
        """Return whether the UPDATE gives a start or an end hour."""
        return self.start_hour is not None or self.end_hour is not None

    def applied_to(self, span: Span) -> Span:
        """Return the span after this change. An UPDATE that re-opens removes the end date and end hour."""
        start_hour = self.start_hour or span.start_hour
        if self.reopens:
            return Span(self.start or span.start, None, start_hour, None)
        return Span(
            self.start or span.start, self.end or span.end, start_hour, self.end_hour or span.end_hour
        )


@dataclass(frozen=True, slots=True)
class Cancel:
    """A declaration that cancels a period permanently."""

    period_id: int


def typed(declaration: Declaration) -> In | Out | Update | Cancel:
    """Return the typed value of an IN, OUT, UPDATE or CANCEL that intake admitted.

    `shared.domain.daily` has the typed values of daily registrations.
    """
    block = declaration.block
    if isinstance(block, DeclaredIn):
        start = _given(given_date(block.start_date))
        hours = given_hour(block.start_hour), given_hour(block.end_hour)
        span = Span(start, given_date(block.end_date), *hours)
        return In(span, block.planned_hours_number, features(block.features), block.planned_days_number)
    period_id = _given(block.period_id)
    if isinstance(block, DeclaredOut):
        return Out(period_id, _given(given_date(block.end_date)))
    if isinstance(block, DeclaredUpdate):
        return Update(
            period_id,
            given_date(block.start_date),
            given_date(block.end_date),
            given_hour(block.start_hour),
            given_hour(block.end_hour),
            block.planned_hours_number,
            block.planned_days_number,
        )
    assert isinstance(block, DeclaredCancel), "a daily registration is none of these"
    return Cancel(period_id)


def features(declared: DeclaredFeatures) -> Features:
    """Return the features of an IN, in the form in which they are compared."""
    return Features(
        _given(declared.worker_type),
        declared.joint_commission_number,
        declared.sub_entity_number,
        _user(declared.using_employer) if declared.using_employer else None,
    )


def _user(declared: UsingEmployer) -> User:
    given = declared.enterprise_number
    if given is not None and given.strip("0"):  # zeros mean an unknown number (zone 00131)
        return User(declared.joint_commission_number, parse_enterprise_number(given) or given)
    name = None if declared.name is None else " ".join(declared.name.upper().split())
    return User(declared.joint_commission_number, name=name)


def given_date(value: str | None) -> date | None:
    """Return the day in a field that intake has checked, or None if it is not given."""
    return None if value is None else date.fromisoformat(value)


def given_hour(value: str | None) -> time | None:
    """Return the hour in a field that intake has checked, or None if it is not given."""
    return None if value is None else time(int(value[:2]), int(value[2:]))


def _given(value: T | None) -> T:
    assert value is not None, "intake admits no declaration without it"
    return value
