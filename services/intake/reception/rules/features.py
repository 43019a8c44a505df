"""Rows of the rule table about features and the user undertaking (rules R48, R49, R52 to R58)."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.intake.reception.rules.facts import INVALID, Facts
from services.intake.reception.rules.places import USER_ROWS
from services.intake.reception.rules.row import IN, Row, is_bad_text
from shared.domain.dated import Evidence
from shared.domain.declaration import parse_date
from shared.domain.declared import Declaration
from shared.domain.features import (
    DATE_IS_WRONG,
    HORECA,
    JOINT_COMMISSIONS,
    OCCASIONAL,
    TEMPORARY_AGENCY_WORK,
    WORKER_TYPES,
    is_open_to,
    refusal_evidence,
    starts_out_of_time,
)
from shared.domain.places import BELGIUM


def _is_authority(f: Facts) -> bool:
    return f.employer is not None and f.employer.provincial_or_local


def _no_joint_commission(f: Facts) -> bool:
    """Return whether the joint commission is missing (rule R48).

    Provincial and local authorities need none.
    """
    return f.joint_commission is None and not _is_authority(f)


def _needless_joint_commission(f: Facts) -> bool:
    """Return whether a provincial or local authority gives a joint commission (rule R48)."""
    return f.joint_commission is not None and _is_authority(f) and f.entitled


def _unknown_joint_commission(f: Facts) -> bool:
    return f.joint_commission is not None and f.joint_commission not in JOINT_COMMISSIONS


def _unknown_joint_commission_of_user(f: Facts) -> bool:
    """Return whether the joint commission of the user is unknown, or 322 (rule R49)."""
    given = f.commission_of_user
    return given is not None and (given not in JOINT_COMMISSIONS or given == TEMPORARY_AGENCY_WORK)


def _start(f: Facts) -> date:
    """Return the day for judging features: the start, or today if the start cannot be read."""
    return f.start if isinstance(f.start, date) else f.today


def _unknown_worker_type(f: Facts) -> bool:
    """Return whether the worker type is unknown, or not valid yet at the start (rule R10)."""
    if f.worker_type is None:
        return False
    row = WORKER_TYPES.get(f.worker_type)
    return row is None or (row.code not in DATE_IS_WRONG and starts_out_of_time(row, _start(f)))


def _closed_to_employer(f: Facts) -> bool:
    """Return whether the employer may not use the worker type (rules R53, R54).

    An unknown employer may not use the type TEA.
    """
    if f.worker_type not in WORKER_TYPES:
        return False
    return not is_open_to(_is_authority(f) and f.entitled, f.worker_type, _start(f))


def inferred_pair(declaration: Declaration) -> tuple[str, str] | None:
    """Return joint commission and worker type of an IN if no source allows or forbids the pair (rule R52).

    In the result, "none" stands for a missing joint commission. Return None if a source allows or forbids the
    pair, if the declaration is no IN, or if it has no worker type or no readable start date.
    """
    opening = declaration.dimona_in
    if opening is None:
        return None
    commission, worker_type = opening.features.joint_commission_number, opening.features.worker_type
    start = parse_date(opening.start_date or "")
    if worker_type is None or start is None:
        return None
    evidence = refusal_evidence(commission, worker_type, start)
    return (commission or "none", worker_type) if evidence is Evidence.INFERRED else None


def pair_evidence(f: Facts) -> Evidence | None:
    """Return the evidence that joint commission and worker type are not allowed together (rule R52).

    Return None if a source allows the pair, or if one of the codes is missing, invalid or not needed.
    """
    if f.worker_type not in WORKER_TYPES or _no_joint_commission(f) or _needless_joint_commission(f):
        return None
    if _unknown_joint_commission(f):
        return None
    return refusal_evidence(f.joint_commission, f.worker_type, _start(f))


def _do_not_go_together(f: Facts) -> bool:
    """Return whether a source forbids joint commission and worker type together (rule R52)."""
    return pair_evidence(f) in (Evidence.OFFICIAL, Evidence.PRODUCTION)


def _through_agency(f: Facts) -> bool:
    return f.joint_commission == TEMPORARY_AGENCY_WORK


def _has_name(f: Facts) -> bool:
    return f.user is not None and f.user.name is not None


def _should_have_number(f: Facts) -> bool:
    """Return whether the user has no number but must have one: in Belgium, or for Horeca EXT (rule R58)."""
    if not _through_agency(f) or f.user_number is not None or f.user is None or f.user.name is None:
        return False
    is_belgian = f.user.address is not None and f.user.address.country == BELGIUM
    return is_belgian or (f.worker_type == OCCASIONAL and f.commission_of_user == HORECA)


ROWS: Final = (
    Row("00046-001", IN, ".features.jointCommissionNumber", _no_joint_commission),
    Row("00046-003", IN, ".features.jointCommissionNumber", _unknown_joint_commission),
    Row("00046-005", IN, ".features.jointCommissionNumber", _needless_joint_commission),
    Row("00655-001", IN, ".features.workerType", lambda f: f.worker_type is None),
    Row("00655-003", IN, ".features.workerType", _unknown_worker_type),
    Row("00655-350", IN, ".features.workerType", _closed_to_employer),
    Row("90374-349", IN, ".features", _do_not_go_together),
    # The user undertaking
    Row(
        "90107-351",
        IN,
        ".features.usingEmployer",
        lambda f: _through_agency(f) and f.user_number is None and not _has_name(f),
    ),
    Row(
        "90107-352",
        IN,
        ".features.usingEmployer",
        lambda f: _through_agency(f) and f.user_number is not None and _has_name(f),
    ),
    Row(
        "00046-001",
        IN,
        ".features.usingEmployer.jointCommissionNumber",
        lambda f: _through_agency(f) and f.commission_of_user is None,
    ),
    Row(
        "00046-003",
        IN,
        ".features.usingEmployer.jointCommissionNumber",
        _unknown_joint_commission_of_user,
    ),
    Row(
        "00046-005",
        IN,
        ".features.usingEmployer.jointCommissionNumber",
        lambda f: f.commission_of_user is not None and not _through_agency(f),
    ),
    Row("00131-001", IN, ".features.usingEmployer.enterpriseNumber", _should_have_number),
    Row(
        "00131-003",
        IN,
        ".features.usingEmployer.enterpriseNumber",
        lambda f: f.user_number is INVALID,
    ),
    Row(
        "00131-005",
        IN,
        ".features.usingEmployer.enterpriseNumber",
        lambda f: f.user_number is not None and not _through_agency(f),
    ),
    Row(
        "00131-235",
        IN,
        ".features.usingEmployer.enterpriseNumber",
        lambda f: isinstance(f.user_number, str) and f.user_known is False,
    ),
    Row(
        "00153-003",
        IN,
        ".features.usingEmployer.name",
        lambda f: f.user is not None and is_bad_text(f.user.name, 96),
    ),
    Row(
        "00153-005",
        IN,
        ".features.usingEmployer.name",
        lambda f: _has_name(f) and not _through_agency(f),
    ),
    *USER_ROWS,
)
