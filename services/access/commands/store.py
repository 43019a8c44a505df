"""SQL of `dimona user`, `institution`, the blocks of `client` and `topology diff`, for operators."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from shared.runtime.database import Connection, Record

Blocked = Literal["done", "unchanged", "unknownClient"]


_OPERATE: Final = "SELECT access.operate_authorization($1, $2, $3::jsonb, $4, $5, $6)"
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


async def grant_authorization(
    connection: Connection, institution: str, terms: Mapping[str, Any], reason: str
) -> str:
    """Propose an authorization under the login of the operator, and return the outcome."""
    return str(
        await connection.fetchval(_OPERATE, "grant", institution, json.dumps(terms), None, None, reason)
    )


async def confirm_authorization(
    connection: Connection, institution: str, authorization_id: UUID, version: int, reason: str
) -> str:
    """Confirm a proposal under the login of the operator, and return the outcome."""
    given = ("confirm", institution, None, authorization_id, version, reason)
    return str(await connection.fetchval(_OPERATE, *given))


async def end_authorization(connection: Connection, institution: str, reason: str) -> str:
    """End all versions of an institution under the login of the operator, and return the outcome."""
    return str(await connection.fetchval(_OPERATE, "end", institution, None, None, None, reason))
