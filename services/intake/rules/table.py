"""The rule table of intake: a row per anomaly and field, asked one after the other.

A path that begins with a dot lies inside the block of the kind. Rows that need the directory ask for
`entitled`, so that nobody learns about an employer for whom he may not act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from services.intake.rules.facts import INVALID, Facts, Invalid
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declaration import REOPENED
from shared.domain.declared import Kind
from shared.domain.features import (
    JOINT_COMMISSIONS,
    TEMPORARY_AGENCY_WORK,
    WORKER_TYPES,
    requires_end_date,
)

Predicate = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the anomaly, the kinds it is asked of, the field, and when it holds."""

    code: str
    kinds: frozenset[Kind]
    path: str
    holds: Predicate

    def rule(self, kind: Kind) -> Rule:
        """The row as it is asked of one kind."""
        path = f"{kind.block}{self.path}" if self.path.startswith(".") else self.path
        return Rule(anomaly(self.code, path), self.holds)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row made ready for one kind."""

    anomaly: Anomaly
    holds: Predicate


IN: Final = frozenset({Kind.IN})
OUT: Final = frozenset({Kind.OUT})
CHANGE: Final = frozenset({Kind.OUT, Kind.UPDATE, Kind.CANCEL})
TIMED: Final = frozenset({Kind.IN, Kind.UPDATE})
ENDED: Final = frozenset({Kind.IN, Kind.OUT, Kind.UPDATE})
ALL: Final = frozenset(Kind)

_EARLIEST_START: Final = date(1920, 1, 1)
_EARLIEST_END: Final = date(1999, 1, 1)
_YEARS_AHEAD: Final = 10
_OLDEST: Final = 120


def _start_out_of_range(f: Facts) -> bool:
    """R11."""
    return isinstance(f.start, date) and not _EARLIEST_START <= f.start < _too_late(f)


def _end_out_of_range(f: Facts) -> bool:
    """R12: 9999-12-31 means re-open, and only an UPDATE can."""
    reopens = f.kind is Kind.UPDATE and f.end == REOPENED
    return isinstance(f.end, date) and not reopens and not _EARLIEST_END <= f.end < _too_late(f)


def _too_late(f: Facts) -> date:
    return date(f.clock.year + _YEARS_AHEAD, 1, 1)


def _ends_before_it_starts(f: Facts) -> bool:
    """R13."""
    return isinstance(f.start, date) and isinstance(f.end, date) and f.end < f.start


def _hours_reversed(f: Facts) -> bool:
    """R21: only on one day; on two the dates decide."""
    return (
        isinstance(f.start_hour, time)
        and isinstance(f.end_hour, time)
        and isinstance(f.start, date)
        and f.start == f.end
        and f.end_hour < f.start_hour
    )


def _late(f: Facts) -> bool:
    """R1 and D9: after the start hour, or after the start date when no hour is given."""
    if not isinstance(f.start, date):
        return False
    if isinstance(f.start_hour, time):
        return datetime.combine(f.start, f.start_hour) < f.clock
    return f.start < f.today


def _inactive(f: Facts) -> bool:
    """R39: the whole declared period lies within the employer's activity."""
    if f.employer is None or not f.entitled or not isinstance(f.start, date):
        return False
    last = f.end if isinstance(f.end, date) and f.end > f.start else f.start
    begun = f.employer.active_from is None or f.employer.active_from <= f.start
    ended = f.employer.active_until is not None and f.employer.active_until < last
    return not begun or ended


def _unlike_directory(f: Facts) -> bool:
    """R40: both numbers are in order, yet the directory does not pair them."""
    if f.employer is None or not f.entitled:
        return False
    if not isinstance(f.given_number, int) or not isinstance(f.enterprise_number, str):
        return False
    paired = (f.employer.employer_id, f.employer.enterprise_number)
    return (f.given_number, f.enterprise_number) != paired


def _unreal_birth_date(f: Facts) -> bool:
    """§8: the year lies within 120 years before the declaration."""
    if f.birth_year is None:
        return False
    return isinstance(f.birth_year, Invalid) or not f.clock.year - _OLDEST <= f.birth_year <= f.clock.year


def _no_joint_commission(f: Facts) -> bool:
    """R48: compulsory, unless the directory says provincial or local authority."""
    exempt = f.employer is not None and f.employer.provincial_or_local
    return f.features is not None and f.features.joint_commission_number is None and not exempt


def _unknown_joint_commission(f: Facts) -> bool:
    given = f.features.joint_commission_number if f.features else None
    return given is not None and given not in JOINT_COMMISSIONS


def _unknown_joint_commission_of_user(f: Facts) -> bool:
    """R49: a user undertaking is never 322 itself."""
    user = f.features.using_employer if f.features else None
    given = user.joint_commission_number if user else None
    return given is not None and (given not in JOINT_COMMISSIONS or given == TEMPORARY_AGENCY_WORK)


def _unknown_worker_type(f: Facts) -> bool:
    given = f.features.worker_type if f.features else None
    return given is not None and given not in WORKER_TYPES


def _no_end_date(f: Facts) -> bool:
    """R14."""
    if f.end is not None or f.features is None:
        return False
    return requires_end_date(f.features.joint_commission_number, f.features.worker_type)


def _differs(given: object, known: object) -> bool:
    """R31: what a change repeats about its period has to match it; an invalid number is another anomaly."""
    return given is not None and given is not INVALID and known is not None and given != known


_ROWS: Final = (
    # The period a change is about (R30)
    Row("00913-001", CHANGE, ".periodId", lambda f: f.period_id is None),
    Row("00913-003", CHANGE, ".periodId", lambda f: f.period_id is INVALID),
    Row("00913-357", CHANGE, ".periodId", lambda f: f.entitled and f.period is not None and f.period.refused),
    # The employer (R31, R37 to R41)
    Row(
        "90256-364",
        IN,
        "employer",
        lambda f: f.given_number is None and f.enterprise_number is None,
    ),
    Row("00011-003", ALL, "employer.employerId", lambda f: f.nsso_number is INVALID),
    Row("00948-003", ALL, "employer.employerId", lambda f: f.provisional_number is INVALID),
    Row("00014-003", ALL, "employer.enterpriseNumber", lambda f: f.enterprise_number is INVALID),
    Row(
        "00011-235",
        IN,
        "employer.employerId",
        lambda f: f.employer is None and isinstance(f.nsso_number, int),
    ),
    Row(
        "00948-235",
        IN,
        "employer.employerId",
        lambda f: f.employer is None and isinstance(f.provisional_number, int),
    ),
    Row(
        "00014-235",
        IN,
        "employer.enterpriseNumber",
        lambda f: (
            f.employer is None
            and isinstance(f.enterprise_number, str)
            and not isinstance(f.given_number, int)
        ),
    ),
    Row("00014-022", IN, "employer.enterpriseNumber", _unlike_directory),
    Row("90256-155", IN, "employer", lambda f: f.employer is not None and not f.entitled),
    Row("90373-343", IN, "dimonaIn", _inactive),
    Row(
        "00011-347",
        CHANGE,
        "employer.employerId",
        lambda f: f.employer is not None and _differs(f.nsso_number, f.employer.employer_id),
    ),
    Row(
        "00948-347",
        CHANGE,
        "employer.employerId",
        lambda f: f.employer is not None and _differs(f.provisional_number, f.employer.employer_id),
    ),
    Row(
        "00014-347",
        CHANGE,
        "employer.enterpriseNumber",
        lambda f: f.period is not None and _differs(f.enterprise_number, f.period.employer),
    ),
    # The worker (§8)
    Row("00024-003", ALL, "worker.ssin", lambda f: f.ssin is INVALID),
    Row(
        "00024-347",
        CHANGE,
        "worker.ssin",
        lambda f: f.period is not None and _differs(f.ssin, f.period.ssin),
    ),
    Row("00025-003", IN, "worker.familyName", lambda f: len(f.worker.family_name or "") > 48),
    Row("00026-003", IN, "worker.givenName", lambda f: len(f.worker.given_name or "") > 24),
    Row("00028-003", IN, "worker.birthDate", _unreal_birth_date),
    Row("00029-003", IN, "worker.gender", lambda f: f.worker.gender not in (None, 0, 1, 2)),
    Row("90017-363", IN, "worker", lambda f: f.ssin is None and not f.identity_is_complete),
    # The features (R48, R49)
    Row("00046-001", IN, ".features.jointCommissionNumber", _no_joint_commission),
    Row("00046-003", IN, ".features.jointCommissionNumber", _unknown_joint_commission),
    Row(
        "00046-003",
        IN,
        ".features.usingEmployer.jointCommissionNumber",
        _unknown_joint_commission_of_user,
    ),
    Row(
        "00655-001",
        IN,
        ".features.workerType",
        lambda f: f.features is not None and f.features.worker_type is None,
    ),
    Row("00655-003", IN, ".features.workerType", _unknown_worker_type),
    # Dates and hours (R11 to R14, R21, R23)
    Row("00910-001", IN, ".startDate", lambda f: f.start is None),
    Row("00910-003", TIMED, ".startDate", lambda f: f.start is INVALID),
    Row("00910-008", TIMED, ".startDate", _start_out_of_range),
    Row("00911-001", OUT, ".endDate", lambda f: f.end is None),
    Row("00911-001", IN, ".endDate", _no_end_date),
    Row("00911-003", ENDED, ".endDate", lambda f: f.end is INVALID),
    Row("00911-008", ENDED, ".endDate", _end_out_of_range),
    Row("00911-014", IN, ".endDate", _ends_before_it_starts),
    Row("00777-003", TIMED, ".startHour", lambda f: f.start_hour is INVALID),
    Row("00778-003", TIMED, ".endHour", lambda f: f.end_hour is INVALID),
    Row("00778-345", IN, ".endHour", _hours_reversed),
    Row(
        "01135-003",
        TIMED,
        ".plannedHoursNumber",
        lambda f: f.planned_hours is not None and not 1 <= f.planned_hours <= 999,
    ),
    # When it comes (R1)
    Row("90373-460", IN, "dimonaIn", _late),
)

_UNKNOWN: Final = Row(
    "00913-354",
    CHANGE,
    ".periodId",
    lambda f: isinstance(f.period_id, int) and (f.period is None or not f.entitled),
)

RULES: Final[Mapping[Kind, tuple[Rule, ...]]] = {
    kind: tuple(row.rule(kind) for row in _ROWS if kind in row.kinds) for kind in Kind
}

#: The one rule that is asked before the others, and that silences them (D4).
PERIOD_UNKNOWN: Final[Mapping[Kind, Rule]] = {kind: _UNKNOWN.rule(kind) for kind in CHANGE}
