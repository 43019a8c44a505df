"""Rows of the rule table about the period of a change, and the employer (rules R30, R31, R37 to R45).

Rows that need the directory require `entitled`, so that a sender learns nothing about an employer for
which it may not act.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from services.intake.reception.rules.facts import INVALID, Employer, Facts
from services.intake.reception.rules.row import ALL, BLOCK, CHANGE, IN, UPDATE, Row
from shared.domain.declaration import REOPENED
from shared.domain.declared import Kind


def _inactive(f: Facts) -> bool:
    """Return whether a part of the period lies outside the activity of the employer (rule R39)."""
    if f.employer is None or not f.entitled or not isinstance(f.start, date):
        return False
    last = f.end if isinstance(f.end, date) and f.end > f.start else f.start
    return not _is_active(f.employer, f.start) or not _is_active(f.employer, last)


def _inactive_once_changed(f: Facts) -> bool:
    """Return whether a date that the UPDATE gives lies outside the activity of the employer.

    Dates that the UPDATE does not give were judged with earlier declarations. If the UPDATE removes the end
    of the period, today is judged instead of the end.
    """
    if f.employer is None or not f.entitled:
        return False
    given = [day for day in (f.start, f.end) if isinstance(day, date) and day != REOPENED]
    if f.end == REOPENED:
        given.append(f.today)  # a period without end lasts beyond today
    return any(not _is_active(f.employer, day) for day in given)


def _is_active(employer: Employer, day: date) -> bool:
    begun = employer.active_from is None or employer.active_from <= day
    return begun and (employer.active_until is None or day <= employer.active_until)


def _named(f: Facts) -> Employer | None:
    """Return the employer with the numbers that the declaration gives, or None if the directory has none."""
    return f.employer if f.kind is Kind.IN else f.declared_employer


def _unlike_directory(f: Facts) -> bool:
    """Return whether two valid numbers are not of one employer in the directory (rule R40)."""
    named = _named(f)
    if named is None or not f.entitled:
        return False
    if not isinstance(f.given_number, int) or not isinstance(f.enterprise_number, str):
        return False
    return (f.given_number, f.enterprise_number) != (named.employer_id, named.enterprise_number)


def _is_missing(f: Facts, number: object) -> bool:
    """Return whether the directory has no employer for a valid number (rule R38).

    A change may give the provisional number of its IN, also if the directory no longer has it (rule R43).
    """
    if _named(f) is not None or not isinstance(number, int):
        return False
    return f.kind is Kind.IN or f.period is None or number != f.period.employer_id


def _is_enterprise_missing(f: Facts) -> bool:
    """Return whether the directory has no employer with a valid enterprise number (rule R38).

    Return False if the declaration also gives an NSSO number or a provisional number.
    """
    return _named(f) is None and isinstance(f.enterprise_number, str) and f.given_number is None


def _not_identifiable(f: Facts) -> bool:
    """Return whether two valid numbers identify no employer (rule R37).

    They are the enterprise number, and the NSSO or provisional number. Return False if the declaration gives
    only one number. If the directory does not have this number, the declaration gets only -235.
    """
    return isinstance(f.enterprise_number, str) and _is_missing(f, f.given_number)


def _prevails(f: Facts) -> bool:
    """Return whether a change gives the NSSO number of its employer (rule R40).

    Then another enterprise number in the change is no anomaly.
    """
    return f.employer is not None and f.given_number == f.employer.employer_id


def _differs(given: object, known: object) -> bool:
    """Return whether a change gives a valid value that differs from the known value (rule R31)."""
    return given is not None and given is not INVALID and known is not None and given != known


def _no_sub_entity(f: Facts) -> bool:
    """Return whether the compulsory sub-entity is missing (rule R45)."""
    if f.employer is None or not f.entitled:
        return False
    return f.sub_entity is None and f.employer.sub_entities is not None


def _foreign_sub_entity(f: Facts) -> bool:
    """Return whether the sub-entity is not in the list of the employer (rule R45)."""
    if f.employer is None or not f.entitled or f.employer.sub_entities is None:
        return False
    return f.sub_entity is not None and f.sub_entity not in f.employer.sub_entities


def _needless_sub_entity(f: Facts) -> bool:
    """Return whether an employer without sub-entities gives one (rule R45)."""
    if f.employer is None or not f.entitled:
        return False
    return f.sub_entity is not None and f.employer.sub_entities is None


PERIOD_ROWS: Final = (
    Row("00913-001", CHANGE, ".periodId", lambda f: f.period_id is None),
    Row("00913-003", CHANGE, ".periodId", lambda f: f.period_id is INVALID),
    Row("00913-357", CHANGE, ".periodId", lambda f: f.entitled and f.period is not None and f.period.refused),
)

ROWS: Final = (
    Row("90256-364", IN, "employer", lambda f: f.given_number is None and f.enterprise_number is None),
    Row(
        "00014-001",
        CHANGE,
        "employer",
        lambda f: f.employer_given and f.given_number is None and f.enterprise_number is None,
    ),
    Row("00011-003", ALL, "employer.employerId", lambda f: f.nsso_number is INVALID),
    Row("00948-003", ALL, "employer.employerId", lambda f: f.provisional_number is INVALID),
    Row("00014-003", ALL, "employer.enterpriseNumber", lambda f: f.enterprise_number is INVALID),
    Row(
        "00011-235",
        ALL,
        "employer.employerId",
        lambda f: _is_missing(f, f.nsso_number),
    ),
    Row(
        "00948-235",
        ALL,
        "employer.employerId",
        lambda f: _is_missing(f, f.provisional_number),
    ),
    Row(
        "00014-235",
        ALL,
        "employer.enterpriseNumber",
        _is_enterprise_missing,
    ),
    Row("90256-151", ALL, "employer", _not_identifiable),
    Row("00014-022", ALL, "employer.enterpriseNumber", _unlike_directory),
    Row("90256-155", IN, "employer", lambda f: f.employer is not None and not f.entitled),
    Row(
        "90256-342",
        ALL,
        "employer",
        lambda f: not f.secured and f.entitled and f.employer is not None and f.employer.secured_channel_only,
    ),
    Row("90373-343", IN, BLOCK, _inactive),
    Row("90378-343", UPDATE, BLOCK, _inactive_once_changed),
    Row(
        "00011-347",
        CHANGE,
        "employer.employerId",
        lambda f: (
            f.employer is not None
            and _differs(f.nsso_number, f.employer.employer_id)
            and not (f.employer.provincial_or_local and f.enterprise_number == f.employer.enterprise_number)
        ),
    ),
    Row(
        "00948-347",
        CHANGE,
        "employer.employerId",
        lambda f: (
            f.employer is not None
            and f.period is not None
            and _differs(f.provisional_number, f.employer.employer_id)
            and f.provisional_number != f.period.employer_id
        ),
    ),
    Row(
        "00014-347",
        CHANGE,
        "employer.enterpriseNumber",
        lambda f: (
            f.period is not None and _differs(f.enterprise_number, f.period.employer) and not _prevails(f)
        ),
    ),
    Row("00652-001", IN, ".features.subEntityNumber", _no_sub_entity),
    Row("00652-003", IN, ".features.subEntityNumber", _foreign_sub_entity),
    Row("00652-005", IN, ".features.subEntityNumber", _needless_sub_entity),
)

#: Judged before all other rows. If it holds, only its anomaly is reported (decision D4).
UNKNOWN: Final = Row(
    "00913-354",
    CHANGE,
    ".periodId",
    lambda f: isinstance(f.period_id, int) and (f.period is None or not f.entitled),
)
