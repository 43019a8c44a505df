"""Connections without a token to running services, a quarter of the number in `tests.prove.strangers`."""

from __future__ import annotations

import asyncio

import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from tests.prove.strangers import Attack, Outcome, Target, attacks, run, targets

pytestmark = pytest.mark.stack

#: Which attack meets which service: at once, as each takes its 15 seconds.
_MET = {"intake": "bodies", "access": "heads from 60 sources", "personnel_file": "idle", "contact": "heads"}
_REPEATS = 2


async def test_unauthenticated_connections_exhaust_no_process(stack: Stack, served: Endpoints) -> None:
    """Memory and time are bounded; a client and the ops port are served meanwhile (threat T14)."""
    named = {attack.name: attack for attack in attacks(0.25)}
    prefix = f"{served.deployment.name}."
    met = [each for each in targets(served.document(), stack.folder, prefix) if each.service in _MET]
    outcomes = await asyncio.gather(*(withstood(named[_MET[target.service]], target) for target in met))
    assert [outcome for outcome in outcomes if not outcome.good] == []
    assert all(outcome.opened for outcome in outcomes)


async def withstood(attack: Attack, target: Target) -> Outcome:
    """Attack a process, and again after a bad outcome: other work on the machine can make one answer slow."""
    outcome = await run(attack, target)
    for _ in range(_REPEATS):
        if outcome.good:
            break
        outcome = await run(attack, target)
    return outcome
