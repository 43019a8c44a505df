"""Controls of threats T29 and T30: the checks find an open port and a password on a command line.

tests/integration/test_local_stack.py shows on a whole stack that there are none.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import psutil
import pytest

from deploy.local.processes import free_port
from deploy.local.stack import Stack
from tests.integration.processes import listening, told


class Family:
    """A process and its children, in place of a stack."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def pid(self, _name: str) -> int:
        return self._pid


_CARELESS = (
    "import socket, sys, time; s = socket.create_server(('', {port})); print(flush=True); time.sleep(60)"
)


@pytest.fixture
def careless() -> Iterator[tuple[Stack, int]]:
    """Yield a process with a child that listens on all interfaces, a password as argument, and the port."""
    port = free_port()
    child = [sys.executable, "-c", _CARELESS.format(port=port), "--password=opensesame"]
    parent = f"import subprocess; subprocess.run({child!r}, env={{'WORD': 'opensesame-too'}})"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        stack = cast(Stack, Family(process.pid))
        try:
            yield stack, port
        finally:
            for one in reversed(children(process.pid)):
                one.kill()


def children(pid: int) -> list[psutil.Process]:
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def test_control_an_open_port_is_found(careless: tuple[Stack, int]) -> None:
    stack, port = careless
    assert listening(stack) == {("0.0.0.0", port)}  # noqa: S104 - that is the point


def test_control_a_password_in_an_argument_or_environment_is_found(careless: tuple[Stack, int]) -> None:
    stack, _ = careless
    assert {"--password=opensesame", "opensesame-too"} <= told(stack)
