"""Kinds and states of a case, and the day by which it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum, StrEnum, auto
from typing import Final

from shared.domain.calendar import local_date, working_days_after
from shared.domain.rights import Right

#: Working days for the answer to a complaint (docs/seeds.md); a contestation has as many (ADR 15).
ANSWER_DAYS: Final = 15


class Kind(StrEnum):
    """The kind of a case: contestation, complaint, or complaint about personal data."""

    CONTESTATION = "contestation"
    COMPLAINT = "complaint"
    PRIVACY = "privacy"  #: a complaint about personal data; only the data protection officer sees it


class State(StrEnum):
    """The state of a case; all but the first are final."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"


#: The final states that an agent can give to a case of each kind.
ENDS: Final[Mapping[Kind, frozenset[State]]] = {
    Kind.CONTESTATION: frozenset({State.UPHELD, State.REJECTED}),
    Kind.COMPLAINT: frozenset({State.ANSWERED}),
    Kind.PRIVACY: frozenset({State.ANSWERED}),
}


#: The kinds of case that each right shows: complaints about personal data need a right of their own.
KIND_OF_RIGHT: Final[Mapping[str, frozenset[Kind]]] = {
    Right.AGENT: frozenset({Kind.CONTESTATION, Kind.COMPLAINT}),
    Right.PRIVACY: frozenset({Kind.PRIVACY}),
}


class Obstacle(Enum):
    """Why an agent cannot end a case."""

    ENDED = auto()
    NOT_CLAIMED = auto()
    WRONG_END = auto()


def obstacle(kind: Kind, state: State, agent: str | None, by: str, end: State) -> Obstacle | None:
    """Return why an agent cannot end a case in a state; None if this is allowed.

    Args:
        kind: the kind of the case.
        state: its state now.
        agent: the agent that has claimed it.
        by: the agent that wants to end it.
        end: the wanted state.
    """
    if state is not State.OPEN:
        return Obstacle.ENDED
    if end not in ENDS[kind]:
        return Obstacle.WRONG_END
    return None if agent == by else Obstacle.NOT_CLAIMED


def due_on(opened_at: datetime) -> date:
    """Return the day by which a case is answered; the day on which it was opened does not count."""
    return working_days_after(local_date(opened_at), ANSWER_DAYS)
