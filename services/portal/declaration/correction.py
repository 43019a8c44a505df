"""The corrections that a period allows, and its declaration anew with other features. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from services.portal.declaration.changes import values_of
from services.portal.declaration.rules import USER, USER_COMMISSION, Choice, choices
from shared.domain.features import FLEXI, STUDENT

_Period = Mapping[str, Any]
#: Worker types with a quota. The work of an ordinary worker can be declared instead.
_WITH_QUOTA: Final = frozenset({STUDENT, FLEXI})
#: The types of ordinary workers, in general and in construction.
_ORDINARY: Final = ("OTH", "BCW")
#: Anomalies of a period beyond a quota, or of a flexi-job that is not allowed.
BEYOND: Final = frozenset({"90017-369", "90017-510", "90256-369"})


def _code(period: _Period) -> str:
    return str(period["features"].get("workerType", ""))


#: Corrections in the order of their page, with the condition of each.
_CONDITIONS: Final[Mapping[str, Callable[[_Period], bool]]] = {
    "out": lambda period: "endDate" not in period,
    "update": lambda _: True,
    "day": lambda period: _code(period) == FLEXI and "startHour" not in period,
    "ordinary": lambda period: _code(period) in _WITH_QUOTA,
    "anew": lambda _: True,
    "cancel": lambda _: True,
}


def corrections(period: _Period) -> tuple[str, ...]:
    """Return the names of the corrections that a period allows; a canceled or locked one allows none."""
    if period["cancelled"] or period.get("isLocked"):
        return ()
    return tuple(name for name, holds in _CONDITIONS.items() if holds(period))


def ordinary(commission: str, day: date) -> Choice | None:
    """Return the ordinary worker of a joint commission, or None if it has none."""
    known = choices(day)
    return next((pair for code in _ORDINARY if (pair := Choice(commission, code)) in known), None)


def values_anew(period: _Period) -> dict[str, str]:
    """Return the values of a period for the fields of a new IN with other features."""
    user = period["features"].get("usingEmployer", {})
    given = {
        USER.name: user.get("enterpriseNumber", ""),
        USER_COMMISSION.name: user.get("jointCommissionNumber", ""),
    }
    return values_of(period) | {name: text for name, text in given.items() if text}
