"""An SFTP server in the process of a test, for two expeditors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from deploy.local.transfer import plan_transfer
from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders
from services.files.transfer.channels.server import Server
from shared.runtime import file_metrics
from shared.topology import Deployment
from tests.file_senders import until
from tests.openssh import sftp

DAY = "20260213"


@dataclass
class Served:
    """A running server, two of its expeditors, and their keys."""

    port: int
    folders: Folders
    keys: dict[str, Path]

    @property
    def expeditor(self) -> str:
        return min(self.keys)

    @property
    def other(self) -> str:
        return sorted(self.keys)[1]

    def name(self, kind: str = "FI", serial: str = "00001", environment: str = "R", end: str = ".1.1") -> str:
        return f"{kind}.DIMN.{self.expeditor}.{DAY}.{serial}.{environment}{end}"

    def connect(self, user: str = "", key: str = "", **options: Any) -> Any:
        """Return a connection of asyncssh, to be used as context."""
        user = user or self.expeditor
        return asyncssh.connect(
            "127.0.0.1", self.port, username=user, client_keys=[str(self.keys[key or user])],
            known_hosts=None, config=None, agent_path=None, **options,
        )  # fmt: skip


@asynccontextmanager
async def serve(tmp_path: Path, **limits: Any) -> AsyncIterator[Served]:
    """Run a server in this process on folders of the test, for two expeditors."""
    transfer = plan_transfer(tmp_path, "test", ["one", "other"])
    keys = {each: asyncssh.read_private_key(file) for each, file in transfer.keys.items()}
    settings = FilesSettings(
        database_dsn="postgresql://", amqp_url="amqp://", key="ab" * 32, sftp_port=transfer.port,
        sftp_host_key=transfer.host_key.read_text(), **limits,
    )  # fmt: skip

    async def load_keys(expeditors: Collection[str]) -> Mapping[str, str]:
        return {each: keys[each].export_public_key().decode() for each in expeditors if each in keys}

    folders = Folders.of(tmp_path / "transfer", Deployment()).make()
    running = asyncio.create_task(Server(settings, folders, load_keys).run())
    await _listening(transfer.port)
    await until(lambda: not open_connections(), "the end of the first connection")
    yield Served(transfer.port, folders, dict(transfer.keys))
    running.cancel()
    await asyncio.wait([running])


async def _listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


def refused(reason: str) -> float:
    """Return the refusals that the metric counts."""
    return float(file_metrics.SFTP_REFUSED.labels(reason)._value.get())


def open_connections() -> float:
    """Return the open connections that the metric counts."""
    return float(file_metrics.SFTP_CONNECTIONS._value.get())


async def batch(served: Served, *commands: str, user: str = "", key: str = "") -> Any:
    """Run commands of OpenSSH's client."""
    user = user or served.expeditor
    return await asyncio.to_thread(sftp, served.port, user, served.keys[key or user], commands)
