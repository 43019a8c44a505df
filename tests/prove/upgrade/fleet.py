"""The processes of a stack that another release started, replaced one after the other as an operator does."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy.local import home, processes, supervisor
from deploy.local.probing import ready_at
from deploy.local.processes import free_port
from deploy.local.supervisor import Process
from shared.topology import SERVICES
from tests.prove.upgrade.release import Release

#: Consumers before producers: a process is replaced before the processes that it reads from.
#: A roll-back takes the reverse order.
ORDER: Final = (
    "ledger", "provisioner", "notifier", "feed", "contact", "files", "personnel_file", "identification",
    "intake", "access", "portal",
)  # fmt: skip
#: Services that run in two processes, so that one of them works while the other is replaced.
PAIRED: Final = ("intake", "identification", "personnel_file", "notifier", "feed")
_READY_SECONDS: Final = 90.0
_OF_ONE_PROCESS: Final = ("DIMONA_API_PORT", "DIMONA_SFTP_PORT")

Settings = Mapping[str, Callable[[Mapping[str, Process]], dict[str, str]]]


def _apis_of_portal(rows: Mapping[str, Process]) -> dict[str, str]:
    def url(name: str, port: str, path: str = "") -> str:
        return f"http://127.0.0.1:{rows[name].env[port]}{path}"

    apis = json.loads(rows["portal"].env["DIMONA_PORTAL_APIS"])
    apis["identification"] = url("identification", "DIMONA_API_PORT")
    health = {name: url(name, "DIMONA_OPS_PORT", "/health") for name in SERVICES}
    return {"DIMONA_PORTAL_APIS": json.dumps(apis), "DIMONA_PORTAL_HEALTH": json.dumps(health)}


#: The settings that an operator gives the processes of the new release and not those of the old one.
NEW_SETTINGS: Final[Settings] = {
    "identification": lambda _rows: {"DIMONA_API_PORT": str(free_port())},
    "portal": _apis_of_portal,
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """The replacement of one process."""

    process: str
    release: str  #: commit
    seconds: float  #: from SIGTERM until the new process was ready


class Fleet:
    """The services and jobs of a stack in a folder, under the supervisor of the release that started it.

    Raise RuntimeError if the stack lacks a process of the present release, because none is added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = supervisor.read(folder)
        if missing := set(ORDER) - set(self._rows):
            raise RuntimeError(f"the old release has no {', '.join(sorted(missing))}: take a later one")
        self._first = dict(self._rows)  #: as the old release started them
        self.replaced: list[Replacement] = []

    def double(self, services: Iterable[str] = PAIRED) -> None:
        """Start a second process of these services, without an API, and wait until it is ready."""
        for service in services:
            row = self._rows[service]
            env = {name: value for name, value in row.env.items() if name not in _OF_ONE_PROCESS}
            name = f"{service}-2"
            self._rows[name] = replace(row, name=name, env={**env, "DIMONA_OPS_PORT": str(free_port())})
        self._first = dict(self._rows)
        self._tell_supervisor()
        for service in services:
            self._wait(f"{service}-2")

    def upgrade(self, service: str, release: Release) -> None:
        """Replace each process of a service by one of the new release, with its new settings."""
        for name in self._names(service):
            row = self._rows[name]
            more = {} if name.endswith("-2") else self._new_settings(service)
            argv = [str(release.python), *row.argv[1:]]
            self._replace(replace(row, argv=argv, cwd=str(release.root), env={**row.env, **more}), release)

    def roll_back(self, service: str, release: Release) -> None:
        """Replace each process of a service by one of the release that started the stack."""
        for name in self._names(service):
            self._replace(self._first[name], release)

    def killed(self) -> list[str]:
        """Return the lines of the supervisor about processes that did not drain in time."""
        log = (self._folder / "logs" / "supervisor.log").read_text()
        return [line for line in log.splitlines() if "is killed" in line]

    def died(self) -> list[str]:
        """Return the lines of the supervisor about processes that ended by themselves."""
        log = (self._folder / "logs" / "supervisor.log").read_text()
        return [line for line in log.splitlines() if " ended with " in line]

    def _new_settings(self, service: str) -> dict[str, str]:
        return NEW_SETTINGS[service](self._rows) if service in NEW_SETTINGS else {}

    def _names(self, service: str) -> list[str]:
        return [name for name in self._rows if name == service or name == f"{service}-2"]

    def _replace(self, row: Process, release: Release) -> None:
        before, began = processes.alive(self._folder)[row.name], time.monotonic()
        self._rows[row.name] = row
        self._tell_supervisor()

        def is_new() -> bool:
            pid = processes.alive(self._folder).get(row.name, before)
            return pid != before and Path(f"/proc/{pid}/cwd").resolve() == release.root

        processes.wait_until(is_new, _READY_SECONDS, f"{row.name} of {release.commit} to start")
        self._wait(row.name)
        self.replaced.append(Replacement(row.name, release.commit, round(time.monotonic() - began, 1)))

    def _wait(self, name: str) -> None:
        ready = ready_at(int(self._rows[name].env["DIMONA_OPS_PORT"]))
        try:
            processes.wait_until(ready, _READY_SECONDS, f"{name} to be ready", 0.2)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{home.tail(self._folder, name)}") from None

    def _tell_supervisor(self) -> None:
        supervisor.write(self._folder, list(self._rows.values()))
        os.kill(processes.alive(self._folder)["supervisor"], signal.SIGHUP)
