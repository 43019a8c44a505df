"""The clients of docs/examples do what their pages promise, against a deployment of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from shared.topology import Deployment

pytestmark = pytest.mark.stack

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Iterator[dict[str, Any]]:
    """Serve a deployment in which no other program reads the clients' queues."""
    endpoints = stack.provision(Deployment("example"), "example")
    stack.serve(endpoints)
    yield endpoints.document()
    stack.unserve(*(name for name in stack.names if name.startswith("example.")))


def run(endpoints: dict[str, Any], *nisses: str) -> list[str]:
    client = next(iter(endpoints["integrators"].values()))
    return example("integrator.py", client["amqp_url"], client["employers"][0], *nisses)


def example(name: str, *arguments: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_the_example_gets_a_token(endpoints: dict[str, Any]) -> None:
    client_id, client = list(endpoints["integrators"].items())[-1]
    told = example("access_token.py", endpoints["token_url"], client_id, client["private_key"])
    assert json.loads("".join(told))["access_token"]


def test_the_example_declares_over_rest_and_polls(endpoints: dict[str, Any]) -> None:
    client_id, client = list(endpoints["integrators"].items())[-1]
    identity = (endpoints["token_url"], client_id, client["private_key"])
    received, answer = example(
        "rest.py", endpoints["rest_url"], *identity, client["employers"][0], endpoints["workers"][1]
    )
    assert received.startswith(f"received {endpoints['rest_url']}/declarations/")
    assert answer.startswith("answer {")
    assert '"result": "A"' in answer


def test_the_example_declares_and_prints_the_result(endpoints: dict[str, Any]) -> None:
    received, reply = run(endpoints, endpoints["workers"][0])
    assert received.startswith("receivedReply {")
    assert reply.startswith("reply {")
    assert '"result": "A"' in reply


def test_the_example_declares_several_workers_in_one_message(endpoints: dict[str, Any]) -> None:
    printed = run(endpoints, *endpoints["workers"][2:5])
    assert sorted(line.partition(" ")[0] for line in printed) == ["receivedReply"] * 3 + ["reply"] * 3


def test_the_example_shows_a_refusal(endpoints: dict[str, Any]) -> None:
    *_, reply = run(endpoints, "93051822300")
    assert '"result": "B"' in reply
    assert "00024-003" in reply
