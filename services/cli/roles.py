"""The passwords of the roles of services, which `dimona migrate --roles` sets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import typer

from shared.runtime.database import connect
from shared.runtime.migrations import PIPELINE

_ROLES: Final = frozenset(f"dimona_{service}" for service in PIPELINE)
#: As an address may have it without escapes.
_PASSWORD: Final = re.compile(r"[A-Za-z0-9._~-]{16,128}")


def read_passwords(file: Path) -> Mapping[str, str]:
    """Return the password of each role from a JSON file.

    Raise typer.BadParameter for another document, an unknown role or a weak password; the text never has a
    password.
    """
    try:
        document = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot read {file} as JSON") from error
    if not isinstance(document, dict) or not document:
        raise typer.BadParameter(f"{file} has no object of roles and passwords")
    if unknown := sorted(document.keys() - _ROLES):
        raise typer.BadParameter(f"no role of a service: {', '.join(unknown)}")
    weak = sorted(
        role for role, word in document.items() if not isinstance(word, str) or not _PASSWORD.fullmatch(word)
    )
    if weak:
        raise typer.BadParameter(
            f"a password has 16 to 128 letters, digits or . _ ~ -; not so for {', '.join(weak)}"
        )
    return document


async def set_passwords(dsn: str, passwords: Mapping[str, str]) -> None:
    """Set the passwords of roles, as the owner of the database, and let them connect to it.

    All are set or none. Connections that are open stay open.
    """
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            for role, password in passwords.items():
                statements = await connection.fetchrow(
                    """SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text),
                    format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), $1::text)""",
                    role, password,
                )  # fmt: skip
                assert statements is not None
                for statement in statements:
                    await connection.execute(statement)
    finally:
        await connection.close()
