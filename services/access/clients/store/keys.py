"""SQL of the public keys of technical clients, for the API and for the commands of operators."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from shared.runtime.database import Connection, Record
from shared.runtime.keys import PublicKey

Added = Literal["added", "known", "full", "unknownClient"]

_LIST: Final = """
SELECT key_id, valid_from, valid_until, added_at, revoked_at FROM access.client_key
WHERE client_id = $1 ORDER BY added_at, key_id"""
_VALID: Final = """
SELECT client_id, key_id, valid_from, valid_until, added_at FROM access.client_key
WHERE client_id = ANY($1::text[]) AND revoked_at IS NULL AND (valid_until > clock_timestamp()) IS NOT FALSE
ORDER BY added_at, key_id"""
_END: Final = """
UPDATE access.client_key SET revoked_at = coalesce(revoked_at, $3),
    revoked_by = CASE WHEN revoked_at IS NULL THEN $4 ELSE revoked_by END
WHERE client_id = $1 AND key_id = $2 RETURNING 1"""


async def keys(connection: Connection, client_id: str) -> Sequence[Record]:
    """Return all keys of a client, also ended keys, in the order in which they were added."""
    return await connection.fetch(_LIST, client_id)


async def valid_keys(connection: Connection, clients: Collection[str]) -> Sequence[Record]:
    """Return the keys of these clients that have not ended, in the order in which they were added.

    A key that is valid only from a later instant is included.
    """
    return await connection.fetch(_VALID, list(clients))


async def add_key(
    connection: Connection,
    client_id: str,
    key: PublicKey,
    since: datetime,
    until: datetime | None,
    manager: UUID | None,
) -> Added:
    """Register a key of a client, valid from `since` until `until`, and return the outcome.

    `until` is None for a key without end, `manager` is None for an operator and for a caller without user id.
    Every outcome except `added` has no effect: `known` if the client has or had this key, `full` if it has
    two keys for that time, `unknownClient` if no client has this id.
    """
    outcome: Added = await connection.fetchval(
        "SELECT access.add_client_key($1, $2, $3, $4, $5, $6)",
        client_id, key.id, json.dumps(key.jwk), since, until, manager,
    )  # fmt: skip
    return outcome


async def end_key(
    connection: Connection, client_id: str, key_id: str, now: datetime, manager: UUID | None
) -> bool:
    """End a key of a client at once; a key that was ended earlier stays unchanged.

    `manager` is the person that ends the key; None for an operator and for a caller without user id. Return
    False if the client has no key with this id.
    """
    return await connection.fetchval(_END, client_id, key_id, now, manager) is not None
