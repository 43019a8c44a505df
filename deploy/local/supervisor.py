"""The program that keeps a local stack running: `python -m deploy.local.supervisor FOLDER`.

FOLDER/processes.json lists the processes (see `Process`), in order of start; a SIGHUP makes the supervisor
read this file again. FOLDER/state.json lists the running processes: name → {pid, started}. A process that
dies is started again. SIGTERM stops all processes, the last started first. The supervisor outlives its parent
unless `--until-eof` is given: then the end of its standard input stops it too.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import pwd
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.local import processes
from shared.runtime.descriptors import raise_descriptors

GRACE: Final = 25.0  #: seconds between SIGTERM and SIGKILL
FIRST_DELAY: Final = 0.2  #: seconds before a dead process is started again, doubled each time
LAST_DELAY: Final = 5.0
STEADY: Final = 10.0  #: seconds of life after which a death counts as the first one again
_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None)  # loaded here: nothing may be imported between fork and exec


@dataclass(frozen=True, slots=True)
class Process:
    """A program to keep running, in a process group of its own."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)  #: the whole environment, never a secret
    cwd: str = "/"
    user: str | None = None  #: operating system user; None for the user of the supervisor
    stop_signal: int = signal.SIGTERM


def write(folder: Path, wanted: Sequence[Process]) -> None:
    """Write the list of processes for the supervisor of `folder`, which reads it at its next SIGHUP."""
    processes.write_private(folder / "processes.json", json.dumps([asdict(process) for process in wanted]))


def read(folder: Path) -> dict[str, Process]:
    """Return the processes that the supervisor of `folder` has to run, in order."""
    rows = json.loads((folder / "processes.json").read_text())
    return {row["name"]: Process(**row) for row in rows}


class Supervisor:
    """The program that starts, restarts and stops the processes of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._wanted: dict[str, Process] = {}
        self._changed = asyncio.Event()
        self._ending = asyncio.Event()

    async def run(self, until_eof: bool) -> None:
        """Keep the processes running until SIGTERM or SIGINT; with `until_eof` also until the input ends."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._changed.set)
        if until_eof:
            loop.add_reader(sys.stdin, self._end)
        while not self._ending.is_set():
            self._changed.clear()
            await self._follow(read(self._folder))
            await self._changed.wait()
        await self._follow({})

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin)
        self._ending.set()
        self._changed.set()

    async def _follow(self, wanted: dict[str, Process]) -> None:
        for name in reversed(list(self._tasks)):
            if wanted.get(name) != self._wanted[name]:
                await self._stop(name)
        for name, process in wanted.items():
            if name not in self._tasks:
                self._wanted[name] = process
                self._tasks[name] = asyncio.create_task(self._keep(process), name=name)

    async def _keep(self, process: Process) -> None:
        loop = asyncio.get_running_loop()
        delay = FIRST_DELAY
        while True:
            began = loop.time()
            running = await self._start(process)
            code = await running.wait()
            # Processes left behind in its group would hold its port.
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            if loop.time() - began > STEADY:
                delay = FIRST_DELAY
            _say(f"{process.name} ended with {code}; again in {delay:.1f} s")
            await asyncio.sleep(delay)
            delay = min(2 * delay, LAST_DELAY)

    async def _start(self, process: Process) -> asyncio.subprocess.Process:
        log = os.open(
            self._folder / "logs" / f"{process.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        try:
            running = await asyncio.create_subprocess_exec(
                *process.argv,
                env=dict(process.env),
                cwd=process.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
                **_identity(process.user),
            )
        finally:
            os.close(log)
        self._running[process.name] = running
        self._note()
        return running

    async def _stop(self, name: str) -> None:
        task, process, running = self._tasks.pop(name), self._wanted.pop(name), self._running.pop(name, None)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if running is not None and running.returncode is None:
            running.send_signal(signal.SIGCONT)  # a paused process would not hear the next one
            running.send_signal(process.stop_signal)
            try:
                await asyncio.wait_for(running.wait(), GRACE)
            except TimeoutError:
                _say(f"{name} did not stop within {GRACE:.0f} s and is killed")
                with suppress(ProcessLookupError):
                    running.kill()
                await running.wait()
        if running is not None:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
        self._note()

    def _note(self) -> None:
        pids = {"supervisor": os.getpid(), **{name: running.pid for name, running in self._running.items()}}
        state = {name: {"pid": pid, "started": processes.birth(pid)} for name, pid in pids.items()}
        processes.write_private(self._folder / "state.json", json.dumps(state))


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def _die_with(parent: int) -> Callable[[], None]:
    """Return a function for a new child: the kernel then kills the child when its parent dies."""

    def before_exec() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def _identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def main(folder: Path, until_eof: bool) -> None:
    """Run the supervisor of `folder` until a signal or the end of its input stops it."""
    os.umask(0o077)
    # RabbitMQ takes a file for each queue; at the usual limit of 1,024 it stops to answer, without an error.
    raise_descriptors()
    asyncio.run(Supervisor(folder).run(until_eof))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--until-eof" in sys.argv[2:])
