"""Hostile bodies at the two channels of reception: each becomes a problem, and none an error (threat T13)."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any, Final

import pytest

from services.intake.reception.channels import queue, rest
from shared.runtime.incoming import Incoming
from shared.runtime.step import Item
from tests.prove.security.bodies import ATTACKS, hostile

DECLARATION: Final[dict[str, Any]] = {
    "employer": {"enterpriseNumber": "0990101368"},
    "worker": {"ssin": "93051891449"},
    "dimonaIn": {
        "startDate": "2026-02-21",
        "features": {"workerType": "OTH", "jointCommissionNumber": "XXX"},
    },
}
EVENT: Final = {
    "specversion": "1.0", "id": "1c3f8f3a-0000-4000-8000-000000000001", "source": "urn:async-source:payroll",
    "type": "be.nsso.dimona.v1.declarations.create", "data": DECLARATION,
}  # fmt: skip
COUNT: Final = 1500


def over_rest(random: Random) -> tuple[str, list[int]]:
    """Return the attack, and the statuses of the problems for one body."""
    attack, body = hostile(DECLARATION, random)
    problem = rest.read("client", body).problem
    return attack, [0 if problem is None else problem["status"]]


def over_the_queue(random: Random) -> tuple[str, list[int]]:
    """Return the attack, and the statuses of the problems for the commands in one message."""
    attack, data = hostile(DECLARATION, random)
    body = json.dumps(EVENT | {"data": "@@"}).encode().replace(b'"@@"', data)
    items = list(queue.read(Incoming("q", body, "", "id", "client", 0, None, 1, 0)))
    assert all(isinstance(item, Item) for item in items)
    problems = [item.value.problem for item in items if isinstance(item, Item)]
    return attack, [0 if problem is None else problem["status"] for problem in problems]


@pytest.mark.parametrize("channel", [over_rest, over_the_queue])
def test_each_is_refused_with_a_problem(channel: Any) -> None:
    random, wrong, tried = Random(1), Counter[str](), set[str]()
    for _ in range(COUNT):
        attack, statuses = channel(random)
        tried.add(attack)
        wrong.update(f"{attack}: {status}" for status in statuses or [0] if status not in (400, 413))
    assert wrong == {}
    assert tried == ATTACKS.keys()
