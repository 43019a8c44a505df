"""SQL of `dimona user` and of the blocks of `dimona client`, for operators."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from shared.runtime.database import Connection

Blocked = Literal["done", "unchanged", "unknownClient"]

#: Replaces a factor of a person and ends the sessions. With the first password the name is stored. A person
#: that was stored with the NISS of an earlier person cannot get a name.
_SET_FACTOR: Final = """
WITH made AS (
    INSERT INTO access.login (user_id, user_name) SELECT user_id, $1 FROM access.person p WHERE user_id = $4
        AND NOT EXISTS (SELECT FROM access.person o WHERE o.ssin = p.ssin AND o.place < p.place)
    ON CONFLICT DO NOTHING RETURNING user_id),
owner AS (
    SELECT user_id FROM made UNION ALL
    SELECT user_id FROM access.login WHERE user_name = $1 AND user_id = coalesce($4, user_id)),
ended AS (DELETE FROM access.session WHERE user_id IN (SELECT user_id FROM owner))
INSERT INTO access.factor (user_id, kind, secret) SELECT user_id, $2, $3 FROM owner
ON CONFLICT (user_id, kind) DO UPDATE SET secret = excluded.secret, attempts = 0, blocked_until = NULL,
    last_step = 0, changed_at = clock_timestamp()
RETURNING 1"""


async def set_factor(connection: Connection, name: str, kind: str, secret: str, person: UUID | None) -> bool:
    """Store a factor of a person, in place of the former factor of this kind, and end the person's sessions.

    Args:
        connection: A connection of the owner.
        name: The name to log in with.
        kind: `password` or `totp`.
        secret: The hash of the password, or the secret of the authenticator.
        person: User id, required for the first password; None for a person that has a login name already.

    Returns:
        Whether the factor was stored. False for an unknown name without `person`. Also False if `person` is
        unknown or has another name, if another person has this name, or if an earlier person was stored with
        the NISS of `person`.
    """
    return await connection.fetchval(_SET_FACTOR, name, kind, secret, person) is not None


async def set_blocked(connection: Connection, client_id: str, *, blocked: bool, reason: str) -> Blocked:
    """Block or unblock a client, record the login of the operator with the reason, and return the outcome.

    `unchanged` and `unknownClient` have no effect.
    """
    outcome: Blocked = await connection.fetchval(
        "SELECT access.block_client($1, $2, $3)", client_id, blocked, reason
    )
    return outcome
