"""The life of a mandate: proposed, validated by both sides, in force, closed or refused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from services.access.fields import MandateStatus
from services.access.rules.finding import Finding
from shared.domain.rights import Right


class Side(StrEnum):
    """The two parties to a mandate."""

    MANDATOR = "mandator"
    MANDATARY = "mandatary"


class Act(StrEnum):
    """What a party does with a mandate."""

    PROPOSE = "propose"
    VALIDATE = "validate"
    REFUSE = "refuse"
    REVOKE = "revoke"
    SHORTEN = "shorten"


_MANAGERS: Final = frozenset({Right.ACCESS, Right.REPRESENTATIVE})
#: Act → who may do it for his side. A local manager prepares; what binds is the principal manager's.
MAY: Final[Mapping[Act, frozenset[Right]]] = {
    Act.PROPOSE: _MANAGERS | {Right.USERS},
    Act.VALIDATE: _MANAGERS,
    Act.REFUSE: _MANAGERS,
    Act.REVOKE: _MANAGERS,
    Act.SHORTEN: _MANAGERS,
}
_OPEN: Final = frozenset({MandateStatus.PENDING, MandateStatus.TO_FINALIZE})
_IN_FORCE: Final = frozenset({MandateStatus.ACTIVE})
#: Act → the states in which there is something to do.
IN: Final[Mapping[Act, frozenset[MandateStatus]]] = {
    Act.VALIDATE: _OPEN,
    Act.REFUSE: _OPEN,
    Act.REVOKE: _IN_FORCE,
    Act.SHORTEN: _IN_FORCE,
}
#: What each state is called outside.
STATUS_NAMES: Final[Mapping[MandateStatus, str]] = {
    each: "toFinalize" if each is MandateStatus.TO_FINALIZE else each.value for each in MandateStatus
}
#: How many sides have validated → where it stands.
_BY_VALIDATIONS: Final = (MandateStatus.PENDING, MandateStatus.TO_FINALIZE, MandateStatus.ACTIVE)


def status(validated: Collection[Side]) -> MandateStatus:
    """Where a proposed mandate stands once these sides have validated it."""
    return _BY_VALIDATIONS[len(set(validated))]


def shown(stored: MandateStatus, end_quarter: str | None, current: str) -> MandateStatus:
    """What is told of a mandate: one in force whose last quarter is past is closed."""
    over = stored is MandateStatus.ACTIVE and end_quarter is not None and end_quarter < current
    return MandateStatus.CLOSED if over else stored


def proposed(begin: str, end: str | None, *, replaces: bool, current: str) -> list[Finding]:
    """What is wrong with the quarters of a proposal.

    A first mandatary may begin in the quarter that runs; another takes over only where a quarter begins.
    """
    found = []
    if begin < current:
        found.append(
            Finding("invalid_input", ("beginQuarter",), "A mandate begins with this quarter or a later one")
        )
    if replaces and begin == current:
        found.append(
            Finding("invalid_input", ("beginQuarter",), "The mandatary changes where a quarter begins")
        )
    if end is not None and end < begin:
        found.append(Finding("invalid_period", ("endQuarter",), "The end lies before the beginning"))
    return found


def shortened(begin: str, old_end: str | None, end: str, current: str) -> list[Finding]:
    """What is wrong with a new last quarter: one side alone may only bring the end nearer."""
    if end < max(begin, current):
        return [Finding("invalid_input", ("endQuarter",), "The last quarter is this one or a later one")]
    if old_end is not None and end > old_end:
        return [Finding("invalid_input", ("endQuarter",), "To go on longer, propose another mandate")]
    return []
