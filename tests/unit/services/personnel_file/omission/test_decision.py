"""The decision about a candidate: a hearing, and then two different agents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.personnel_file.omission.rules.decision import (
    Action,
    Obstacle,
    State,
    Step,
    find_obstacle,
    find_state,
)

CHANGED = datetime(2026, 3, 1, tzinfo=UTC)
ACTIONS = {"h": Action.HEARD, "c": Action.CONFIRMED, "d": Action.DISMISSED}


def steps(*words: str) -> list[Step]:
    """Return steps a minute apart; "cA" is a confirmation by agent A."""
    return [
        Step(ACTIONS[word[0]], word[1], CHANGED + timedelta(minutes=nth)) for nth, word in enumerate(words)
    ]


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("", State.OPEN),
        ("hA", State.HEARD),
        ("hA cA", State.PROPOSED),
        ("hA dA", State.PROPOSED),
        ("hA cA dB", State.DISPUTED),
        ("hA cA cB", State.CONFIRMED),
        ("hA dA dB", State.DISMISSED),
        ("hA cA dB cC", State.CONFIRMED),
        ("hA cA dB dC", State.DISMISSED),
        ("hA cA hB", State.PROPOSED),
    ],
)
def test_two_different_agents_end_a_candidate(words: str, state: State) -> None:
    assert find_state(steps(*words.split()), CHANGED) is state


@pytest.mark.parametrize(
    ("words", "action", "agent", "obstacle"),
    [
        ("", "c", "A", Obstacle.NOT_HEARD),
        ("", "d", "A", Obstacle.NOT_HEARD),
        ("", "h", "A", None),
        ("hA", "c", "A", None),
        ("hA cA", "c", "A", Obstacle.SAME_AGENT),
        ("hA cA", "d", "A", Obstacle.SAME_AGENT),
        ("hA cA", "h", "A", None),
        ("hA cA", "c", "B", None),
        ("hA cB", "c", "A", None),
        ("hA cA cB", "h", "C", Obstacle.ENDED),
        ("hA dA dB", "c", "C", Obstacle.ENDED),
        ("hA cA dB", "c", "C", None),
    ],
)
def test_an_agent_decides_once_and_after_the_hearing(
    words: str, action: str, agent: str, obstacle: Obstacle | None
) -> None:
    assert find_obstacle(steps(*words.split()), CHANGED, ACTIONS[action], agent) is obstacle


def test_the_stored_words_are_those_of_the_database() -> None:
    assert list(Action) == ["heard", "confirmed", "dismissed"]
    assert list(State) == ["open", "heard", "proposed", "disputed", "confirmed", "dismissed"]


def test_a_new_day_needs_a_new_hearing() -> None:
    """The steps before it stay in the record and do not count."""
    done = steps("hA", "cA", "cB")
    later = done[-1].at + timedelta(seconds=1)
    assert find_state(done, later) is State.OPEN
    assert find_obstacle(done, later, Action.CONFIRMED, "A") is Obstacle.NOT_HEARD
    assert find_obstacle(done, later, Action.HEARD, "A") is None
