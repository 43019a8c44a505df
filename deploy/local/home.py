"""The folder of a stack: its lock, state, data and logs, and the end of the processes that run in it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from deploy.local import postgres, processes

STOP_SECONDS: Final = 120.0  #: for the whole stack; each process has the supervisor's grace


def is_up(folder: Path) -> bool:
    """Return whether a stack of this folder has come up completely and was not stopped since."""
    return "supervisor" in processes.alive(folder) and (folder / "endpoints.json").exists()


def stop(folder: Path, *, keep: bool = False) -> list[str]:
    """Stop the stack of a folder, started by this process or another; return the names of its processes."""
    with locked(folder):
        return end(folder, keep=keep)


def end(folder: Path, *, keep: bool) -> list[str]:
    """Stop the stack of a folder while the caller holds the lock of the folder; return its processes' names.

    `keep` leaves data and secrets.
    """
    for name in ("endpoints.json", "sandbox.json"):
        (folder / name).unlink(missing_ok=True)
    running = processes.alive(folder)
    if "supervisor" in running:
        os.kill(running["supervisor"], signal.SIGTERM)
        with suppress(TimeoutError):
            processes.wait_until(lambda: not processes.alive(folder), STOP_SECONDS, "the stack to stop")
    processes.kill_all(folder)
    if not keep:
        remove(folder)
    for name in ("state.json", "processes.json"):
        (folder / name).unlink(missing_ok=True)
    return sorted(running)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder in the `with` block, so that one start or stop runs at a time."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(folder: Path, name: str, document: Mapping[str, Any]) -> str:
    """Write a document as JSON that only the owner of the folder may read; return the path of its file."""
    file = folder / f"{name}.json"
    processes.write_private(file, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return str(file)


def remove(folder: Path) -> None:
    """Delete data and secrets of a stopped stack; its logs stay until the next start."""
    postgres.remove(folder)
    for name in ("rabbitmq", "secrets", "demo", "files", "transfer"):
        shutil.rmtree(folder / name, ignore_errors=True)


def tail(folder: Path, name: str, lines: int = 30) -> str:
    """Return the last lines of the log of a process; for `rabbitmq` also those of the broker's own log."""
    files = [folder / "logs" / f"{name}.log"]
    if name == "rabbitmq":
        files += sorted((folder / "rabbitmq" / "log").glob("*.log"))
    parts = []
    for file in files:
        with suppress(OSError):
            parts += [f"--- {file}", *file.read_text(errors="replace").splitlines()[-lines:]]
    return "\n".join(parts)
