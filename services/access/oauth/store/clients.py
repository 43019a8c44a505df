"""Technical clients: their keys, the scopes they may have, and the assertions they have used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from services.access.oauth.rules.assertion import Assertion
from shared.runtime.database import Connection, Pool, Record
from shared.runtime.keys import PublicKey

GrantType = Literal["client_credentials", "authorization_code"]
Added = Literal["added", "known", "full", "unknownClient"]

_VALID: Final = """
SELECT key_id, jwk FROM client_key
WHERE client_id = $1 AND revoked_at IS NULL AND tstzrange(valid_from, valid_until) @> $2::timestamptz"""
_CONFIDENTIAL: Final = "SELECT EXISTS (SELECT FROM client_key WHERE client_id = $1)"
_USE: Final = """
INSERT INTO assertion (client_id, jti_sha256, expires_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING 1"""
_SCOPES: Final = "SELECT scope FROM client_scope WHERE client_id = $1 AND grant_type = $2"
_LIST: Final = """
SELECT key_id, valid_from, valid_until, added_at, revoked_at FROM client_key
WHERE client_id = $1 ORDER BY added_at, key_id"""
_END: Final = """
UPDATE client_key SET revoked_at = coalesce(revoked_at, $3),
    revoked_by = CASE WHEN revoked_at IS NULL THEN $4 ELSE revoked_by END
WHERE client_id = $1 AND key_id = $2 RETURNING 1"""


async def valid_keys(pool: Pool, client_id: str, now: datetime) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The keys with which a client may sign at this moment, by thumbprint; none for an unknown one."""
    rows = await pool.fetch(_VALID, client_id, now)
    return [(row["key_id"], json.loads(row["jwk"])) for row in rows]


async def confidential(pool: Pool, client_id: str) -> bool:
    """Whether a client has, or ever had, a key: that all have ended makes it no public one."""
    found: bool = await pool.fetchval(_CONFIDENTIAL, client_id)
    return found


async def use(pool: Pool, assertion: Assertion) -> bool:
    """Note that an assertion was used; False when it had been before."""
    digest = hashlib.sha256(assertion.jti.encode(errors="surrogatepass")).digest()
    done = await pool.fetchval(_USE, assertion.client_id, digest, assertion.remembered_until)
    return done is not None


async def scopes(pool: Pool, client_id: str, grant_type: GrantType) -> Sequence[str]:
    """The scopes that a client was granted beyond the default ones."""
    return [row["scope"] for row in await pool.fetch(_SCOPES, client_id, grant_type)]


async def keys(connection: Connection, client_id: str) -> Sequence[Record]:
    """All keys that a client has or had, in the order in which they were added."""
    return await connection.fetch(_LIST, client_id)


async def add_key(
    connection: Connection,
    client_id: str,
    key: PublicKey,
    since: datetime,
    until: datetime | None,
    manager: UUID | None,
) -> Added:
    """Register a key of a client for a term."""
    done: Added = await connection.fetchval(
        "SELECT access.add_client_key($1, $2, $3, $4, $5, $6)",
        client_id, key.id, json.dumps(key.jwk), since, until, manager,
    )  # fmt: skip
    return done


async def end_key(
    connection: Connection, client_id: str, key_id: str, now: datetime, manager: UUID | None
) -> bool:
    """End a key at once; False when the client has none of this name."""
    return await connection.fetchval(_END, client_id, key_id, now, manager) is not None
