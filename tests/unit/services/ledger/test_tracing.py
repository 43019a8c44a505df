"""The verdict on a declaration, for each state and for states that coincide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ledger.rules import PATIENCE, Entry
from services.ledger.tracing.rules import Parked, State, Story, Waiting, judge

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG_AGO = NOW - PATIENCE - timedelta(seconds=1)
DONE = Story(Entry(1, LONG_AGO, "A", LONG_AGO, "A", "A", deposited=True, waits=False), ())
OPEN = Story(Entry(1, LONG_AGO, None, None, None, None, deposited=False, waits=False), ())
YOUNG = replace(OPEN, entry=replace(OPEN.entry, received_at=NOW))
CASE = replace(OPEN, entry=replace(OPEN.entry, waits=True), deadline=NOW + timedelta(9))
BEHIND = replace(OPEN, predecessor=7)
PARKED = Parked("0af3", "dimona.settle.1", "ValueError")
ASIDE = Waiting("intake", "set_aside", "internal", "type", LONG_AGO)
UNSENT = Waiting("intake", "deliveries", "reply.client", "type", LONG_AGO)


@pytest.mark.parametrize(
    ("story", "state"),
    [
        pytest.param(DONE, State.COMPLETE, id="complete"),
        pytest.param(replace(DONE, waiting=[UNSENT]), State.UNDELIVERED, id="a reply is not sent"),
        pytest.param(YOUNG, State.UNDER_WAY, id="just received"),
        pytest.param(
            replace(DONE, entry=replace(DONE.entry, notified=None, deposited=False, final_at=NOW)),
            State.UNDER_WAY,
            id="just final",
        ),
        pytest.param(OPEN, State.BROKEN, id="lost"),
        pytest.param(
            replace(DONE, entry=replace(DONE.entry, settled="B")), State.BROKEN, id="different results"
        ),
        pytest.param(
            replace(DONE, entry=replace(DONE.entry, deposited=False)), State.BROKEN, id="not in the e-Box"
        ),
        pytest.param(CASE, State.IDENTIFICATION, id="an open identification"),
        pytest.param(BEHIND, State.PREDECESSOR, id="behind another declaration"),
        pytest.param(replace(CASE, predecessor=7), State.IDENTIFICATION, id="both: its own case first"),
        pytest.param(replace(OPEN, parked=[PARKED]), State.PARKED, id="parked"),
        pytest.param(replace(BEHIND, parked=[PARKED]), State.PARKED, id="parked and behind another"),
        pytest.param(replace(DONE, parked=[PARKED]), State.PARKED, id="a second copy is parked"),
        pytest.param(replace(OPEN, waiting=[ASIDE]), State.SET_ASIDE, id="too large for the broker"),
    ],
)
def test_each_story_has_its_state(story: Story, state: State) -> None:
    verdict = judge(story, NOW)
    assert verdict.state == state
    assert verdict.needs_action == (state in {State.PARKED, State.SET_ASIDE, State.BROKEN})


def test_a_verdict_names_the_cause_and_the_next_step() -> None:
    assert "declaration 7" in judge(BEHIND, NOW).cause
    assert judge(BEHIND, NOW).advice == "dimona trace 7"
    assert "dimona parked show 0af3" in judge(replace(OPEN, parked=[PARKED]), NOW).advice
    assert "broken promise: final" in judge(OPEN, NOW).cause
    assert "2026-03-11" in judge(CASE, NOW).cause
