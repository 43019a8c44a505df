"""The SFTP server of a deployment: its port, keys and folders, and an expeditor for each client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import asyncssh

from deploy.local.processes import free_port, write_private

_FIRST_EXPEDITOR: Final = 100_001
_KEY_TYPE: Final = "ssh-ed25519"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The addresses of an SFTP server, and the key files of its expeditors."""

    port: int
    folder: Path
    host_key: Path
    keys: Mapping[str, Path]  #: the private key by expeditor
    clients: Mapping[str, str]  #: the client id by expeditor

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the service files."""
        return {"DIMONA_SFTP_PORT": str(self.port), "DIMONA_TRANSFER_DIR": str(self.folder)}

    def document(self) -> dict[str, Any]:
        """Return the server and its expeditors in the form of `endpoints.json`."""
        users = {
            expeditor: {"key_file": str(file), "client_id": self.clients[expeditor]}
            for expeditor, file in self.keys.items()
        }
        return {"host": "127.0.0.1", "port": self.port, "users": users}


def plan_transfer(folder: Path, deployment: str, clients: Sequence[str]) -> Transfer:
    """Return the SFTP server of a deployment. Write the missing keys; those of an earlier start stay."""
    keys = folder / "secrets" / "expeditors"
    expeditors = {str(_FIRST_EXPEDITOR + place): client for place, client in enumerate(sorted(clients))}
    return Transfer(
        free_port(),
        folder / "transfer" / deployment,
        _key(keys / f"{deployment}.host"),
        {expeditor: _key(keys / expeditor) for expeditor in expeditors},
        expeditors,
    )


def _key(file: Path) -> Path:
    """Write a new private key into a file, unless it exists. Return the file."""
    if not file.exists():
        write_private(file, asyncssh.generate_private_key(_KEY_TYPE).export_private_key().decode(), 0o400)
    return file


async def store_expeditors(dsn: str, transfer: Transfer) -> None:
    """Store the expeditors with their public keys in the database at this address; existing rows stay."""
    rows = [
        (
            expeditor,
            transfer.clients[expeditor],
            asyncssh.read_private_key(file).export_public_key().decode().strip(),
        )
        for expeditor, file in transfer.keys.items()
    ]
    connection = await asyncpg.connect(dsn)
    try:
        await connection.executemany(
            """INSERT INTO files.expeditors (expeditor, client_id, public_key) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING""",
            rows,
        )
    finally:
        await connection.close()
