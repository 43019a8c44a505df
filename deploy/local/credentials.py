"""What the demo's clients prove themselves with: a key pair each, in a file that only its owner may read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import asyncpg
from joserfc.jwk import RSAKey

from deploy.local.processes import write_private


@cache
def _pair(_client_id: str) -> RSAKey:
    """One pair per client and process: making one takes a while, and each test makes a deployment."""
    return RSAKey.generate_key(2048, private=True)


def key_files(folder: Path, clients: Iterable[str]) -> dict[str, Path]:
    """The private key of each client, in PEM; those of an earlier start are kept."""
    files = {client: folder / f"{client}.pem" for client in clients}
    for client, file in files.items():
        if not file.exists():
            write_private(file, _pair(client).as_pem(private=True).decode(), 0o400)
    return files


async def register(dsn: str, files: Mapping[str, Path]) -> None:
    """Let the directory know the public keys; a key that it knows is left as it is."""
    connection = await asyncpg.connect(dsn)
    try:
        for client, file in files.items():
            key = RSAKey.import_key(file.read_text())
            await connection.execute(
                "SELECT access.add_client_key($1, $2, $3, clock_timestamp(), NULL, NULL)",
                client, key.thumbprint(), json.dumps(key.as_dict(private=False)),
            )  # fmt: skip
    finally:
        await connection.close()
