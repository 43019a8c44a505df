"""The pipelines that `make bench` compares, and the processes of each."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import CONSUMING
from tests.bench import ceiling

#: Each of these takes the place of the services, with the accounts of the services.
PEERS = {
    "plain": "tests.bench.plain",
    "faststream": "tests.bench.peers.faststream_app",
    "celery": "tests.bench.peers.celery_app",
}
CELERY_VHOST = "celery"
LOGS = Path(".run/bench/peers")


@dataclass(slots=True)
class Usage:
    """CPU and memory of the processes of a run, and the CPU that other work took meanwhile."""

    cpu_seconds: dict[str, float]
    rss_mb: dict[str, float]
    seconds: float = 0.0
    outside_cores: float = 0.0


def broker_url(stack: Stack) -> str:
    """Return the address of the broker for an operator, without a vhost."""
    return stack.endpoints.operator_url


def make_vhosts(stack: Stack) -> None:
    """Make the vhosts of Celery and of the ceiling, for the operator alone."""
    management = stack.rabbitmq.management
    operator = broker_url(stack).partition("//")[2].partition(":")[0]
    for vhost in (CELERY_VHOST, ceiling.VHOST):
        management.request("PUT", f"/api/vhosts/{vhost}", {})
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        management.request("PUT", f"/api/permissions/{vhost}/{operator}", rights)


@contextlib.contextmanager
def peer(stack: Stack, name: str) -> Iterator[Mapping[str, int]]:
    """Run a peer in the place of the services; give its pids by service."""
    extra = {"BENCH_CELERY_URL": f"{broker_url(stack)}/{CELERY_VHOST}"}
    commands = {
        service: (
            [sys.executable, "-m", PEERS[name], service],
            {**stack.endpoints.environment(service), **extra},
        )
        for service in CONSUMING
    }
    with _running(name, commands) as pids:
        yield pids


@contextlib.contextmanager
def bare(stack: Stack) -> Iterator[Mapping[str, int]]:
    """Run the ceiling; give its pids by stage."""
    environment = {
        **stack.endpoints.environment("intake"),
        "CEILING_DSN": stack.endpoints.postgres_dsn,
        "CEILING_BROKER": broker_url(stack),
    }
    commands = {
        stage: ([sys.executable, "-m", "tests.bench.ceiling", stage], environment) for stage in ceiling.STAGES
    }
    with _running("ceiling", commands) as pids:
        yield pids


@contextlib.contextmanager
def _running(
    name: str, commands: Mapping[str, tuple[Sequence[str], Mapping[str, str]]]
) -> Iterator[Mapping[str, int]]:
    running: dict[str, subprocess.Popen[bytes]] = {}
    logs = {service: LOGS / f"{name}.{service}.log" for service in commands}
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        for service, (command, environment) in commands.items():
            with logs[service].open("wb") as log:
                running[service] = subprocess.Popen(
                    command, cwd=ROOT, stdout=log, stderr=log, env=dict(environment)
                )
        for service, process in running.items():
            while b"ready\n" not in logs[service].read_bytes():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} {service} ended: {logs[service]}")
                time.sleep(0.1)
        yield {service: process.pid for service, process in running.items()}
        if died := [service for service, process in running.items() if process.poll() is not None]:
            raise RuntimeError(f"{name} ran without {', '.join(died)}: its figure means nothing")
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def measured(stack: Stack, pids: Mapping[str, int]) -> Iterator[Usage]:
    """Note the usage of the block: of these processes, of the servers, and of all other work."""
    every = {name: stack.pid(name) for name in stack.names} | dict(pids)
    usage = Usage({}, {})
    before, busy, start = _times(every), _busy(), time.perf_counter()
    yield usage
    usage.seconds = time.perf_counter() - start
    after = _times(every)
    usage.cpu_seconds = {name: after[name] - before.get(name, 0.0) for name in after}
    outside = _busy() - busy - sum(usage.cpu_seconds.values())
    usage.outside_cores = max(outside / usage.seconds, 0.0)
    usage.rss_mb = {name: _rss(pid) for name, pid in every.items()}


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _times(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the CPU seconds spent so far by each process, with its children; `load` is this process."""
    spent = {}
    for name, pid in pids.items():
        total = 0.0
        for member in _family(pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = member.cpu_times()
                total += times.user + times.system
        spent[name] = total
    own = psutil.Process().cpu_times()
    return {**spent, "load": own.user + own.system}


def _rss(pid: int) -> float:
    total = 0
    for member in _family(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            info = member.memory_full_info() if hasattr(member, "memory_full_info") else member.memory_info()
            total += getattr(info, "pss", info.rss)  # shared pages once: PostgreSQL's count in each child
    return round(total / 2**20, 1)


def _busy() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq
