"""The bad days, as a table: each fault begins when its context is entered and is healed when it is left."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from deploy.local import debian, postgres
from deploy.local.postgres import Postgres
from deploy.local.processes import free_port
from deploy.local.stack import Stack, run
from tests.prove.bad_day.credentials import (
    broker_passwords,
    certificates,
    database_passwords,
    superuser,
    write_addresses,
)
from tests.prove.bad_day.frame import Case, Site

_ROOM: Final = 192 * 1024 * 1024  #: bytes that the small disk has beyond the data


# ------------------------------------------------------------------- database


async def set_read_only(dsn: str, value: str) -> None:
    """Make every transaction of a server read-only, or writable again."""
    async with superuser(dsn) as connection:
        await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await connection.execute("SELECT pg_reload_conf()")


@asynccontextmanager
async def read_only(site: Site) -> AsyncIterator[None]:
    """Refuse every write with 25006, as a former primary does after a switch-over."""
    await set_read_only(site.endpoints.superuser_dsn, "on")
    yield
    await set_read_only(site.endpoints.superuser_dsn, "off")


@contextmanager
def streaming_replica(stack: Stack) -> Iterator[Postgres]:
    """Run a second PostgreSQL that follows the first by streaming replication."""
    first = stack.postgres
    home = first.home.with_name(f"{first.home.name}-replica")
    second = replace(first, home=home, port=free_port())
    shutil.rmtree(home, ignore_errors=True)
    postgres.own(home, first.user)
    program = Path(first.process().argv[0])
    command = [
        str(program.with_name("pg_basebackup")),
        "-D",
        str(home / "data"),
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
    ]
    subprocess.run(
        [*command, "-h", "127.0.0.1", "-p", str(first.port), "-U", postgres.SUPERUSER],
        cwd=home, user=first.user, env={"PGPASSWORD": first.password}, check=True, capture_output=True,
    )  # fmt: skip
    own = f"port = {second.port}\nunix_socket_directories = ''\n"
    with (home / "data" / "dimona.conf").open("a") as file:
        file.write(own)
    stack.add(replace(second.process(), name="postgres-replica"), lambda: run(second.answers))
    stack.ready("postgres-replica")
    try:
        yield second
    finally:
        stack.unserve("postgres-replica")
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def switch_over(site: Site) -> AsyncIterator[None]:
    """Make the primary read-only, then promote the replica and give its address to all."""
    old, new = site.stack.postgres, site.prepared
    await set_read_only(old.dsn(), "on")
    yield
    async with superuser(old.dsn()) as connection:
        last = await connection.fetchval("SELECT pg_current_wal_flush_lsn()::text")
    async with superuser(new.dsn()) as connection:
        replayed = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
        while not await connection.fetchval(replayed, last):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.1)
        await connection.execute("SELECT pg_promote()")
    await asyncio.to_thread(site.stack.halt, "postgres")

    def moved(dsn: str) -> str:
        return dsn.replace(f":{old.port}/", f":{new.port}/", 1)

    site.world.database.move(moved(site.endpoints.postgres_dsn))
    write_addresses(
        site, "dimona_database_dsn", {name: moved(dsn) for name, dsn in site.endpoints.dsns.items()}
    )


@contextmanager
def small_disk(stack: Stack) -> Iterator[Path]:
    """Move the data of PostgreSQL, its WAL included, to a tmpfs with little room."""
    data = stack.postgres.home / "data"
    aside = data.with_name("data.aside")
    stack.halt("postgres")
    data.rename(aside)
    data.mkdir(mode=0o700)
    used = sum(path.lstat().st_size for path in aside.rglob("*"))
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={used + _ROOM},mode=0700", "tmpfs", data], check=True
    )
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", data], check=True)
        stack.launch("postgres")
        stack.ready("postgres")
        yield data
        stack.halt("postgres")
    finally:
        subprocess.run(["umount", "--lazy", data], check=True)


@asynccontextmanager
async def full_disk(site: Site) -> AsyncIterator[None]:
    """Fill the disk of PostgreSQL to the last byte (promise R8)."""
    ballast = site.prepared / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(64 * 1024))
    yield
    ballast.unlink()


# --------------------------------------------------------------------- broker


def rabbitmqctl(site: Site, *arguments: str) -> None:
    """Run a command of the broker's own tool."""
    node = site.stack.rabbitmq.node()
    program = Path(node.argv[0]).with_name("rabbitmqctl")
    command = [str(program), "-n", node.env["RABBITMQ_NODENAME"], *arguments]
    subprocess.run(command, env=dict(node.env), check=True, capture_output=True, timeout=60)


@asynccontextmanager
async def memory_alarm(site: Site) -> AsyncIterator[None]:
    """Raise the memory alarm of RabbitMQ, which blocks every connection that publishes (promise R8)."""
    await asyncio.to_thread(rabbitmqctl, site, "set_vm_memory_high_watermark", "0.000001")
    yield
    await asyncio.to_thread(rabbitmqctl, site, "set_vm_memory_high_watermark", "0.4")


# ------------------------------------------------------------------ processes


@asynccontextmanager
async def wrong_clocks(site: Site) -> AsyncIterator[None]:
    """Run intake one hour ahead and the other services one hour behind the database (threat T31)."""
    library = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketimeMT.so.1"
    preload = {"LD_PRELOAD": str(debian.binary("libfaketime", library)), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def restart(offsets: Mapping[str, str]) -> None:
        for name in site.services:
            site.stack.halt(name)
            offset = offsets.get(name)
            site.stack.launch(name, environment={**preload, "FAKETIME": offset} if offset else None)
        for name in site.services:
            site.stack.ready(name)

    await asyncio.to_thread(restart, {name: "+1h" if name == "intake" else "-1h" for name in site.services})
    yield
    await asyncio.to_thread(restart, {})


@asynccontextmanager
async def stopped_in_a_transaction(site: Site) -> AsyncIterator[None]:
    """Freeze one of two processes of intake with SIGSTOP while it has a transaction open."""
    name = "intake"
    process = psutil.Process(site.stack.pid(name))
    open_ = """SELECT count(*) FROM pg_stat_activity WHERE client_port = ANY($1) AND xact_start IS NOT NULL
        AND state = 'idle in transaction'"""
    async with superuser(site.endpoints.superuser_dsn) as connection:
        while True:
            site.stack.pause(name)
            await asyncio.sleep(0.02)  # the statement in progress ends
            ports = [each.laddr.port for each in process.net_connections() if each.laddr]
            if await connection.fetchval(open_, ports):
                break
            site.stack.resume(name)
            await asyncio.sleep(0.01)
    yield
    site.stack.resume(name)


@asynccontextmanager
async def everything_stopped(site: Site) -> AsyncIterator[None]:
    """Stop the servers under the services, then the services; start the services first, the database last."""
    names = ("postgres", "rabbitmq", "epmd")
    services = site.services
    await asyncio.to_thread(site.stack.halt, *names, *services)
    yield
    site.stack.launch(*reversed(services))
    await asyncio.sleep(5)
    site.stack.launch("epmd", "rabbitmq")
    await asyncio.to_thread(site.stack.ready, "rabbitmq")
    site.stack.launch("postgres")


CASES: Final = (
    Case("password of PostgreSQL", database_passwords, alerts=("DimonaNotReady", "DimonaHeld")),
    Case("password of RabbitMQ", broker_passwords, alerts=("DimonaNotReady",)),
    Case("certificates, authority and passwords replaced", certificates, seconds=20, tls=True),
    Case("read-only database", read_only, alerts=("DimonaNotReady", "DimonaHeld")),
    Case(
        "switch-over to a replica", switch_over, seconds=60, alerts=("DimonaNotReady", "DimonaHeld"),
        prepare=streaming_replica,
    ),
    Case("full disk of PostgreSQL", full_disk, alerts=("DimonaHeld", "DimonaNotReady"), prepare=small_disk),
    Case("memory alarm of RabbitMQ", memory_alarm, alerts=("DimonaBrokerAlarm",)),
    Case("clocks one hour off", wrong_clocks, alerts=("DimonaClockOff",)),
    Case("SIGSTOP in a transaction", stopped_in_a_transaction, seconds=45, copies={"intake": 2}),
    Case("everything stopped", everything_stopped, alerts=("DimonaTargetDown",)),
)  # fmt: skip
