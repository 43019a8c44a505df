"""The checks of `dimona status`, for each fault alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.ledger.overview.rules import Reading, State, check, needs_action

SERVICES = ("intake", "notifier")
GOOD = Reading(
    connected={"intake": 9, "notifier": 3},
    writable=True,
    open=4,
    late=0,
    open_cases=0,
    overdue_cases=0,
    unsent={"intake": 0.2},
    undelivered=3,
    set_aside={},
    hidden_seconds=0.1,
    behind_seconds=0.3,
    waiting={"dimona.intake.results": 7},
    unserved=(),
    parked={"dimona.intake.parked of dimona.internal": 0},
)


def test_a_good_deployment_needs_no_action() -> None:
    checks = check(GOOD, SERVICES)
    assert {one.state for one in checks} == {State.GOOD}
    assert not any(one.next_step for one in checks)
    assert not needs_action(checks)


@pytest.mark.parametrize(
    ("reading", "name", "state", "value"),
    [
        (replace(GOOD, connected={"intake": 1}), "processes", State.FAULT, "no connection of notifier"),
        (replace(GOOD, writable=False), "database", State.FAULT, "takes no writes"),
        (replace(GOOD, waiting=None), "broker", State.FAULT, "does not answer"),
        (
            replace(GOOD, unserved=("b", "a")),
            "consumers", State.FAULT, "no consumer: a and 1 more",
        ),
        (
            replace(GOOD, waiting={"a": 1000, "b": 5}),
            "messages", State.WAITS, "1005 wait, most in a",
        ),
        (replace(GOOD, late=2), "declarations", State.FAULT, "2 of 4 open ones wait longer than 30 s"),
        (replace(GOOD, open_cases=2), "identifications", State.WAITS, "2 are open"),
        (
            replace(GOOD, open_cases=2, overdue_cases=1),
            "identifications", State.FAULT, "1 of 2 are past their deadline",
        ),
        (
            replace(GOOD, unsent={"intake": 61.0, "feed": 2.0}),
            "outboxes", State.FAULT, "intake: oldest message 61 s old",
        ),
        (replace(GOOD, set_aside={"notifier": 1}), "deliveries", State.FAULT, "set aside: notifier: 1"),
        (replace(GOOD, parked={"q": 2, "r": 0}), "parked", State.FAULT, "2 in q"),
        (replace(GOOD, hidden_seconds=61.0), "institutions", State.FAULT, "events are hidden for 61 s"),
        (replace(GOOD, behind_seconds=301.0), "institutions", State.WAITS, "the last one is 301 s behind"),
    ],
)  # fmt: skip
def test_each_fault_has_one_line_with_a_next_step(
    reading: Reading, name: str, state: State, value: str
) -> None:
    checks = check(reading, SERVICES)
    (found,) = [one for one in checks if one.state is not State.GOOD]
    assert (found.name, found.state, found.value) == (name, state, value)
    assert found.next_step
    assert needs_action(checks) is (state is State.FAULT)
