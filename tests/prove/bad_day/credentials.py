"""Rotations of passwords, certificates and their authority, while services run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote, urlsplit

import asyncpg

from deploy.local import postgres
from deploy.local.certificates import Authority
from deploy.local.processes import write_private
from shared.runtime.migrations import PIPELINE
from tests.prove.bad_day.frame import Site

_ROLES: Final = tuple(f"dimona_{service}" for service in PIPELINE)
_END_SESSIONS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY($1)"
_STEADY: Final = 10.0  #: seconds under load between two rotations


@asynccontextmanager
async def superuser(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Connect as an administrator; the session may write on a read-only server too."""
    connection = await asyncpg.connect(dsn, server_settings={"default_transaction_read_only": "off"})
    try:
        yield connection
    finally:
        await connection.close()


def write_addresses(site: Site, name: str, addresses: Mapping[str, str]) -> None:
    """Replace the secret file of each service, as an operator does."""
    for service, address in addresses.items():
        write_private(site.endpoints.secrets / service / name, address, 0o400)


def _other_password(address: str) -> str:
    return (urlsplit(address).password or "")[::-1]


def _with_password(address: str, password: str) -> str:
    return address.replace(f":{urlsplit(address).password}@", f":{password}@", 1)


async def set_database_passwords(site: Site, dsns: Mapping[str, str]) -> None:
    """Give the role of each service the password in its address, and end its sessions."""
    async with superuser(site.endpoints.superuser_dsn) as connection:
        for service, dsn in dsns.items():
            await connection.execute(f"ALTER ROLE dimona_{service} PASSWORD '{urlsplit(dsn).password}'")
        await connection.execute(_END_SESSIONS, _ROLES)


@asynccontextmanager
async def database_passwords(site: Site) -> AsyncIterator[None]:
    """Rotate the passwords of all services at PostgreSQL and end their sessions; the files follow late."""
    dsns = {
        service: _with_password(dsn, _other_password(dsn)) for service, dsn in site.endpoints.dsns.items()
    }
    await set_database_passwords(site, dsns)
    yield
    write_addresses(site, "dimona_database_dsn", dsns)


@asynccontextmanager
async def broker_passwords(site: Site) -> AsyncIterator[None]:
    """Rotate the passwords of all services at RabbitMQ and close their connections; the files follow late."""
    management = site.stack.rabbitmq.management
    urls = {
        role.removeprefix("service:"): _with_password(url, _other_password(url))
        for role, url in site.endpoints.amqp_urls.items()
        if role.startswith("service:")
    }
    users = {urlsplit(url).username or "": urlsplit(url).password for url in urls.values()}
    for user, password in users.items():
        management.request("PUT", f"/api/users/{user}", {"password": password, "tags": ""})
    await asyncio.to_thread(_end_sessions_at_the_broker, site, users)
    yield
    write_addresses(site, "dimona_amqp_url", urls)


def _end_sessions_at_the_broker(site: Site, users: Collection[str]) -> None:
    management = site.stack.rabbitmq.management
    for connection in json.loads(management.request("GET", "/api/connections")[1]):
        if connection["user"] in users:
            management.request("DELETE", f"/api/connections/{quote(connection['name'], safe='')}")


@asynccontextmanager
async def certificates(site: Site) -> AsyncIterator[None]:
    """Replace authority, certificates and passwords without a restart, and end all sessions of services.

    The new authority is trusted before its certificates are used, and the old one is removed at the end.
    """
    stack = site.stack
    old, new = stack.authority, Authority(stack.folder / "secrets" / "next", "next authority")
    write_private(old.file, old.file.read_text() + new.file.read_text())
    issued, used = new.issue("server"), stack.rabbitmq.certificate
    assert used is not None, "the stack has TLS"
    issued.key.replace(used.key)
    issued.certificate.replace(used.certificate)
    postgres.install(stack.postgres, used)
    os.kill(stack.pid("postgres"), signal.SIGHUP)
    write_private(old.file, new.file.read_text())
    users = [
        urlsplit(url).username or ""
        for role, url in site.endpoints.amqp_urls.items()
        if role.startswith("service:")
    ]
    await asyncio.to_thread(_end_sessions_at_the_broker, site, users)
    async with superuser(site.endpoints.superuser_dsn) as connection:
        await connection.execute(_END_SESSIONS, _ROLES)
    await asyncio.sleep(_STEADY)  # under load, with the new authority
    async with database_passwords(site):
        await asyncio.sleep(1)  # the files follow late
    async with broker_passwords(site):
        await asyncio.sleep(1)
    yield
