"""The table of `make rules` contains only facts that tests have shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from shared.domain.anomalies import OFFICIAL, Status, anomaly
from tests.rules import Line, Witness, anomalies_in, lines, summary

FOUND = anomaly("00024-003", "worker.ssin")


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ((), []),
        ((FOUND,), [FOUND]),
        (SimpleNamespace(outcome=SimpleNamespace(anomalies=(FOUND,))), [FOUND]),
        (SimpleNamespace(anomalies=(FOUND,)), [FOUND]),
        (None, []),
    ],
)
def test_anomalies_are_found_in_the_result_of_a_rule(result: Any, found: list[Any]) -> None:
    assert list(anomalies_in(result)) == found


def told(witness: Witness) -> Line:
    return next(line for line in lines(witness) if line.code == "00024-003")


def test_a_passed_test_that_names_and_raises_a_code_counts() -> None:
    witness = Witness()
    for test in ("raises[00024-003]", "failed[00024-003]", "something else"):
        witness.heard[test] = {"admit": {"00024-003"}}
    witness.heard["silent[00024-003]"] = {"admit": {"00011-003"}}
    witness.played = ["raises[00024-003]", "something else", "silent[00024-003]"]
    line = told(witness)
    assert (line.raised, line.silent, line.lacks) == (("raises[00024-003]",), ("silent[00024-003]",), "")


def test_an_implemented_code_needs_both() -> None:
    witness = Witness()
    assert told(witness).lacks == "a test that raises it"
    witness.heard["raises[00024-003]"] = {"admit": {"00024-003"}}
    witness.played = ["raises[00024-003]"]
    assert told(witness).lacks == "a test in which it stays silent"


@pytest.mark.parametrize("asked", [{}, {"settle": set()}], ids=["nothing", "another function"])
def test_absence_counts_only_of_a_called_function_that_can_raise_the_code(asked: dict[str, set[str]]) -> None:
    witness = Witness(played=["raises[00024-003]", "silent[00024-003]"])
    witness.heard["raises[00024-003]"] = {"admit": {"00024-003"}}
    witness.heard["silent[00024-003]"] = asked
    assert told(witness).lacks == "a test in which it stays silent"
    witness.heard["silent[00024-003]"] = {"admit": set()}
    assert told(witness).lacks == ""


def test_an_anomaly_given_as_argument_was_not_raised() -> None:
    """A settlement repeats the anomalies of intake, which does not prove that a rule finds them."""
    witness = Witness("raises[00024-003]", played=["raises[00024-003]"])

    def settle(declaration: Any, *, more: Any = ()) -> Any:
        return SimpleNamespace(outcome=SimpleNamespace(anomalies=(*declaration.anomalies, *more, FOUND)))

    listens = witness._listening(settle)
    listens(SimpleNamespace(anomalies=(FOUND,)))
    listens(SimpleNamespace(anomalies=()), more=(FOUND,))
    assert told(witness).lacks == "a test that raises it"
    listens(SimpleNamespace(anomalies=()))
    assert told(witness).raised == ("raises[00024-003]",)


def test_the_table_has_all_codes_and_needs_no_test_for_unimplemented_ones() -> None:
    table = lines(Witness())
    assert tuple(line.code for line in table) == OFFICIAL
    with_rule = [line for line in table if line.status in (Status.IMPLEMENTED, Status.WITHOUT_CHANNEL)]
    assert all(line.lacks == "" for line in table if line not in with_rule)
    assert len(with_rule) >= 180


def test_the_counts_are_numbers_of_codes_with_a_rule() -> None:
    statuses = [Status.IMPLEMENTED] * 3 + [Status.WITHOUT_CHANNEL] * 2 + [Status.HISTORIC]
    table = [Line("00024-003", status, (), ()) for status in statuses]
    assert summary(table) == (
        "6 decided: 3 implemented, 2 rule without a channel, 1 historic, 0 undecidable\n"
        "3 implemented + 2 rule without a channel = 5 with a rule and its tests"
    )
