"""SQL of the keys, scopes and used assertions of technical clients."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from services.access.oauth.rules.assertion import Assertion
from shared.runtime.database import Pool

GrantType = Literal["client_credentials", "authorization_code"]

_VALID: Final = """
SELECT key_id, jwk FROM client_key
WHERE client_id = $1 AND revoked_at IS NULL AND tstzrange(valid_from, valid_until) @> $2::timestamptz"""
_CONFIDENTIAL: Final = "SELECT EXISTS (SELECT FROM client_key WHERE client_id = $1)"
_EXISTS: Final = "SELECT EXISTS (SELECT FROM client WHERE client_id = $1)"
_BLOCKED: Final = "SELECT EXISTS (SELECT FROM client_block WHERE client_id = $1 AND blocked)"
_USE: Final = """
INSERT INTO assertion (client_id, jti_sha256, expires_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING 1"""
_SCOPES: Final = "SELECT scope FROM client_scope WHERE client_id = $1 AND grant_type = $2"


async def valid_keys(pool: Pool, client_id: str, now: datetime) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return thumbprint and JWK of each key of a client, if the key is valid at the instant `now`.

    The result is empty for an unknown client.
    """
    rows = await pool.fetch(_VALID, client_id, now)
    return [(row["key_id"], json.loads(row["jwk"])) for row in rows]


async def confidential(pool: Pool, client_id: str) -> bool:
    """Return whether a client has, or ever had, a key. Such a client always needs a signed assertion."""
    return bool(await pool.fetchval(_CONFIDENTIAL, client_id))


async def exists(pool: Pool, client_id: str) -> bool:
    """Return whether the directory has a client with this id."""
    return bool(await pool.fetchval(_EXISTS, client_id))


async def blocked(pool: Pool, client_id: str) -> bool:
    """Return whether an operator blocks a client."""
    return bool(await pool.fetchval(_BLOCKED, client_id))


async def use(pool: Pool, assertion: Assertion) -> bool:
    """Store that an assertion was used. Return False if it had been used before."""
    digest = hashlib.sha256(assertion.jti.encode(errors="surrogatepass")).digest()
    done = await pool.fetchval(_USE, assertion.client_id, digest, assertion.remembered_until)
    return done is not None


async def scopes(pool: Pool, client_id: str, grant_type: GrantType) -> Sequence[str]:
    """Return the scopes granted to a client for a grant type, beyond the default ones."""
    return [row["scope"] for row in await pool.fetch(_SCOPES, client_id, grant_type)]
