"""The proof of a restore finds each fault that is planted in the messages of clients and institutions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.prove.restore.judge import Outside, judge

#: The second message was lost with its number 3 and sent again.
GOOD = Outside(
    told={("a", "1"): {1}, ("a", "2"): {3, 2}},
    finals={1: {"final-1"}, 2: {"final-2"}, 3: {"final-3"}},
    events={("i", 7, 1, 1): {"event-1"}, ("i", 7, 1001, 1): {"event-2"}},
)
STORED, NAMED = {1, 2}, {3}


def test_a_good_restore_is_accepted() -> None:
    assert list(judge(GOOD, STORED, NAMED)) == []


@pytest.mark.parametrize(
    ("outside", "stored", "named", "line"),
    [
        pytest.param(GOOD, STORED, set(), "3 was told, is not stored and not named", id="not named"),
        pytest.param(GOOD, STORED, {3, 2}, "2 is named as missing, and is stored", id="wrongly named"),
        pytest.param(
            replace(GOOD, told={**GOOD.told, ("b", "1"): {2}}), STORED, NAMED, "2 was told to 2 messages",
            id="number given twice",
        ),
        pytest.param(
            replace(GOOD, finals={**GOOD.finals, 1: {"final-1", "other"}}), STORED, NAMED,
            "1 has 2 final replies", id="second final",
        ),
        pytest.param(
            replace(GOOD, events={("i", 7, 1, 1): {"event-1", "other"}}), STORED, NAMED,
            "i got 2 events as version 1 of relation 7", id="version given twice",
        ),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(outside: Outside, stored: set[int], named: set[int], line: str) -> None:
    assert list(judge(outside, stored, named)) == [line]
