"""The promises of a declaration, broken one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ledger.rules import PATIENCE, WATCHED, Entry, Promise, broken, count, finished

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG_AGO = NOW - PATIENCE - timedelta(seconds=1)
DONE = Entry(1, LONG_AGO, "A", LONG_AGO, "A", "A", deposited=True, waits=False)
OPEN = Entry(1, LONG_AGO, None, None, None, None, deposited=False, waits=False)


@pytest.mark.parametrize(
    ("entry", "promises"),
    [
        pytest.param(DONE, set(), id="all is done"),
        pytest.param(OPEN, {Promise.FINAL}, id="received and lost"),
        pytest.param(replace(OPEN, received_at=NOW), set(), id="on its way"),
        pytest.param(replace(OPEN, waits=True), set(), id="an open identification"),
        pytest.param(replace(OPEN, settled="A"), {Promise.FINAL}, id="settled, and the result lost"),
        pytest.param(replace(DONE, settled="B"), {Promise.ONE_FINAL}, id="two results"),
        pytest.param(replace(DONE, notified="B"), {Promise.ONE_FINAL}, id="another result notified"),
        pytest.param(replace(DONE, notified=None, deposited=False), {Promise.NOTIFICATION}, id="unnotified"),
        pytest.param(
            replace(DONE, notified=None, deposited=False, final_at=NOW), set(), id="about to be notified"
        ),
        pytest.param(replace(DONE, deposited=False), {Promise.DELIVERY}, id="not in the e-Box"),
        pytest.param(replace(DONE, final="B", settled=None, notified="B"), set(), id="refused by intake"),
    ],
)
def test_broken_promises(entry: Entry, promises: set[Promise]) -> None:
    assert broken(entry, NOW) == promises


def test_a_finished_declaration_is_dropped_after_minutes() -> None:
    assert not finished(DONE, NOW)
    assert finished(DONE, LONG_AGO + WATCHED + timedelta(seconds=1))
    assert not finished(replace(DONE, settled="B"), NOW + WATCHED)
    assert not finished(OPEN, NOW + WATCHED)


def test_each_promise_has_a_count() -> None:
    assert count([DONE, OPEN, OPEN], NOW) == {
        Promise.FINAL: 2, Promise.ONE_FINAL: 0, Promise.NOTIFICATION: 0, Promise.DELIVERY: 0,
    }  # fmt: skip
