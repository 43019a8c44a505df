"""Logins of expeditors over SFTP, with the keys and the clients of a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders
from services.files.transfer.channels.server import Server
from services.files.transfer.store import load_keys
from shared.runtime.database import open_pool
from shared.topology import Deployment
from tests.file_senders import FileSender

pytestmark = pytest.mark.stack

SECONDS = 30.0


@pytest.fixture
async def sender(stack: Stack, tmp_path: Path) -> AsyncIterator[FileSender]:
    """Run the server, without the other parts, on a deployment of its own, and yield an expeditor of it."""
    endpoints: Endpoints = await asyncio.to_thread(stack.provision, Deployment("expeditors"), "expeditors")
    transfer = endpoints.transfer
    settings = FilesSettings(
        database_dsn=SecretStr("x"), amqp_url=SecretStr("amqp://"), key=SecretStr(endpoints.key),
        sftp_port=transfer.port, sftp_host_key=SecretStr(transfer.host_key.read_text()),
    )  # fmt: skip
    folders = Folders.of(transfer.folder, endpoints.deployment).make()
    async with await open_pool(endpoints.dsns["files"], "files") as pool:
        running = asyncio.create_task(Server(settings, folders, partial(load_keys, pool)).run())
        yield FileSender(endpoints, "provider", tmp_path)
        running.cancel()
        await asyncio.wait([running])


def connect(sender: FileSender) -> Any:
    """Return a connection of an expeditor, to be used as context."""
    transfer = sender.endpoints.transfer
    return asyncssh.connect(
        "127.0.0.1", transfer.port, username=sender.expeditor, known_hosts=None, config=None,
        client_keys=[str(transfer.keys[sender.expeditor])], agent_path=None,
    )  # fmt: skip


async def lists(sender: FileSender) -> bool:
    """Return whether the expeditor logs in and lists its folders. Wait for the server to listen."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(ConnectionRefusedError):
                try:
                    async with connect(sender) as connection, connection.start_sftp_client() as client:
                        return "IN" in await client.listdir("/")
                except asyncssh.PermissionDenied:
                    return False
            await asyncio.sleep(0.05)


async def dimona(sender: FileSender, *arguments: str) -> None:
    """Run a command of an operator. Raise AssertionError if it fails."""
    environment = {"DIMONA_DATABASE_DSN": sender.endpoints.postgres_dsn}
    done = await asyncio.to_thread(partial(CliRunner().invoke, commands, arguments, env=environment))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("blocked", ["client", "expeditor"])
async def test_a_blocked_sender_is_logged_out_and_cannot_log_in(sender: FileSender, blocked: str) -> None:
    """Its client is blocked, or the expeditor itself; the block ends, and it logs in again."""
    public_key = sender.folder / "key.pub"
    private = asyncssh.read_private_key(sender.endpoints.transfer.keys[sender.expeditor])
    public_key.write_bytes(private.export_public_key())
    block, unblock = {
        "client": (
            ("client", "block", sender.client_id, "--reason", "attacks"),
            ("client", "unblock", sender.client_id, "--reason", "spoke with them"),
        ),
        "expeditor": (
            ("file", "expeditor", "block", sender.expeditor, "--reason", "attacks"),
            ("file", "expeditor", "add", sender.expeditor, sender.client_id, str(public_key)),
        ),
    }[blocked]
    assert await lists(sender)
    async with connect(sender) as connection, asyncio.timeout(SECONDS):
        await dimona(sender, *block)
        await connection.wait_closed()
    assert not await lists(sender)
    await dimona(sender, *unblock)
    assert await lists(sender)
