"""Decide about a candidate: the employer is heard first, then two different agents agree (ADR 32)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """The actions of agents on a candidate."""

    HEARD = "heard"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class State(StrEnum):
    """The states of a candidate."""

    OPEN = "open"
    HEARD = "heard"
    PROPOSED = "proposed"  #: one agent decided
    DISPUTED = "disputed"  #: two agents decided differently; a third agent decides
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Obstacle(StrEnum):
    """The reasons why an agent cannot act on a candidate."""

    ENDED = "ended"
    NOT_HEARD = "not_heard"
    SAME_AGENT = "same_agent"


@dataclass(frozen=True, slots=True)
class Step:
    """One action of an agent on a candidate."""

    action: Action
    agent: str
    at: datetime


_ENDS: Final[Mapping[Action, State]] = {
    Action.CONFIRMED: State.CONFIRMED,
    Action.DISMISSED: State.DISMISSED,
}
_AGENTS_NEEDED: Final = 2


def find_state(steps: Sequence[Step], changed_at: datetime) -> State:
    """Return the state of a candidate.

    Args:
        steps: All actions, the oldest first.
        changed_at: The instant at which the last day was added. Actions before it do not count, because the
            employer was not heard about that day.
    """
    counted = _counted(steps, changed_at)
    for action, state in _ENDS.items():
        if len({step.agent for step in counted if step.action is action}) >= _AGENTS_NEEDED:
            return state
    decided = {step.action for step in counted if step.action in _ENDS}
    if decided:
        return State.PROPOSED if len(decided) == 1 else State.DISPUTED
    return State.HEARD if counted else State.OPEN


def find_obstacle(steps: Sequence[Step], changed_at: datetime, action: Action, agent: str) -> Obstacle | None:
    """Return the reason why an agent cannot do an action now, or None."""
    state = find_state(steps, changed_at)
    if state in _ENDS.values():
        return Obstacle.ENDED
    if action is Action.HEARD:
        return None
    if state is State.OPEN:
        return Obstacle.NOT_HEARD
    counted = _counted(steps, changed_at)
    decided = any(step.agent == agent and step.action in _ENDS for step in counted)
    return Obstacle.SAME_AGENT if decided else None


def _counted(steps: Sequence[Step], changed_at: datetime) -> list[Step]:
    return [step for step in steps if step.at >= changed_at]
