"""A cluster of three RabbitMQ nodes, its leader killed while declarations stream in (promise R1)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack
from tests.prove import cluster

pytestmark = pytest.mark.stack

RECOVERY_SECONDS = 30.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack of its own with three nodes behind a balancer, without services."""
    stack = Stack(tmp_path_factory.mktemp("cluster"), services=(), nodes=cluster.NODES)
    stack.start()
    yield stack
    stack.stop()


async def test_a_killed_leader_loses_and_repeats_no_declaration(nodes: Stack) -> None:
    figures = await cluster.prove(nodes, "leader", "rabbitmq", copies=1)
    print(figures)  # noqa: T201 - `pytest -s` shows how long recovery took
    assert (figures.lost, figures.doubled) == (0, 0)
    assert figures.broken == ()
    assert figures.wrong == ()
    assert all(kill.recovered < RECOVERY_SECONDS for kill in figures.kills)


def test_every_queue_has_three_members(nodes: Stack) -> None:
    """A quorum queue of the topology is on all nodes."""
    status, answer = nodes.rabbitmq.management.request("GET", "/api/queues")
    assert status == 200
    members = {len(queue["members"]) for queue in json.loads(answer)}
    assert members == {cluster.NODES}
