"""Joint commissions, worker types and their combinations, as dated rows.

A change of the law is a new row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

TEMPORARY_AGENCY_WORK: Final = "322"
CONSTRUCTION: Final = "124"
HORECA: Final = "302"
OCCASIONAL: Final = "EXT"
FLEXI: Final = "FLX"
STUDENT: Final = "STU"

#: Zone 00046; XXX stands for every other sector.
JOINT_COMMISSIONS: Final = frozenset({"124", "140", "144", "145", "149", "302", "320", "322", "XXX"})


@dataclass(frozen=True, slots=True)
class WorkerType:
    """A worker type (zone 00655), with its own requirements."""

    code: str
    end_date_required: bool = False  #: rule R14
    planned_hours: bool = False  #: rule R23
    one_day: bool = False  #: rule R16: it ends on the day on which it starts
    one_quarter: bool = False  #: rule R15
    small_statutes: bool = False  #: it has the block 90594
    starts_from: date | None = None  #: rules R9, R10: no period starts earlier
    starts_until: date | None = None  #: rule R10: no period starts later
    days_ahead: int | None = None  #: rule R9: declared at most so many days before it starts


_2022: Final = date(2022, 1, 1)
_LAST_OF_2021: Final = date(2021, 12, 31)
_DAY: Final = timedelta(days=1)

WORKER_TYPES: Final = {
    row.code: row
    for row in (
        WorkerType("A17", end_date_required=True, one_day=True, starts_until=_LAST_OF_2021),
        WorkerType("ALT", starts_from=date(2023, 9, 1)),
        WorkerType("BCW"),
        WorkerType("DWD"),
        WorkerType("EXT", end_date_required=True),
        WorkerType("FLX"),
        WorkerType("IVT", end_date_required=True, small_statutes=True),
        WorkerType(
            "O17", end_date_required=True, planned_hours=True, one_quarter=True,
            starts_from=_2022, days_ahead=15,
        ),
        WorkerType("OTH"),
        WorkerType("PMP"),
        WorkerType("RTA"),
        WorkerType(
            "S17", end_date_required=True, planned_hours=True, one_quarter=True,
            starts_from=_2022, days_ahead=15,
        ),
        WorkerType("STG", end_date_required=True, small_statutes=True),
        WorkerType("STU", end_date_required=True, planned_hours=True, one_quarter=True),
        WorkerType("T17", end_date_required=True, one_day=True, starts_from=_2022, days_ahead=15),
        WorkerType("TEA"),
        WorkerType("TRI", end_date_required=True, small_statutes=True),
    )
}  # fmt: skip

#: Rule R10, a start outside the validity of the type: for these types the date is wrong (00910-008), for the
#: others the type is (00655-003).
DATE_IS_WRONG: Final = frozenset({"A17", "O17", "S17", "T17"})

#: Rule R8: flexi-jobs are declared at most this long before the quarter in which they start.
FLEXI_DAYS_AHEAD: Final = 31

#: From this start on, IVT, TRI and STG have the block 90594 (glossary of Dimona 2023/3).
SMALL_STATUTES_FROM: Final = date(2020, 1, 1)

#: Rule R25: the start of a student's period cannot change if it lies after this day.
STUDENT_START_STAYS_AFTER: Final = date(2016, 12, 31)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Worker types that go with a joint commission; provincial and local authorities have None."""

    joint_commission: str | None
    worker_types: frozenset[str]
    valid_from: date = date.min
    valid_until: date = date.max


def _pairing(joint_commission: str | None, worker_types: str, until: date = date.max) -> Pairing:
    return Pairing(joint_commission, frozenset(worker_types.split()), valid_until=until)


#: Rule R52: a proposal, because the official table is not published.
PAIRINGS: Final = (
    _pairing("124", "BCW RTA STU IVT TRI STG DWD"),
    _pairing("140", "OTH STU IVT TRI STG DWD ALT"),
    _pairing("149", "OTH STU IVT TRI STG DWD ALT"),
    _pairing("144", "EXT"),
    _pairing("145", "EXT"),
    _pairing("302", "EXT"),
    _pairing("320", "EXT"),
    _pairing("322", "OTH STU EXT BCW FLX DWD IVT TRI"),
    _pairing("XXX", "OTH STU FLX IVT TRI STG DWD ALT O17 S17 T17 A17 PMP TEA"),
    _pairing(None, "OTH STU IVT TRI STG DWD O17 S17 T17 FLX"),
    _pairing(None, "A17 TEA", until=_LAST_OF_2021),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """Worker types open to a group of employers, for periods that start within these days (rule R54)."""

    provincial_or_local: bool
    worker_types: frozenset[str]
    valid_from: date = date.min
    valid_until: date = date.max


_ALL_BUT_TEACHERS: Final = frozenset(WORKER_TYPES) - {"TEA"}
_OF_AUTHORITIES: Final = frozenset({"A17", "IVT", "STU", "TEA", "TRI", "DWD", "STG", "OTH"})

OPENINGS: Final = (
    Opening(True, _OF_AUTHORITIES, valid_until=_LAST_OF_2021),
    Opening(True, _ALL_BUT_TEACHERS, valid_from=_2022),
    Opening(False, _ALL_BUT_TEACHERS),
)


@dataclass(frozen=True, slots=True)
class Closure:
    """A worker type or joint commission that is closed for periods starting in these days (rule R57)."""

    first: date
    last: date
    worker_type: str | None = None
    joint_commission: str | None = None

    def covers(self, worker_type: str | None, joint_commission: str | None, start: date) -> bool:
        """Return whether a period with these data is closed."""
        return (
            self.first <= start <= self.last
            and self.worker_type in (None, worker_type)
            and self.joint_commission in (None, joint_commission)
        )


#: Closures by the authority: none so far.
CLOSURES: Final[tuple[Closure, ...]] = ()

_BY_COMMISSION: Final[Mapping[str | None, tuple[Pairing, ...]]] = {
    commission: tuple(row for row in PAIRINGS if row.joint_commission == commission)
    for commission in {row.joint_commission for row in PAIRINGS}
}


def go_together(joint_commission: str | None, worker_type: str, start: date) -> bool:
    """Return whether they are paired for a period that starts on this day (rule R52)."""
    return any(
        worker_type in row.worker_types and row.valid_from <= start <= row.valid_until
        for row in _BY_COMMISSION.get(joint_commission, ())
    )


def is_open_to(provincial_or_local: bool, worker_type: str, start: date) -> bool:
    """Return whether this kind of employer may declare the type for a start on this day (rules R53, R54)."""
    return any(
        row.provincial_or_local == provincial_or_local
        and worker_type in row.worker_types
        and row.valid_from <= start <= row.valid_until
        for row in OPENINGS
    )


def is_closed(
    closures: Iterable[Closure], worker_type: str | None, joint_commission: str | None, start: date
) -> bool:
    """Return whether such periods are closed for a time (rule R57)."""
    return any(closure.covers(worker_type, joint_commission, start) for closure in closures)


def starts_out_of_time(row: WorkerType, start: date) -> bool:
    """Return whether a start on this day lies outside the validity of the type (rules R9, R10)."""
    return (row.starts_from is not None and start < row.starts_from) or (
        row.starts_until is not None and row.starts_until < start
    )


def is_declared_too_early(row: WorkerType, start: date, today: date) -> bool:
    """Return whether a declaration comes too long before the start (rules R8, R9)."""
    if row.code == FLEXI:
        first_of_quarter = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
        return (first_of_quarter - today).days > FLEXI_DAYS_AHEAD
    return row.days_ahead is not None and (start - today).days > row.days_ahead


def requires_end_date(joint_commission: str | None, worker_type: str | None) -> bool:
    """Return whether a period with these features must have an end date (rule R14)."""
    row = WORKER_TYPES.get(worker_type or "")
    return joint_commission == TEMPORARY_AGENCY_WORK or (row is not None and row.end_date_required)


def has_planned_hours(worker_type: str) -> bool:
    """Return whether the type has planned hours: STU, O17, S17 (rule R23)."""
    row = WORKER_TYPES.get(worker_type)
    return row is not None and row.planned_hours


def is_horeca(joint_commission: str | None, commission_of_user: str | None) -> bool:
    """Return whether the work is in the hotel industry, through a temporary agency or not (rule R58)."""
    return joint_commission == HORECA or (
        joint_commission == TEMPORARY_AGENCY_WORK and commission_of_user == HORECA
    )


def is_flexi_day(start: date, end: date, *, has_hours: bool) -> bool:
    """Return whether a flexi-job is by the day: one day, or with hours past midnight (rule R18)."""
    return end == start or (has_hours and end - start == _DAY)


def same_quarter(one: date, other: date) -> bool:
    """Return whether both days lie in one calendar quarter (rules R15, R17)."""
    return one.year == other.year and (one.month - 1) // 3 == (other.month - 1) // 3
