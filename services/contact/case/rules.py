"""What a case can be and become; until when it has to be answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Final

from shared.domain.calendar import local_date, working_days_after
from shared.domain.rights import Right

#: Seed 000 gives complaints fifteen working days; a contestation waits no longer (ADR 15).
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


#: Who of the authority sees which kinds: what concerns personal data is nobody else's.
KIND_OF_RIGHT: Final[Mapping[str, frozenset[Kind]]] = MappingProxyType(
    {
        Right.AGENT: frozenset({Kind.CONTESTATION, Kind.COMPLAINT}),
        Right.PRIVACY: frozenset({Kind.PRIVACY}),
    }
)


class Obstacle(Enum):
    """Why somebody of the authority cannot end a case."""

    ENDED = auto()
    NOT_HIS = auto()
    NOT_THAT_WAY = auto()


def obstacle(kind: Kind, state: State, agent: str | None, by: str, end: State) -> Obstacle | None:
    """Why this case cannot be ended so by him; None when it can."""
    if state is not State.OPEN:
        return Obstacle.ENDED
    if end not in ENDS[kind]:
        return Obstacle.NOT_THAT_WAY
    return None if agent == by else Obstacle.NOT_HIS


def due_on(opened_at: datetime) -> date:
    """The day on which a case has to be answered; the day it came does not count."""
    return working_days_after(local_date(opened_at), ANSWER_DAYS)
