"""The kinds and states of a case, the way it may end, and the day by which an answer is due."""

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
    """The kind of a case: contestation, complaint, complaint about personal data, or reported error."""

    CONTESTATION = "contestation"
    COMPLAINT = "complaint"
    PRIVACY = "privacy"  #: a complaint about personal data; only the data protection officer sees it
    REPORT = "report"  #: an error that a person reports in the own data; it has operations of its own


class State(StrEnum):
    """The state of a case. OPEN can change; all other states are final."""

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
    Kind.REPORT: frozenset({State.UPHELD, State.REJECTED}),
}


#: For each right of an agent, the kinds of case that the agent sees. Only the right `privacy` shows
#: complaints about personal data.
KIND_OF_RIGHT: Final[Mapping[str, frozenset[Kind]]] = {
    Right.AGENT: frozenset({Kind.CONTESTATION, Kind.COMPLAINT}),
    Right.PRIVACY: frozenset({Kind.PRIVACY}),
}


class Obstacle(Enum):
    """The reason why an agent cannot end or claim a case."""

    ENDED = auto()  #: the case is not open any more
    NOT_CLAIMED = auto()  #: the agent has not claimed the case
    WRONG_END = auto()  #: a case of this kind cannot have the wanted state


def obstacle(kind: Kind, state: State, agent: str | None, by: str, end: State) -> Obstacle | None:
    """Return the reason why an agent cannot end a case in the wanted state; None if the agent can.

    Args:
        kind: the kind of the case.
        state: its state now.
        agent: the agent that has claimed it; None if no agent has.
        by: the agent that wants to end it.
        end: the wanted state.
    """
    if state is not State.OPEN:
        return Obstacle.ENDED
    if end not in ENDS[kind]:
        return Obstacle.WRONG_END
    return None if agent == by else Obstacle.NOT_CLAIMED


def due_on(opened_at: datetime) -> date:
    """Return the day by which the answer is due: 15 working days after the day of the opening."""
    return working_days_after(local_date(opened_at), ANSWER_DAYS)
