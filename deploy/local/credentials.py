"""Keys, passwords and authenticators of the demo's clients and persons; kept with the data of the stack."""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from argon2 import PasswordHasher
from joserfc.jwk import RSAKey

from deploy.local.demo.users import User
from deploy.local.processes import write_private


@dataclass(frozen=True, slots=True)
class Login:
    """The login of a person; `totp_secret` is None for a person without authenticator."""

    user_id: str
    user_name: str
    password: str
    totp_secret: str | None

    def document(self) -> dict[str, Any]:
        """Return the login in the form of `endpoints.json`."""
        second = {} if self.totp_secret is None else {"totp_secret": self.totp_secret}
        return {"user_name": self.user_name, "password": self.password, **second}


def login_of(user: User, derived: Callable[..., str]) -> Login:
    """Return the login of a demo person; `derived` makes secrets from the seed of the stack."""
    totp = b32encode(bytes.fromhex(derived("totp", user.name))[:20]).decode()
    return Login(
        user.user_id,
        user.name,
        derived("login", user.name)[:24],
        totp if user.has_second_factor else None,
    )


@cache
def _pair(_client_id: str) -> RSAKey:
    """Return the key pair of a client, made once per process, because making one is slow."""
    return RSAKey.generate_key(2048, private=True)


@cache
def _hash(password: str) -> str:
    """Return the hash of a password, made once per process because hashing is slow."""
    return PasswordHasher().hash(password)


def key_files(folder: Path, clients: Iterable[str]) -> dict[str, Path]:
    """Write the missing private keys of the clients in PEM, and return the file of each client.

    Files of an earlier start stay unchanged.
    """
    files = {client: folder / f"{client}.pem" for client in clients}
    for client, file in files.items():
        if not file.exists():
            write_private(file, _pair(client).as_pem(private=True).decode(), 0o400)
    return files


async def register(dsn: str, files: Mapping[str, Path], logins: Iterable[Login]) -> None:
    """Store public keys and logins in the directory at this address; existing rows stay unchanged."""
    connection = await asyncpg.connect(dsn)
    try:
        for client, file in files.items():
            key = RSAKey.import_key(file.read_text())
            await connection.execute(
                "SELECT access.add_client_key($1, $2, $3, clock_timestamp(), NULL, NULL)",
                client, key.thumbprint(), json.dumps(key.as_dict(private=False)),
            )  # fmt: skip
        for login in logins:
            await connection.execute(
                "INSERT INTO access.login (user_id, user_name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                login.user_id, login.user_name,
            )  # fmt: skip
            for kind, secret in (("password", _hash(login.password)), ("totp", login.totp_secret)):
                if secret is not None:
                    await connection.execute(
                        """INSERT INTO access.factor (user_id, kind, secret) VALUES ($1, $2, $3)
                        ON CONFLICT DO NOTHING""",
                        login.user_id, kind, secret,
                    )  # fmt: skip
    finally:
        await connection.close()
