"""Helpers of the local stack: processes, free ports and private files."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

#: Below the range that Linux uses for outgoing connections, so that no connection takes such a port.
_PORTS: Final = range(20_000, 32_000)
_given: set[int] = set()


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1 that this function gave to no other living process.

    Never return a port twice in one process. Raise RuntimeError if no port is free.
    """
    for port in random.sample(_PORTS, len(_PORTS)):
        if port in _given or not _reserve(port):
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise RuntimeError("no free TCP port on 127.0.0.1")


def _reserve(port: int) -> bool:
    """Reserve a port until this process ends; return False if another process has reserved it.

    The reservation is a lock on one byte of a file of this user.
    """
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):  # fcntl(2) allows either
        return False
    return True


@cache
def _reservations() -> int:
    """Return the descriptor of the file with the locks of ports.

    The file stays open, because closing it releases all locks.
    """
    path = Path(tempfile.gettempdir()) / f"dimona-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that only its owner may read, completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        part.unlink()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    part.replace(path)


def birth(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot, or None if it has ended.

    Together with the pid this identifies a process. A pid alone may be used again later.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def alive(folder: Path) -> dict[str, int]:
    """Return the processes of a stack's folder that still run: name → pid, from state.json."""
    try:
        state = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: row["pid"] for name, row in state.items() if birth(row["pid"]) == row["started"]}


def kill_all(folder: Path) -> list[str]:
    """Kill the remaining processes of an earlier stack of this folder (SIGKILL); return their names."""
    found = alive(folder)
    for name, pid in sorted(found.items(), key=lambda item: item[0] != "supervisor"):
        with suppress(ProcessLookupError):
            if name == "supervisor":
                os.kill(pid, signal.SIGKILL)
            else:
                os.killpg(pid, signal.SIGKILL)
    wait_until(lambda: not alive(folder), 10, "the processes of an earlier stack to end")
    return sorted(found)


def wait_until(ready: Callable[[], bool], seconds: float, what: str, poll: float = 0.05) -> None:
    """Wait until a condition holds. Raise TimeoutError with the text `what` if it does not hold in time."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(poll)
