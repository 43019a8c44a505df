"""The local stack as an object: PostgreSQL, RabbitMQ and the services, in one folder.

    stack = Stack(tmp_path, services=())          # the two servers only
    stack.start()                                 # blocks until all of it answers
    stack.endpoints.postgres_dsn                  # the addresses of the stack's own deployment
    other = stack.provision(Deployment("t1"), "t1")   # another one on the same nodes
    stack.kill("rabbitmq"); stack.ready("rabbitmq")   # SIGKILL; the supervisor starts it again
    stack.stop()

All methods block and may be called from anywhere, a running event loop included.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import psutil

from deploy.local import certificates, home, postgres, processes, rabbitmq, supervisor
from deploy.local.deployment import ROOT, Endpoints, Seed, provision
from deploy.local.probing import ready_at
from deploy.local.processes import free_port
from deploy.local.supervisor import Process
from shared.topology import JOBS, JOBS_OF_SIMULATION, SERVICES, Deployment

T = TypeVar("T")

OWN: Final = Deployment()
SANDBOX: Final = Deployment("dimona.sim")
INFRASTRUCTURE: Final = ("postgres", "epmd", "rabbitmq")
INFRASTRUCTURE_SECONDS: Final = 60.0
SERVICE_SECONDS: Final = 30.0
_DEATHS: Final = 4  #: so many processes under one name before it was ever ready: it will never be


class StackError(RuntimeError):
    """The error for a stack, or a part of it, that does not start; the text has the end of its log."""


class AlreadyUpError(StackError):
    """The error for a start in a folder in which a stack already runs."""


class Stack:
    """A stack in a folder. `services` are the services to run; `()` runs only the two servers.

    `keep` uses the data of an earlier start, and leaves the data at the end. `detached` lets the stack
    outlive this process; otherwise it ends when this process ends, even by SIGKILL. `test` marks the
    databases as ones with a clock that may be moved. `nodes` is the number of RabbitMQ nodes. Two or more
    nodes are a cluster behind a balancer, with the processes rabbitmq, rabbitmq2, … `sandbox` also runs the
    sandbox. `tls` makes a throw-away authority; broker, management, database and APIs then accept TLS only.
    """

    def __init__(
        self,
        folder: Path,
        deployment: Deployment = OWN,
        services: Sequence[str] = (*SERVICES, *JOBS),
        *,
        keep: bool = False,
        detached: bool = False,
        test: bool = True,
        nodes: int = 1,
        sandbox: bool = False,
        tls: bool = False,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.folder = folder.resolve()
        self.deployment, self.services = deployment, tuple(services)
        self._keep, self._detached, self._test, self._say = keep, detached, test, say
        self._nodes, self._with_sandbox, self._tls = nodes, sandbox, tls
        self._processes: list[Process] = []
        self._halted: dict[str, Process] = {}
        self._ready: dict[str, Callable[[], bool]] = {}
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._seed: Seed | None = None
        self._postgres: postgres.Postgres | None = None
        self._rabbitmq: rabbitmq.RabbitMQ | None = None
        self._endpoints: Endpoints | None = None
        self._authority: certificates.Authority | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Return the addresses of the stack's own deployment. Raise StackError before `start`."""
        return _started(self._endpoints)

    @property
    def rabbitmq(self) -> rabbitmq.RabbitMQ:
        """Return the broker. Raise StackError before `start`."""
        return _started(self._rabbitmq)

    @property
    def postgres(self) -> postgres.Postgres:
        """Return the database server. Raise StackError before `start`."""
        return _started(self._postgres)

    @property
    def authority(self) -> certificates.Authority:
        """Return the authority of a stack with TLS. Raise StackError for another stack."""
        return _started(self._authority)

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Start everything and wait until all of it answers.

        Raise AlreadyUpError, StackError or debian.Unavailable; then no process is left running.
        """
        with home.locked(self.folder):
            if home.is_up(self.folder):
                raise AlreadyUpError(f"a stack is already up in {self.folder}")
            try:
                self._start()
            except BaseException:
                self._end()
                raise

    def _start(self) -> None:
        if stale := processes.kill_all(self.folder):
            self._say(f"ended what an earlier stack left running: {', '.join(stale)}")
        if not self._keep:
            home.remove(self.folder)
            shutil.rmtree(self.folder / "logs", ignore_errors=True)
        for name in ("logs", "secrets"):
            (self.folder / name).mkdir(exist_ok=True, mode=0o700)
        self._seed = _seed(self.folder / "secrets" / "seed")
        self._start_infrastructure()
        self._say("making database, topology and demo data …")
        self._endpoints = self.provision(self.deployment, "dimona")
        self.serve(self._endpoints, self.services)
        document = self._endpoints.document()
        if self._with_sandbox:
            sandbox = self.provision(SANDBOX, "dimona_sim")
            self.serve(sandbox, (*SERVICES, *JOBS_OF_SIMULATION))
            document["sandbox"] = home.write(self.folder, "sandbox", sandbox.document())
        home.write(self.folder, "endpoints", document)

    def _start_infrastructure(self) -> None:
        self._say("starting PostgreSQL and RabbitMQ (about ten seconds) …")
        certificate = None
        if self._tls:
            self._authority = certificates.Authority(self.folder / "secrets" / "tls")
            certificate = self._authority.issue("server")
        server = self._postgres = postgres.prepare(self.folder, certificate)
        broker = self._rabbitmq = rabbitmq.prepare(self.folder, self._nodes, certificate)
        self._ready = {"postgres": lambda: run(server.answers)}
        self._ready |= {node.name: node.is_ready for node in broker.nodes}
        self._processes = [server.process(), *broker.processes()]
        supervisor.write(self.folder, self._processes)
        self._spawn()
        for name in ("postgres", *(node.name for node in reversed(broker.nodes))):
            self.ready(name)
        broker.management.delete_vhost("/")

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "deploy.local.supervisor", str(self.folder)]
        with (self.folder / "logs" / "supervisor.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                command if self._detached else [*command, "--until-eof"],
                stdin=subprocess.DEVNULL if self._detached else subprocess.PIPE,
                stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """Stop everything, the last started first, and remove the data unless `keep` is set."""
        with home.locked(self.folder):
            self._end()

    def _end(self) -> None:
        home.end(self.folder, keep=self._keep)
        if self._supervisor is not None:
            if self._supervisor.stdin is not None:
                self._supervisor.stdin.close()
            self._supervisor.wait(home.STOP_SECONDS)
            self._supervisor = None

    # ---------------------------------------------------------- deployments

    def provision(self, deployment: Deployment, database: str) -> Endpoints:
        """Create a deployment with database, vhosts and demo data; return its addresses. Start no service."""
        return provision(
            self.folder, _started(self._seed), deployment, database,
            self.postgres, self.rabbitmq, test=self._test, run=run,
        )  # fmt: skip

    def serve(self, endpoints: Endpoints, services: Sequence[str] = SERVICES, *, copies: int = 1) -> None:
        """Run services of a deployment and wait until they are ready. Raise StackError if one is not.

        The processes are named `intake`, … in the stack's own deployment, `t1.intake`, … in another. `copies`
        is the number of processes of each service; the further ones, `t1.intake-2`, …, have no API or SFTP.
        """
        prefix = "" if endpoints.deployment == self.deployment else f"{endpoints.deployment.name}."
        names = []
        for service in services:
            argv = [sys.executable, "-m", f"services.{service}"]
            for copy in range(1, copies + 1):
                names.append(name := f"{prefix}{service}" + (f"-{copy}" if copy > 1 else ""))
                environment, port = endpoints.environment(service), endpoints.ports[service].ops
                if copy > 1:
                    port = free_port()
                    for own in ("DIMONA_API_PORT", "DIMONA_SFTP_PORT"):
                        environment.pop(own, None)
                    environment["DIMONA_OPS_PORT"] = str(port)
                self.add(Process(name, argv, environment, str(ROOT)), ready_at(port))
        if services:
            self._say(f"starting {', '.join(services)} …")
        for name in names:
            self.ready(name)

    def add(self, process: Process, ready: Callable[[], bool]) -> None:
        """Run one more process without waiting for it. `ready` returns whether the process answers."""
        self._processes.append(process)
        self._ready[process.name] = ready
        self._tell_supervisor()

    def unserve(self, *names: str) -> None:
        """Stop processes with SIGTERM, without a restart, and wait until they are gone."""
        self._processes = [process for process in self._processes if process.name not in names]
        self._tell_supervisor()

        def gone() -> bool:
            return not processes.alive(self.folder).keys() & set(names)

        processes.wait_until(gone, home.STOP_SECONDS, f"{', '.join(names)} to stop")

    def _tell_supervisor(self) -> None:
        supervisor.write(self.folder, self._processes)
        os.kill(self.pid("supervisor"), signal.SIGHUP)

    # ------------------------------------------------------- single processes

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the supervised processes, in order of start."""
        return tuple(process.name for process in self._processes)

    def pid(self, name: str) -> int:
        """Return the pid of a running process (`supervisor` included). Raise KeyError when it is down."""
        return processes.alive(self.folder)[name]

    def kill(self, name: str) -> int:
        """Kill a process with SIGKILL, and return its pid; the supervisor starts the process again."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        processes.wait_until(lambda: processes.birth(pid) is None, 10, f"{name} to die")
        return pid

    def halt(self, *names: str) -> None:
        """Stop processes, one after the other; `launch` starts them again."""
        for name in names:
            process = next(process for process in self._processes if process.name == name)
            self._halted.setdefault(name, process)
            self.unserve(name)

    def launch(self, *names: str, environment: Mapping[str, str] | None = None) -> None:
        """Start halted processes, in this order, with more environment variables if given; do not wait."""
        for name in names:
            process = self._halted[name]
            self._processes.append(replace(process, env={**process.env, **(environment or {})}))
            self._tell_supervisor()

    def pause(self, name: str) -> None:
        """Freeze a process and its children with SIGSTOP."""
        for process in self._family(name):
            process.suspend()

    def resume(self, name: str) -> None:
        """Continue a frozen process and its children."""
        for process in reversed(self._family(name)):
            process.resume()

    def _family(self, name: str) -> list[psutil.Process]:
        # The children of a postmaster have sessions of their own: a signal to the group misses them.
        parent = psutil.Process(self.pid(name))
        return [parent, *parent.children(recursive=True)]

    def ready(self, name: str, seconds: float | None = None) -> None:
        """Wait until a process answers. Raise StackError with the end of its log if it does not in time."""
        infrastructure = name.startswith(INFRASTRUCTURE)
        limit = seconds or (INFRASTRUCTURE_SECONDS if infrastructure else SERVICE_SECONDS)
        end, seen = time.monotonic() + limit, set[int]()
        while not self._ready[name]():
            seen.add(processes.alive(self.folder).get(name, 0))
            if time.monotonic() > end or (not infrastructure and len(seen - {0}) >= _DEATHS):
                raise StackError(f"{name} is not ready\n{home.tail(self.folder, name)}")
            time.sleep(0.1)


def _started(value: T | None) -> T:
    if value is None:
        raise StackError("the stack is not started")
    return value


def run(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Run a coroutine function in an event loop and a thread of its own, and return its result."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(lambda: asyncio.run(function(*arguments, **named))).result()


def _seed(file: Path) -> Seed:
    if not file.exists():
        processes.write_private(file, secrets.token_hex(32))
    return Seed(file.read_text())
