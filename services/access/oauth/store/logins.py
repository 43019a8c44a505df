"""SQL of logins: factors, sessions and codes. Keys of sessions and codes are stored as hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from services.access.oauth.rules.authorization import LoginRequest, Session
from shared.runtime.database import Pool

Kind = Literal["password", "totp"]

SESSION_LIFE: Final = timedelta(hours=1)
CODE_LIFE: Final = timedelta(seconds=60)

_REDIRECTS: Final = "SELECT uri FROM redirect_uri WHERE client_id = $1"
#: An attempt counts as failed until it proves right, so that parallel attempts are counted one by one. From
#: the fifth on a factor is blocked for half a minute, then a minute and so on, up to a quarter of an hour.
_ATTEMPT: Final = """
UPDATE factor SET attempts = attempts + 1,
    blocked_until = CASE WHEN attempts >= 4
        THEN $3 + least(interval '15 min', interval '30 s' * 2 ^ least(attempts - 4, 10)) END
FROM login
WHERE login.user_id = factor.user_id AND kind = $2 AND coalesce(blocked_until, '-infinity') <= $3
  AND {who}
RETURNING factor.user_id::text, secret"""
_BY_NAME: Final = _ATTEMPT.format(who="login.user_name = $1")
_BY_ID: Final = _ATTEMPT.format(who="login.user_id = $1::uuid")
_RIGHT: Final = """
UPDATE factor SET attempts = 0, blocked_until = NULL, last_step = greatest(last_step, $3)
WHERE user_id = $1::uuid AND kind = $2 AND ($3 = 0 OR last_step < $3) RETURNING 1"""
_HAS: Final = "SELECT EXISTS (SELECT FROM factor WHERE user_id = $1::uuid AND kind = $2)"
_SESSION: Final = """
SELECT user_id::text, level, authenticated_at FROM session WHERE session_sha256 = $1 AND expires_at > $2"""
_OPEN: Final = """
WITH ended AS (DELETE FROM session WHERE session_sha256 = $1)
INSERT INTO session (session_sha256, user_id, level, authenticated_at, expires_at)
VALUES ($2, $3::uuid, $4, $5, $6)"""
_CODE: Final = """
INSERT INTO code (code_sha256, client_id, redirect_uri, challenge, nonce, scopes, user_id, level,
    authenticated_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::uuid, $8, $9, $10)"""
_REDEEM: Final = """
DELETE FROM code WHERE code_sha256 = $1
RETURNING client_id, redirect_uri, challenge, nonce, scopes, user_id::text, level,
    authenticated_at, expires_at"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt with a factor: its user, and the secret to match."""

    user_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Code:
    """A redeemed authorization code. It is deleted even where the request turns out to be wrong."""

    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    scopes: Sequence[str]
    session: Session
    expires_at: datetime


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


async def redirect_uris(pool: Pool, client_id: str) -> Sequence[str]:
    """Return the registered redirect addresses of a client; none for an unknown client."""
    return [row["uri"] for row in await pool.fetch(_REDIRECTS, client_id)]


async def try_password(pool: Pool, user_name: str, now: datetime) -> Attempt | None:
    """Return the hash that a password has to match; None for an unknown name and while it is blocked."""
    row = await pool.fetchrow(_BY_NAME, user_name, "password", now)
    return None if row is None else Attempt(row["user_id"], row["secret"])


async def try_totp(pool: Pool, user_id: str, now: datetime) -> Attempt | None:
    """Return the secret that a code has to match; None without an authenticator and while it is blocked."""
    row = await pool.fetchrow(_BY_ID, user_id, "totp", now)
    return None if row is None else Attempt(row["user_id"], row["secret"])


async def right(pool: Pool, user_id: str, kind: Kind, step: int = 0) -> bool:
    """Store that the attempt was right; return False where the code of this time step was used before."""
    return await pool.fetchval(_RIGHT, user_id, kind, step) is not None


async def has(pool: Pool, user_id: str, kind: Kind) -> bool:
    """Return whether a person has such a factor."""
    has_factor: bool = await pool.fetchval(_HAS, user_id, kind)
    return has_factor


async def session(pool: Pool, key: str, now: datetime) -> Session | None:
    """Return the session for the cookie of a browser."""
    row = await pool.fetchrow(_SESSION, _digest(key), now)
    return None if row is None else Session(row["user_id"], row["level"], row["authenticated_at"])


async def open_session(pool: Pool, session: Session, now: datetime, instead_of: str) -> str:
    """Store a session in place of another; return the value of the cookie."""
    key = secrets.token_urlsafe(32)
    await pool.execute(
        _OPEN, _digest(instead_of), _digest(key), session.user_id, session.level, session.authenticated_at,
        now + SESSION_LIFE,
    )  # fmt: skip
    return key


async def new_code(
    pool: Pool, client_id: str, redirect_uri: str, request: LoginRequest, session: Session, now: datetime
) -> str:
    """Store a code for this login, to be redeemed once within a minute; return it."""
    code = secrets.token_urlsafe(32)
    await pool.execute(
        _CODE, _digest(code), client_id, redirect_uri, request.challenge, request.nonce, list(request.scopes),
        session.user_id, session.level, session.authenticated_at, now + CODE_LIFE,
    )  # fmt: skip
    return code


async def redeem(pool: Pool, code: str) -> Code | None:
    """Delete and return a code; None where there is none (any more)."""
    row = await pool.fetchrow(_REDEEM, _digest(code))
    if row is None:
        return None
    return Code(
        row["client_id"], row["redirect_uri"], row["challenge"], row["nonce"], row["scopes"],
        Session(row["user_id"], row["level"], row["authenticated_at"]), row["expires_at"],
    )  # fmt: skip
