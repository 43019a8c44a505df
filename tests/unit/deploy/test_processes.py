"""Identities of processes, private files, free ports."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import processes


def test_a_process_is_identified_by_its_start_until_it_ends() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = processes.birth(child.pid)
    assert born is not None
    assert born == processes.birth(child.pid)
    child.kill()
    processes.wait_until(lambda: processes.birth(child.pid) is None, 5, "a zombie to count as gone")
    child.communicate()
    assert processes.birth(child.pid) is None


def test_a_reused_pid_is_another_process(tmp_path: Path) -> None:
    born = processes.birth(os.getpid())
    assert born is not None
    state = {
        "a": {"pid": os.getpid(), "started": born},
        "b": {"pid": os.getpid(), "started": born - 1},
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    assert processes.alive(tmp_path) == {"a": os.getpid()}


@pytest.mark.parametrize("text", ["", "{", "not there"])
def test_without_state_no_process_is_alive(tmp_path: Path, text: str) -> None:
    if text != "not there":
        (tmp_path / "state.json").write_text(text)
    assert processes.alive(tmp_path) == {}
    assert processes.kill_all(tmp_path) == []


def test_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "secret"
    for text, mode in (("one", 0o600), ("two", 0o400)):
        processes.write_private(path, text, mode)
        assert (path.read_text(), path.stat().st_mode & 0o777) == (text, mode)
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_ports_are_free_and_distinct() -> None:
    ports = [processes.free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_a_port_reserved_by_a_process_is_free_after_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two stacks that start at once never get one port."""
    source = "from deploy.local.processes import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        monkeypatch.setattr(processes, "_PORTS", range(port, port + 1))
        with pytest.raises(RuntimeError, match="no free TCP port"):
            processes.free_port()
        other.communicate("\n")
    assert processes.free_port() == port


def test_a_timed_out_wait_names_its_condition() -> None:
    with pytest.raises(TimeoutError, match="waited 0 s for Godot"):
        processes.wait_until(lambda: False, 0.1, "Godot", poll=0.01)
