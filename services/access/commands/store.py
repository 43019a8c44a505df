"""SQL of `dimona user`, of the blocks of `dimona client` and of `dimona topology diff`, for operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from shared.runtime.database import Connection, Record

Blocked = Literal["done", "unchanged", "unknownClient"]


_ACCOUNTS: Final = """
SELECT client_id, queue, password_hash, applied = version AS settled FROM access.broker_accounts"""


async def broker_accounts(connection: Connection) -> Sequence[Record]:
    """Return the broker accounts that the provisioner makes, each with whether the broker has it."""
    return await connection.fetch(_ACCOUNTS)


async def set_factor(connection: Connection, name: str, kind: str, secret: str, person: UUID | None) -> bool:
    """Store a factor of a person, in place of the former factor of this kind, and end the person's sessions.

    Args:
        connection: A connection with the login of the operator, which is recorded.
        name: The name to log in with.
        kind: `password` or `totp`.
        secret: The hash of the password, or the secret of the authenticator.
        person: User id, required for the first password; None for a person that has a login name already.

    Returns:
        Whether the factor was stored. False for an unknown name without `person`. Also False if `person` is
        unknown or has another name, if another person has this name, or if an earlier person was stored with
        the NISS of `person`.
    """
    query = "SELECT access.set_factor($1, $2, $3, $4)"
    return bool(await connection.fetchval(query, name, kind, secret, person))


async def set_blocked(connection: Connection, client_id: str, *, blocked: bool, reason: str) -> Blocked:
    """Block or unblock a client, record the login of the operator with the reason, and return the outcome.

    `unchanged` and `unknownClient` have no effect.
    """
    outcome: Blocked = await connection.fetchval(
        "SELECT access.block_client($1, $2, $3)", client_id, blocked, reason
    )
    return outcome
