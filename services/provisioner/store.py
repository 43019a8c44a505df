"""SQL of the provisioner: wanted broker accounts with their versions, blocked clients, institutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.runtime.database import Connection, Lock

_ACCOUNTS: Final = "SELECT client_id, queue, password_hash, version, applied FROM access.broker_accounts"
_BLOCKS: Final = "SELECT client_id, blocked FROM access.client_blocks ORDER BY client_id"
_WITHOUT: Final = "SELECT institution_id FROM access.institution_accounts WHERE NOT in_force"
_TAKE_TURN: Final = "SELECT pg_try_advisory_lock($1, 0)"
_APPLIED: Final = "UPDATE access.broker_account SET applied = $2 WHERE client_id = $1 AND applied < $2"


@dataclass(frozen=True, slots=True)
class Account:
    """The broker account of a client, as its organization wants it."""

    client_id: str
    queue: bool  #: whether the client has a reply queue; without one it has no user either
    password_hash: str | None  #: None: the organization has not asked for a password
    version: int
    applied: int  #: the last version that the broker has


async def take_turn(connection: Connection) -> bool:
    """Return whether this connection may provision; the right ends with it. Only one has it at a time."""
    return bool(await connection.fetchval(_TAKE_TURN, Lock.PROVISIONER))


async def accounts(connection: Connection) -> Sequence[Account]:
    """Return the wanted broker accounts of all clients."""
    return [Account(**row) for row in await connection.fetch(_ACCOUNTS)]


async def pending(connection: Connection) -> Sequence[Account]:
    """Return the accounts with a version that the broker does not have yet."""
    return [Account(**row) for row in await connection.fetch(f"{_ACCOUNTS} WHERE applied < version")]


async def blocks(connection: Connection) -> Sequence[tuple[str, bool]]:
    """Return the clients that are, or once were, blocked, and whether they are blocked now."""
    return [(row["client_id"], row["blocked"]) for row in await connection.fetch(_BLOCKS)]


async def without_authorization(connection: Connection) -> Sequence[str]:
    """Return the institutions without an authorization in force."""
    return [row["institution_id"] for row in await connection.fetch(_WITHOUT)]


async def set_applied(connection: Connection, account: Account) -> None:
    """Store that the broker has this version of an account."""
    await connection.execute(_APPLIED, account.client_id, account.version)
