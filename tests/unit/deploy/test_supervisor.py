"""The supervisor, with small programs in place of servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import processes, supervisor
from deploy.local.supervisor import Process

SLEEP = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); time.sleep(60)"


def python(name: str, code: str) -> Process:
    return Process(name, [sys.executable, "-c", code], {"PATH": os.defpath})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


@pytest.fixture
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a supervisor of two sleeping programs."""
    supervisor.write(folder, [python("first", SLEEP), python("second", SLEEP)])
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.local.supervisor", str(folder), "--until-eof"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        wait_for(folder, "supervisor", "first", "second")
        time.sleep(0.3)  # until the programs have their signal handlers
        yield process
        processes.kill_all(folder)


def wait_for(folder: Path, *names: str) -> None:
    processes.wait_until(lambda: set(processes.alive(folder)) == set(names), 10, f"{names} to run")


def test_a_dead_program_is_restarted(folder: Path, running: subprocess.Popen[bytes]) -> None:
    before = processes.alive(folder)
    os.kill(before["first"], signal.SIGKILL)
    processes.wait_until(
        lambda: processes.alive(folder).get("first", before["first"]) != before["first"], 5, "it"
    )
    assert processes.alive(folder)["second"] == before["second"]
    assert running.poll() is None


def test_sigterm_stops_everything(folder: Path, running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    running.wait(10)
    assert processes.alive(folder) == {}
    assert running.returncode == 0


def test_the_end_of_its_standard_input_stops_everything(
    folder: Path, running: subprocess.Popen[bytes]
) -> None:
    assert running.stdin is not None
    running.stdin.close()
    running.wait(10)
    assert processes.alive(folder) == {}


def test_children_die_with_a_killed_supervisor(folder: Path, running: subprocess.Popen[bytes]) -> None:
    running.kill()
    running.wait()
    processes.wait_until(lambda: processes.alive(folder) == {}, 5, "the children to die")


def test_sighup_starts_added_and_stops_removed_programs(
    folder: Path, running: subprocess.Popen[bytes]
) -> None:
    before = processes.alive(folder)
    supervisor.write(folder, [python("first", SLEEP), python("third", SLEEP)])
    running.send_signal(signal.SIGHUP)
    wait_for(folder, "supervisor", "first", "third")
    assert processes.alive(folder)["first"] == before["first"]
