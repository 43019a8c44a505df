"""The attacks of `make prove-security` on running services, in a small edition."""

from __future__ import annotations

import pytest

from deploy.local.deployment import Endpoints
from tests.contracts.openapi import contracts
from tests.prove.security.attack import SMALL, attack
from tests.prove.security.figures import LEAKS, SERVER_ERRORS, STRANGERS, Figures

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def parts(served: Endpoints) -> dict[str, Figures]:
    """Run the attacks once, one after the other."""
    return dict(attack(served, SMALL))


def test_every_stranger_is_refused_at_every_operation(parts: dict[str, Figures]) -> None:
    """Without the right token or rights no operation answers with content (threats T1, T3, T4)."""
    assert parts["strangers"].cases > 600
    assert parts["strangers"].faults.get(STRANGERS, {}) == {}


def test_an_id_of_others_is_answered_like_a_missing_one(parts: dict[str, Figures]) -> None:
    """Threats T6, T15."""
    assert parts["ids"].cases > 50
    assert parts["ids"].faults.get(LEAKS, {}) == {}


@pytest.mark.parametrize("channel", ["bodies", "events"])
def test_every_hostile_body_is_answered_with_a_problem(parts: dict[str, Figures], channel: str) -> None:
    """Threat T13: over REST and over the queue."""
    assert parts[channel].cases >= 100
    assert parts[channel].faults.get(SERVER_ERRORS, {}) == {}


def test_every_answer_is_in_the_contract(parts: dict[str, Figures]) -> None:
    """Threats T7, T22: correct and wrong requests to every operation."""
    found = {name: parts[f"requests from {name}"] for name in contracts()}
    assert sum(figures.cases for figures in found.values()) > 1_500
    assert {name: figures.faults for name, figures in found.items() if figures.faults} == {}
