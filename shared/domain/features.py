"""Joint commissions, worker types and their combinations, as dated rows.

A change of the law is a new row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.domain.dated import GLOSSARY, INSTRUCTIONS, Confidence, Evidence

TEMPORARY_AGENCY_WORK: Final = "322"
CONSTRUCTION: Final = "124"
HORECA: Final = "302"
OCCASIONAL: Final = "EXT"
FLEXI: Final = "FLX"
STUDENT: Final = "STU"

#: The codes of zone 00046; XXX stands for every other sector.
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
    source: str = GLOSSARY
    confidence: Confidence = Confidence.HIGH
    days_before_quarter: int | None = None  #: rules R8, R9: declared at most so many days before the quarter


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
        WorkerType("FLX", days_before_quarter=31),
        WorkerType("IVT", end_date_required=True, small_statutes=True),
        WorkerType(
            "O17", end_date_required=True, planned_hours=True, one_quarter=True,
            starts_from=_2022, days_before_quarter=15,
        ),
        WorkerType("OTH"),
        WorkerType("PMP"),
        WorkerType("RTA"),
        WorkerType(
            "S17", end_date_required=True, planned_hours=True, one_quarter=True,
            starts_from=_2022, days_before_quarter=15,
        ),
        WorkerType("STG", end_date_required=True, small_statutes=True),
        WorkerType(
            "SWO", starts_from=date(2024, 12, 1), source=f"{INSTRUCTIONS}: sex work with a contract",
        ),
        WorkerType("STU", end_date_required=True, planned_hours=True, one_quarter=True),
        WorkerType("T17", end_date_required=True, one_day=True, starts_from=_2022, days_before_quarter=15),
        WorkerType("TEA"),
        WorkerType("TRI", end_date_required=True, small_statutes=True),
    )
}  # fmt: skip

#: Rule R10: for these types, a start outside the validity of the type is a wrong date (00910-008); for all
#: other types it is a wrong type (00655-003).
DATE_IS_WRONG: Final = frozenset({"A17", "O17", "S17", "T17"})

#: IVT, TRI and STG have the block 90594 if they start on this day or later (glossary of Dimona 2023/3).
SMALL_STATUTES_FROM: Final = date(2020, 1, 1)

#: Rules R23, R64: until this day the work of students is planned in days, afterwards in hours.
LAST_DAY_OF_PLANNED_DAYS: Final = date(2016, 12, 31)

#: Rule R25: the start of a student's period cannot change if it lies after this day.
STUDENT_START_STAYS_AFTER: Final = date(2016, 12, 31)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Worker types known to be allowed with a joint commission (None: provincial and local authorities)."""

    joint_commission: str | None
    worker_types: frozenset[str]
    valid_from: date = date.min
    valid_until: date = date.max
    source: str = f"{GLOSSARY}, and declarations of real clients"
    confidence: Confidence = Confidence.MEDIUM


@dataclass(frozen=True, slots=True)
class Refusal:
    """Worker types that are not allowed with a joint commission, with the evidence (rule R52)."""

    joint_commission: str | None
    worker_types: frozenset[str]
    evidence: Evidence
    source: str
    valid_from: date = date.min
    valid_until: date = date.max
    confidence: Confidence = Confidence.HIGH


def _pairing(joint_commission: str | None, worker_types: str, until: date = date.max) -> Pairing:
    return Pairing(joint_commission, frozenset(worker_types.split()), valid_until=until)


#: Rule R52: the official table is not published; for a pair in neither this table nor REFUSALS the refusal
#: is only inferred.
PAIRINGS: Final = (
    _pairing("124", "BCW RTA STU IVT TRI STG DWD"),
    _pairing("140", "OTH STU IVT TRI STG DWD ALT"),
    _pairing("149", "OTH STU IVT TRI STG DWD ALT"),
    _pairing("144", "EXT"),
    _pairing("145", "EXT"),
    _pairing("302", "EXT"),
    _pairing("320", "EXT"),
    _pairing("322", "OTH STU EXT BCW FLX DWD IVT TRI"),
    _pairing("XXX", "OTH STU FLX IVT TRI STG DWD ALT O17 S17 T17 A17 PMP TEA SWO"),
    _pairing(None, "OTH STU IVT TRI STG DWD O17 S17 T17 FLX"),
    _pairing(None, "A17 TEA", until=_LAST_OF_2021),
)


def _refusal(joint_commission: str | None, worker_types: str, evidence: Evidence, source: str) -> Refusal:
    return Refusal(joint_commission, frozenset(worker_types.split()), evidence, source)


_EXT_SECTORS: Final = f"{GLOSSARY}: EXT only with 144, 145, 302, 320, 322"
_ORDINARY_WORK: Final = f"{GLOSSARY}: ordinary workers of 144, 145 and 302 are declared as OTH with XXX"

#: Rule R52: pairs that are refused (90374-349).
REFUSALS: Final = (
    *(
        _refusal(sector, "EXT", Evidence.OFFICIAL, _EXT_SECTORS)
        for sector in ("124", "140", "149", "XXX", None)
    ),
    *(_refusal(sector, "OTH", Evidence.OFFICIAL, _ORDINARY_WORK) for sector in ("144", "145", "302")),
    _refusal("302", "STU FLX", Evidence.PRODUCTION, "answers of the NSSO to real clients"),
)


@dataclass(frozen=True, slots=True)
class CardCheck:
    """A row about C3.2A cards: whether an IN in construction received on these days needs them (rule R56)."""

    required: bool
    valid_from: date
    valid_until: date
    source: str
    confidence: Confidence


_CORONA: Final = f"{INSTRUCTIONS}: C3.2A cards, corona measure"
_SIMPLIFIED: Final = "forumforthefuture.be: C3.2A cards, end of the simplified procedure"

#: The check depends on the day of reception, not on the start of the period.
CARD_CHECKS: Final = (
    CardCheck(True, date.min, date(2020, 4, 5), _CORONA, Confidence.HIGH),
    CardCheck(False, date(2020, 4, 6), date(2020, 8, 31), _CORONA, Confidence.HIGH),
    CardCheck(True, date(2020, 9, 1), date(2020, 9, 30), _SIMPLIFIED, Confidence.HIGH),
    CardCheck(False, date(2020, 10, 1), date(2022, 12, 31), _SIMPLIFIED, Confidence.MEDIUM),
    CardCheck(True, date(2023, 1, 1), date(2024, 12, 31), _SIMPLIFIED, Confidence.MEDIUM),
    CardCheck(
        False, date(2025, 1, 1), date.max, "Constructiv: eC3.2 replaces the paper card", Confidence.LOW
    ),
)


def requires_cards(received: date) -> bool:
    """Return whether an IN received on this day needs C3.2A cards in construction (rule R56)."""
    return any(row.required for row in CARD_CHECKS if row.valid_from <= received <= row.valid_until)


@dataclass(frozen=True, slots=True)
class Opening:
    """Worker types that a group of employers may declare for a start on these days (rule R54)."""

    provincial_or_local: bool
    worker_types: frozenset[str]
    valid_from: date = date.min
    valid_until: date = date.max
    source: str = GLOSSARY
    confidence: Confidence = Confidence.HIGH


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
        """Return whether this closure covers a period with this type, joint commission and start."""
        return (
            self.first <= start <= self.last
            and self.worker_type in (None, worker_type)
            and self.joint_commission in (None, joint_commission)
        )


#: Closures by the authority: none so far.
CLOSURES: Final[tuple[Closure, ...]] = ()


def refusal_evidence(joint_commission: str | None, worker_type: str, start: date) -> Evidence | None:
    """Return the evidence that the type is not allowed with the joint commission on this day (rule R52).

    Return None if the pair is allowed.
    """
    for row in REFUSALS:
        if _covers(row, joint_commission, worker_type, start):
            return row.evidence
    paired = any(_covers(row, joint_commission, worker_type, start) for row in PAIRINGS)
    return None if paired else Evidence.INFERRED


def _covers(row: Pairing | Refusal, joint_commission: str | None, worker_type: str, start: date) -> bool:
    return (
        row.joint_commission == joint_commission
        and worker_type in row.worker_types
        and row.valid_from <= start <= row.valid_until
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
    """Return whether one of the closures covers a period with these data (rule R57)."""
    return any(closure.covers(worker_type, joint_commission, start) for closure in closures)


def starts_out_of_time(row: WorkerType, start: date) -> bool:
    """Return whether a start on this day lies outside the validity of the type (rules R9, R10)."""
    return (row.starts_from is not None and start < row.starts_from) or (
        row.starts_until is not None and row.starts_until < start
    )


def is_declared_too_early(row: WorkerType, start: date, today: date) -> bool:
    """Return whether today lies too many days before the quarter of the start (rules R8, R9)."""
    first_of_quarter = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
    return row.days_before_quarter is not None and (first_of_quarter - today).days > row.days_before_quarter


def requires_end_date(joint_commission: str | None, worker_type: str | None) -> bool:
    """Return whether a period with these features must have an end date (rule R14)."""
    row = WORKER_TYPES.get(worker_type or "")
    return joint_commission == TEMPORARY_AGENCY_WORK or (row is not None and row.end_date_required)


def has_planned_days(worker_type: str | None, day: date | None) -> bool:
    """Return whether a period that ends on this day has planned days (rule R23).

    Only students have them, in periods that end in 2016 or earlier. Return False for an unknown day (None).
    """
    return worker_type == STUDENT and day is not None and day <= LAST_DAY_OF_PLANNED_DAYS


def has_planned_hours(worker_type: str | None, day: date | None = None) -> bool:
    """Return whether a period that ends on this day has planned hours: STU from 2017, O17, S17 (rule R23).

    None means an unknown day, which counts as a day from 2017 on.
    """
    row = WORKER_TYPES.get(worker_type or "")
    return row is not None and row.planned_hours and not has_planned_days(worker_type, day)


def is_horeca(joint_commission: str | None, commission_of_user: str | None) -> bool:
    """Return whether the work is in Horeca, through a temporary agency or not (rule R58)."""
    return joint_commission == HORECA or (
        joint_commission == TEMPORARY_AGENCY_WORK and commission_of_user == HORECA
    )


def is_flexi_day(start: date, end: date, *, has_hours: bool) -> bool:
    """Return whether a flexi-job is by day: one day long, or with hours and until the next day (rule R18)."""
    return end == start or (has_hours and end - start == _DAY)


def same_quarter(one: date, other: date) -> bool:
    """Return whether both days lie in one calendar quarter (rules R15, R17)."""
    return one.year == other.year and (one.month - 1) // 3 == (other.month - 1) // 3
