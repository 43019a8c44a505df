"""The table of expeditors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.runtime.database import Connection, Pool

#: A blocked client is absent from access.clients.
_KEYS: Final = """
SELECT expeditor, public_key FROM files.expeditors JOIN access.clients USING (client_id)
WHERE expeditor = ANY($1) AND blocked_at IS NULL"""
_EXPEDITORS: Final = (
    "SELECT expeditor, client_id, public_key, blocked_at IS NOT NULL AS blocked FROM files.expeditors"
)
_OF_CLIENT: Final = "SELECT expeditor FROM files.expeditors WHERE client_id = $1 AND blocked_at IS NULL"


@dataclass(frozen=True, slots=True)
class Expeditor:
    """A sender of files: its six digits, the client for which it declares, and its SSH key."""

    expeditor: str
    client_id: str
    public_key: str  #: one line in OpenSSH's format
    blocked: bool  #: a blocked expeditor cannot log in


async def load_keys(pool: Pool, expeditors: Collection[str]) -> Mapping[str, str]:
    """Return the SSH keys of the expeditors that may log in: known, and not blocked, nor is their client."""
    rows = await pool.fetch(_KEYS, list(expeditors))
    return {row["expeditor"]: row["public_key"] for row in rows}


async def load_expeditor_of(connection: Connection, client_id: str) -> str | None:
    """Return the expeditor that declares for a client, or None if there is none or it is blocked."""
    expeditor: str | None = await connection.fetchval(_OF_CLIENT, client_id)
    return expeditor


async def load_expeditors(connection: Connection | Pool) -> Sequence[Expeditor]:
    """Return all expeditors."""
    return [Expeditor(**row) for row in await connection.fetch(f"{_EXPEDITORS} ORDER BY 1")]


async def store_expeditor(connection: Connection, expeditor: str, client_id: str, key: str) -> bool:
    """Store an expeditor, or replace its key. Record the login of the operator.

    Return False if the client does not exist, or if the expeditor belongs to another client.
    """
    query = "SELECT files.set_expeditor($1, $2, $3)"
    return bool(await connection.fetchval(query, expeditor, client_id, key))


async def block_expeditor(connection: Connection, expeditor: str, *, reason: str) -> bool:
    """Block the logins of an expeditor. Record the login of the operator with the reason.

    Return False if no login is open to the expeditor.
    """
    return bool(await connection.fetchval("SELECT files.block_expeditor($1, $2)", expeditor, reason))
