"""What a case can be and become; until when it has to be answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.domain.calendar import local_date, working_days_after

#: Seed 000 gives complaints fifteen working days; a contestation waits no longer (ADR 14).
ANSWER_DAYS: Final = 15


class Kind(StrEnum):
    """What a case is about."""

    CONTESTATION = "contestation"
    COMPLAINT = "complaint"
    PRIVACY = "privacy"  #: a complaint about personal data: the data protection officer's alone


class State(StrEnum):
    """Where a case stands; all but the first are ends."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"


#: How somebody of the authority can end a case of each kind.
ENDS: Final[Mapping[Kind, frozenset[State]]] = MappingProxyType(
    {
        Kind.CONTESTATION: frozenset({State.UPHELD, State.REJECTED}),
        Kind.COMPLAINT: frozenset({State.ANSWERED}),
        Kind.PRIVACY: frozenset({State.ANSWERED}),
    }
)


def due_on(opened_at: datetime) -> date:
    """The day on which a case has to be answered; the day it came does not count."""
    return working_days_after(local_date(opened_at), ANSWER_DAYS)
