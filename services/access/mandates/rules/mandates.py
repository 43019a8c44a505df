"""Statuses, acts and quarters of mandates: proposed, validated, in force, closed or refused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from services.access.fields import MandateStatus
from services.access.finding import Finding
from shared.domain.rights import Right


class Side(StrEnum):
    """A side of a mandate: the mandator or the mandatary."""

    MANDATOR = "mandator"
    MANDATARY = "mandatary"


class Act(StrEnum):
    """An act of a party on a mandate."""

    PROPOSE = "propose"
    VALIDATE = "validate"
    REFUSE = "refuse"
    REVOKE = "revoke"
    SHORTEN = "shorten"


_MANAGERS: Final = frozenset({Right.ACCESS, Right.REPRESENTATIVE})
#: Act → rights, one of which the actor needs for its side. A local manager may only propose; a principal
#: access manager or legal representative may do every act.
RIGHTS_FOR: Final[Mapping[Act, frozenset[Right]]] = {
    Act.PROPOSE: _MANAGERS | {Right.USERS},
    Act.VALIDATE: _MANAGERS,
    Act.REFUSE: _MANAGERS,
    Act.REVOKE: _MANAGERS,
    Act.SHORTEN: _MANAGERS,
}
_OPEN: Final = frozenset({MandateStatus.PENDING, MandateStatus.TO_FINALIZE})
_IN_FORCE: Final = frozenset({MandateStatus.ACTIVE})
#: Act → statuses in which it is allowed.
STATUSES_ALLOWING: Final[Mapping[Act, frozenset[MandateStatus]]] = {
    Act.VALIDATE: _OPEN,
    Act.REFUSE: _OPEN,
    Act.REVOKE: _IN_FORCE,
    Act.SHORTEN: _IN_FORCE,
}
#: Status → its name in the API.
STATUS_NAMES: Final[Mapping[MandateStatus, str]] = {
    status: "toFinalize" if status is MandateStatus.TO_FINALIZE else status.value for status in MandateStatus
}
#: Number of sides that have validated → status.
_BY_VALIDATIONS: Final = (MandateStatus.PENDING, MandateStatus.TO_FINALIZE, MandateStatus.ACTIVE)


def status(validated: Collection[Side]) -> MandateStatus:
    """Return the status of a proposed mandate that these sides have validated."""
    return _BY_VALIDATIONS[len(set(validated))]


def shown(stored: MandateStatus, end_quarter: str | None, current: str) -> MandateStatus:
    """Return the status to show: closed if the last quarter of a mandate in force is past, else as stored."""
    over = stored is MandateStatus.ACTIVE and end_quarter is not None and end_quarter < current
    return MandateStatus.CLOSED if over else stored


def proposed(begin: str, end: str | None, *, replaces: bool, current: str) -> list[Finding]:
    """Return findings for wrong quarters of a proposal, or an empty list.

    A mandate may begin with the running quarter. A mandate that replaces another begins with a later one.
    """
    findings = []
    if begin < current:
        findings.append(
            Finding(
                "invalid_input",
                ("beginQuarter",),
                "A mandate must begin with the running quarter or a later one",
            )
        )
    if replaces and begin == current:
        findings.append(
            Finding(
                "invalid_input", ("beginQuarter",), "A mandatary can be replaced from the next quarter on"
            )
        )
    if end is not None and end < begin:
        findings.append(Finding("invalid_period", ("endQuarter",), "The end lies before the beginning"))
    return findings


def shortened(begin: str, old_end: str | None, end: str, current: str) -> list[Finding]:
    """Return a finding if a mandate cannot get the last quarter `end`, otherwise an empty list.

    The new last quarter cannot be past, and cannot lie before `begin` or after `old_end` (None: no end yet).
    """
    if end < max(begin, current):
        return [
            Finding(
                "invalid_input",
                ("endQuarter",),
                "The last quarter must be the running quarter or a later one",
            )
        ]
    if old_end is not None and end > old_end:
        return [
            Finding("invalid_input", ("endQuarter",), "A mandate cannot be extended. Propose another one")
        ]
    return []
