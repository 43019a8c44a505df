"""Retries of a delivery, and its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.redelivery import JITTER, PATIENCE, Outcome, State, judge, outcome_of, pause_after

DUE = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CHANCES = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (199, Outcome.REFUSED),
        (300, Outcome.REFUSED),
        (301, Outcome.REFUSED),
        (307, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (410, Outcome.REFUSED),
        (408, Outcome.UNREACHABLE),
        (425, Outcome.UNREACHABLE),
        (429, Outcome.UNREACHABLE),
        (499, Outcome.REFUSED),
        (500, Outcome.UNREACHABLE),
        (503, Outcome.UNREACHABLE),
    ],
)
def test_verdict_by_status(status: int, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


def test_pauses_grow_from_seconds_to_hours() -> None:
    pauses = [pause_after(failures, 0.0) for failures in range(1, 20)]
    assert pauses[0] == timedelta(seconds=10)
    assert pauses == sorted(pauses)
    assert pauses[10:] == [timedelta(hours=4)] * 9


@given(st.integers(1, 30), CHANCES)
def test_jitter_lengthens_a_pause_by_a_quarter_at_most(failures: int, chance: float) -> None:
    plain = pause_after(failures, 0.0)
    assert plain <= pause_after(failures, chance) <= plain * (1 + JITTER)


def test_jitter_separates_simultaneous_failures() -> None:
    assert pause_after(1, 0.1) != pause_after(1, 0.9)


@given(st.sampled_from([Outcome.REFUSED, Outcome.UNREACHABLE]), st.lists(CHANCES, min_size=60, max_size=60))
def test_a_delivery_is_tried_for_three_days_and_abandoned_once(
    outcome: Outcome, chances: list[float]
) -> None:
    """For any jitter: never earlier, and the last attempt is at the end of the three days."""
    now, attempts = DUE, 0
    for chance in chances:
        attempts += 1
        verdict = judge(outcome, DUE, attempts, attempts, now, chance)
        if verdict.state is State.EXHAUSTED:
            break
        assert verdict.state is State.PENDING
        assert now < verdict.due_at <= DUE + PATIENCE
        now = verdict.due_at
    assert now == DUE + PATIENCE
    assert 20 < attempts < 35


def test_a_success_ends_a_delivery_at_any_time() -> None:
    late = DUE + 2 * PATIENCE
    assert judge(Outcome.DELIVERED, DUE, 40, 3, late, 0.5).state is State.DELIVERED


def test_only_an_unreachable_recipient_closes_its_lane() -> None:
    """A recipient that answers, also with a refusal, gets its next deliveries."""
    assert judge(Outcome.REFUSED, DUE, 1, 1, DUE, 0.0).closed_until is None
    assert judge(Outcome.DELIVERED, DUE, 1, 1, DUE, 0.0).closed_until is None
    assert judge(Outcome.UNREACHABLE, DUE, 1, 3, DUE, 0.0).closed_until == DUE + timedelta(minutes=1)


def test_the_length_of_each_pause() -> None:
    minutes = [pause_after(failures, 0.0) / timedelta(minutes=1) for failures in range(1, 13)]
    assert minutes == [1 / 6, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 240]
    assert pause_after(3, 0.5) == timedelta(seconds=67.5)
    assert timedelta(days=3) == PATIENCE


def test_after_three_days_there_is_no_retry() -> None:
    late = DUE + PATIENCE + timedelta(seconds=1)
    assert judge(Outcome.REFUSED, DUE, 40, 3, late, 0.5).state is State.EXHAUSTED


def test_outcomes_and_states_have_their_stored_names() -> None:
    assert [str(outcome) for outcome in Outcome] == ["delivered", "refused", "unreachable"]
    assert [str(state) for state in State] == ["pending", "delivered", "exhausted"]
