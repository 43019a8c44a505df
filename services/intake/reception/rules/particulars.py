"""Rows of the rule table about C3.2A cards and small statutes. Some features require them (rule R56)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from services.intake.reception.rules.facts import Facts
from services.intake.reception.rules.row import IN, Row
from shared.domain.features import (
    CONSTRUCTION,
    SMALL_STATUTES_FROM,
    TEMPORARY_AGENCY_WORK,
    WORKER_TYPES,
    requires_cards,
)
from shared.domain.small_statutes import ACTIVITIES_WITH_RISK, EMPLOYMENT_NATURES, WORKER_STATUSES

_CARD: Final = re.compile(r"[0-9]{12}")
_CARDS: Final = ".constructionControlCards"
#: Worker types with optional cards if an agency does not give the joint commission of the user.
_CARDS_OPTIONAL: Final = frozenset({"DWD", "IVT", "TRI", "STU"})
_STATUTES: Final = ".smallStatutesInformation"


def _agency_without_commission_of_user(f: Facts) -> bool:
    return f.joint_commission == TEMPORARY_AGENCY_WORK and f.commission_of_user is None


def _is_construction(f: Facts) -> bool:
    """Return whether the work is in construction.

    Work of type BCW through a temporary agency is also in construction if the declaration does not give the
    joint commission of the user.
    """
    return CONSTRUCTION in (f.joint_commission, f.commission_of_user) or (
        f.worker_type == "BCW" and _agency_without_commission_of_user(f)
    )


def _cards_needed(f: Facts) -> bool:
    """Return whether C3.2A cards are required on the day of reception (rule R56)."""
    return _is_construction(f) and requires_cards(f.today)


def _cards_allowed(f: Facts) -> bool:
    optional = f.worker_type in _CARDS_OPTIONAL and _agency_without_commission_of_user(f)
    return optional or _is_construction(f)


def _card_rows(zone: str, field: str, card: Callable[[Facts], str | None]) -> tuple[Row, ...]:
    """Return the rule rows about one of the two C3.2A cards. A declaration gives both cards or none."""
    path = f"{_CARDS}.{field}"
    return (
        Row(
            f"{zone}-001",
            IN,
            path,
            lambda f: card(f) is None and (_cards_needed(f) or (f.cards is not None and _cards_allowed(f))),
        ),
        Row(
            f"{zone}-003",
            IN,
            path,
            lambda f: (given := card(f)) is not None and _CARD.fullmatch(given) is None,
        ),
        Row(f"{zone}-005", IN, path, lambda f: card(f) is not None and not _cards_allowed(f)),
    )


def _first_card(f: Facts) -> str | None:
    return f.cards.first_month_c32a_number if f.cards is not None else None


def _next_card(f: Facts) -> str | None:
    return f.cards.next_month_c32a_number if f.cards is not None else None


def _has_small_statutes(f: Facts) -> bool:
    row = WORKER_TYPES.get(f.worker_type or "")
    return row is not None and row.small_statutes


def _statutes_needed(f: Facts) -> bool:
    """Return whether each field of the block "small statutes" is compulsory (rule R14).

    The fields are compulsory if the declaration has the block, for every worker type. They are also
    compulsory if the worker type is a small statute and the period starts in 2020 or later.
    """
    if f.statutes is not None:
        return True
    return _has_small_statutes(f) and isinstance(f.start, date) and f.start >= SMALL_STATUTES_FROM


def _risk_unlike_nature(f: Facts) -> bool:
    """Return whether the activity with risk is given, and is not a code of Annex 6 for the employment nature.

    If the employment nature is missing or unknown, each code of Annex 6 is accepted.
    """
    if f.statutes is None or (activity := f.statutes.activity_with_risk) is None:
        return False
    natures = {nature for nature, codes in ACTIVITIES_WITH_RISK.items() if activity in codes}
    nature = f.statutes.employment_nature
    return not natures or (nature in ACTIVITIES_WITH_RISK and nature not in natures)


def _statute_rows(
    zone: str, field: str, values: frozenset[str], given: Callable[[Facts], str | None]
) -> tuple[Row, ...]:
    path = f"{_STATUTES}.{field}"
    return (
        Row(f"{zone}-001", IN, path, lambda f: given(f) is None and _statutes_needed(f)),
        Row(f"{zone}-003", IN, path, lambda f: (value := given(f)) is not None and value not in values),
        Row(f"{zone}-005", IN, path, lambda f: given(f) is not None and not _has_small_statutes(f)),
    )


ROWS: Final = (
    *_card_rows("00663", "firstMonthC32ANumber", _first_card),
    *_card_rows("00664", "nextMonthC32ANumber", _next_card),
    Row(
        "00664-353",
        IN,
        f"{_CARDS}.nextMonthC32ANumber",
        lambda f: _first_card(f) is not None and _first_card(f) == _next_card(f),
    ),
    *_statute_rows(
        "01231",
        "employmentNature",
        EMPLOYMENT_NATURES,
        lambda f: f.statutes.employment_nature if f.statutes is not None else None,
    ),
    Row("00041-521", IN, f"{_STATUTES}.activityWithRisk", _risk_unlike_nature),
    *_statute_rows(
        "00053",
        "workerStatus",
        WORKER_STATUSES,
        lambda f: f.statutes.worker_status if f.statutes is not None else None,
    ),
)
