"""Rules of intake for daily registrations: their form, and the right of the sender.

The status decides which fields a registration may have: 0 (creation), 1 (change) or 3 (cancellation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Final, TypeVar

from services.intake.reception.rules.facts import INVALID, Invalid, KnownPeriod
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.daily import DailyStatus
from shared.domain.declaration import parse_date, parse_hour
from shared.domain.declared import DeclaredDailyRegistration, Kind
from shared.domain.identifiers import DimonaNumber, parse_dimona_number

T = TypeVar("T")
V = TypeVar("V")

_BLOCK: Final = Kind.DAILY.block
_EARLIEST_END: Final = date(1999, 1, 1)
_YEARS_AHEAD: Final = 10
_STATUSES: Final = {int(status): status for status in DailyStatus}


@dataclass(frozen=True, slots=True)
class DailyFacts:
    """A daily registration with every field parsed: None (not given), INVALID, or a value."""

    status: DailyStatus | Invalid | None
    id: DimonaNumber | Invalid | None
    period_id: DimonaNumber | Invalid | None
    start: date | Invalid | None
    start_hour: time | Invalid | None
    end: date | Invalid | None
    end_hour: time | Invalid | None
    today: date

    def creates(self) -> bool:
        """Return whether the declaration registers a new day."""
        return self.status is DailyStatus.CREATE

    def cancels(self) -> bool:
        """Return whether the declaration cancels a registration."""
        return self.status is DailyStatus.CANCEL

    def names_one(self) -> bool:
        """Return whether the declaration refers to an existing registration."""
        return self.status in (DailyStatus.MODIFY, DailyStatus.CANCEL)


@dataclass(frozen=True, slots=True)
class DailyRow:
    """One row of the table of rules: the anomaly, the field, and the condition."""

    code: str
    field: str
    holds: Callable[[DailyFacts], bool]


def _end_out_of_range(f: DailyFacts) -> bool:
    """Return whether the end lies outside the allowed years (rule R12)."""
    too_late = date(f.today.year + _YEARS_AHEAD, 1, 1)
    return isinstance(f.end, date) and not _EARLIEST_END <= f.end < too_late


def _dates_reversed(f: DailyFacts) -> bool:
    """Return whether the end date lies before the start date (rule R13)."""
    return isinstance(f.start, date) and isinstance(f.end, date) and f.end < f.start


def _hours_reversed(f: DailyFacts) -> bool:
    """Return whether start and end are on one day, and the end hour lies before the start hour (rule R21)."""
    return (
        isinstance(f.start, date)
        and f.start == f.end
        and isinstance(f.start_hour, time)
        and isinstance(f.end_hour, time)
        and f.end_hour < f.start_hour
    )


#: Rules R14, R19, R20, R30, R36.
DAILY_ROWS: Final = (
    DailyRow("00110-001", "attestationStatus", lambda f: f.status is None),
    DailyRow("00110-003", "attestationStatus", lambda f: f.status is INVALID),
    DailyRow("01085-001", "dailyRegistrationId", lambda f: f.names_one() and f.id is None),
    DailyRow("01085-003", "dailyRegistrationId", lambda f: f.id is INVALID),
    DailyRow("01085-005", "dailyRegistrationId", lambda f: f.creates() and f.id is not None),
    DailyRow("00913-001", "periodId", lambda f: f.creates() and f.period_id is None),
    DailyRow("00913-003", "periodId", lambda f: f.period_id is INVALID),
    DailyRow("00913-005", "periodId", lambda f: f.names_one() and f.period_id is not None),
    DailyRow("00910-001", "startDate", lambda f: f.creates() and f.start is None),
    DailyRow("00910-003", "startDate", lambda f: f.start is INVALID),
    DailyRow("00910-005", "startDate", lambda f: f.cancels() and f.start is not None),
    DailyRow("00777-001", "startHour", lambda f: f.creates() and f.start_hour is None),
    DailyRow("00777-003", "startHour", lambda f: f.start_hour is INVALID),
    DailyRow("00777-005", "startHour", lambda f: f.cancels() and f.start_hour is not None),
    DailyRow("00911-001", "endDate", lambda f: f.creates() and f.end is None),
    DailyRow("00911-003", "endDate", lambda f: f.end is INVALID),
    DailyRow("00911-005", "endDate", lambda f: f.cancels() and f.end is not None),
    DailyRow("00911-008", "endDate", _end_out_of_range),
    DailyRow("00911-014", "endDate", _dates_reversed),
    DailyRow("00778-003", "endHour", lambda f: f.end_hour is INVALID),
    DailyRow("00778-005", "endHour", lambda f: f.cancels() and f.end_hour is not None),
    DailyRow("00778-345", "endHour", _hours_reversed),
)


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A rule for a number that the sender may not know: anomaly code, field, and whether the field is given.

    These rules apply if intake does not know the period, or the sender has no right to it. The first one that
    applies gives the only anomaly, so that the sender does not learn whether the period exists (decision D4).
    """

    code: str
    field: str
    names: Callable[[DailyFacts], bool]


UNKNOWN_ROWS: Final = (
    UnknownRow("00913-354", "periodId", lambda f: f.creates() and isinstance(f.period_id, int)),
    UnknownRow("01085-354", "dailyRegistrationId", lambda f: f.names_one() and isinstance(f.id, int)),
)


def admit_daily(
    declared: DeclaredDailyRegistration, entitled: bool, period: KnownPeriod | None, today: date
) -> tuple[Anomaly, ...]:
    """Return every anomaly that intake finds in a daily registration.

    `period` is the period that the declaration names, or the period of the registration that it names.
    It is None if intake does not know it.
    """
    if period is None or not entitled:
        seen = _facts(declared, today)
        for row in UNKNOWN_ROWS:
            if row.names(seen):
                return (anomaly(row.code, f"{_BLOCK}.{row.field}"),)
    found = check_daily(declared, today)
    if entitled and period is not None and period.refused:
        found = (anomaly("00913-357", f"{_BLOCK}.periodId"), *found)
    return found


def check_daily(declared: DeclaredDailyRegistration, today: date) -> tuple[Anomaly, ...]:
    """Return all anomalies of the form of a daily registration, in the order of the table."""
    facts = _facts(declared, today)
    return tuple(anomaly(row.code, f"{_BLOCK}.{row.field}") for row in DAILY_ROWS if row.holds(facts))


def _facts(declared: DeclaredDailyRegistration, today: date) -> DailyFacts:
    return DailyFacts(
        status=_read(_STATUSES.get, declared.attestation_status),
        id=_read(parse_dimona_number, declared.daily_registration_id),
        period_id=_read(parse_dimona_number, declared.period_id),
        start=_read(parse_date, declared.start_date),
        start_hour=_read(parse_hour, declared.start_hour),
        end=_read(parse_date, declared.end_date),
        end_hour=_read(parse_hour, declared.end_hour),
        today=today,
    )


def _read(parse: Callable[[T], V | None], given: T | None) -> V | Invalid | None:
    value = _value(parse, given)
    return INVALID if value is None and given is not None else value


def _value(parse: Callable[[T], V | None], given: T | None) -> V | None:
    return None if given is None else parse(given)
