"""The local stack: its ports, secrets, restarts and end."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiormq.exceptions import AMQPError

from deploy.local import postgres, processes
from deploy.local.home import stop
from deploy.local.stack import INFRASTRUCTURE, AlreadyUpError, Stack, StackError
from shared.runtime.broker import connect
from shared.topology import JOBS, SERVICES, Deployment
from tests.integration.processes import family, listening, told

pytestmark = pytest.mark.stack


def allowed(stack: Stack) -> set[tuple[str, int]]:
    """Return the addresses a stack may listen on; epmd also uses IPv6's loopback address if there is one."""
    ports = {stack.postgres.port, *stack.rabbitmq.ports.values()}
    for service in stack.services:
        ports |= {port for port in astuple(stack.endpoints.ports[service]) if port is not None}
    if "files" in stack.services:
        ports.add(stack.endpoints.transfer.port)
    addresses = {("127.0.0.1", port) for port in ports}
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        addresses.add(("::1", stack.rabbitmq.epmd))
    return addresses


def secrets(stack: Stack) -> set[str]:
    """Return every secret of a stack: its secret files, and the passwords in them."""
    files = {file for file in (stack.folder / "secrets").rglob("*") if file.is_file()}
    found = {file.read_text().strip() for file in files}
    return found | {url.partition("@")[0].rpartition(":")[2] for url in stack.endpoints.amqp_urls.values()}


async def test_broker_and_database_are_ready(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.endpoints.postgres_dsn)
    assert await connection.fetchval("SELECT moved_by FROM platform.clock") is not None
    await connection.close()
    broker = await connect(stack.endpoints.operator_url, stack.endpoints.deployment.internal, "test")
    await broker.close()


def test_the_only_users_are_ours(stack: Stack) -> None:
    status, users = stack.rabbitmq.management.request("GET", "/api/users")
    assert status == 200
    assert b'"name":"operator"' in users
    assert b'"name":"guest"' not in users


async def test_the_user_guest_is_refused(stack: Stack) -> None:
    guest = f"amqp://guest:guest@127.0.0.1:{stack.rabbitmq.amqp}"
    with pytest.raises(AMQPError):
        await connect(guest, stack.endpoints.deployment.public, "test")


def test_no_secret_is_in_an_argument_or_an_environment(stack: Stack) -> None:
    assert len(secrets(stack)) > 10
    seen = " ".join(told(stack))
    assert not [secret for secret in secrets(stack) if secret in seen]


def test_secret_files_are_readable_by_their_owner_only(stack: Stack) -> None:
    top = stack.folder / "secrets"
    for path in (top, *(path for path in top.rglob("*") if path.is_file())):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (stack.endpoints.secrets / "intake" / "dimona_key").stat().st_mode & 0o777 == 0o400


async def test_deployments_share_the_servers_and_nothing_else(stack: Stack) -> None:
    other = stack.provision(Deployment("other"), "other")
    assert other.key != stack.endpoints.key
    connection = await asyncpg.connect(other.dsns["intake"])
    assert await connection.fetchval("SELECT current_database()") == "other"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SELECT * FROM notifier.outbox")
    await connection.close()
    stranger = other.amqp_urls["service:intake"]
    with pytest.raises(AMQPError):
        await connect(stranger, stack.endpoints.deployment.internal, "test")
    await (await connect(stranger, other.deployment.internal, "test")).close()


@pytest.mark.parametrize("name", ["postgres", "rabbitmq"])
async def test_a_killed_server_restarts_with_its_data(stack: Stack, name: str) -> None:
    before = stack.kill(name)
    stack.ready(name)
    assert stack.pid(name) != before
    connection = await asyncpg.connect(stack.endpoints.postgres_dsn)
    assert await connection.fetchval("SELECT count(*) FROM platform.migrations") > 0
    await connection.close()
    await (await connect(stack.endpoints.operator_url, stack.endpoints.deployment.internal, "test")).close()


def test_a_second_start_in_one_folder_does_not_affect_the_first(stack: Stack) -> None:
    before = processes.alive(stack.folder)
    with pytest.raises(AlreadyUpError):
        Stack(stack.folder, services=()).start()
    assert processes.alive(stack.folder) == before


def test_a_paused_process_answers_again_when_it_goes_on(stack: Stack) -> None:
    stack.pause("postgres")
    with pytest.raises(StackError):
        stack.ready("postgres", 0.2)
    stack.resume("postgres")
    stack.ready("postgres")


def test_a_halted_process_stays_away_until_it_is_launched(stack: Stack) -> None:
    stack.halt("epmd")
    assert "epmd" not in processes.alive(stack.folder)
    stack.launch("epmd", environment={"EXTRA": "1"})
    processes.wait_until(lambda: "epmd" in processes.alive(stack.folder), 60, "epmd to start")
    assert psutil.Process(stack.pid("epmd")).environ()["EXTRA"] == "1"
    stack.halt("epmd")
    stack.launch("epmd")
    processes.wait_until(lambda: "epmd" in processes.alive(stack.folder), 60, "epmd to start")
    assert "EXTRA" not in psutil.Process(stack.pid("epmd")).environ()


def test_a_service_that_cannot_start_is_reported_with_its_log(stack: Stack, tmp_path: Path) -> None:
    before = stack.names
    with pytest.raises(StackError, match=r"(?s)notifier is not ready.*database_dsn"):
        stack.serve(replace(stack.endpoints, secrets=tmp_path), ["notifier"])
    stack.unserve("notifier")
    assert "notifier" not in processes.alive(stack.folder)
    assert stack.names == before


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """Yield a whole stack that a test may destroy."""
    stack = Stack(tmp_path / "own")
    stack.start()
    yield stack
    stack.stop()


def gone(pids: Iterable[int]) -> bool:
    return all(processes.birth(pid) is None for pid in pids)


def test_a_whole_stack_hides_ports_and_secrets_and_restarts_after_a_crash(own: Stack) -> None:
    assert listening(own) == allowed(own)
    seen = " ".join(told(own))
    assert not [secret for secret in secrets(own) if secret in seen]
    own.kill("intake")
    own.ready("intake")

    pids = [process.pid for process in family(own)]
    os.kill(own.pid("supervisor"), signal.SIGKILL)
    # The children hear of it from the kernel.
    processes.wait_until(lambda: gone(pids), 60, "all processes to die")
    again = Stack(own.folder)
    again.start()
    try:
        assert again.names == (*INFRASTRUCTURE, *SERVICES, *JOBS)
        assert listening(again) == allowed(again)
    finally:
        again.stop()


def test_stop_leaves_no_process_no_port_and_no_data(own: Stack) -> None:
    pids = [process.pid for process in family(own)]
    ports = [port for _, port in allowed(own)]
    own.stop()
    assert gone(pids)
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    assert not postgres.home_of(own.folder).exists()
    assert not (own.folder / "secrets").exists()
    assert stop(own.folder) == []
