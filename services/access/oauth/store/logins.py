"""SQL of logins: factors, sessions and codes. Keys of sessions and codes are stored as hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from services.access.oauth.rules.authorization import LoginRequest, Session
from shared.runtime.database import Connection, Pool
from shared.runtime.resealing import SealedTable
from shared.runtime.sealing import Sealer

Kind = Literal["password", "totp"]

SESSION_LIFE: Final = timedelta(hours=1)
DEVICE_LIFE: Final = timedelta(days=90)
CODE_LIFE: Final = timedelta(seconds=60)

_REDIRECTS: Final = "SELECT uri FROM redirect_uri WHERE client_id = $1"
#: An attempt counts as failed until it proves right, so that parallel attempts are counted one by one. From
#: the fifth on a factor is blocked for half a minute, then a minute and so on, up to a quarter of an hour.
_LATER: Final = "$3 + least(interval '15 min', interval '30 s' * 2 ^ least({attempts} - {free}, 10))"
_FREE: Final = 4  #: wrong attempts before a block
#: Wrong passwords from all unknown devices together before those are blocked: many sources may guess at once.
_FREE_FROM_ANYWHERE: Final = 50
_TRY_CODE: Final = f"""
UPDATE factor SET attempts = attempts + 1,
    blocked_until = CASE WHEN attempts >= {_FREE} THEN {_LATER.format(attempts="attempts", free=_FREE)} END
WHERE user_id = $1::uuid AND kind = $2 AND coalesce(blocked_until, '-infinity') <= $3
RETURNING user_id::text, secret"""  # noqa: S608 - our own numbers
#: A remembered device has a count of its own, so attempts from elsewhere do not block it. One source adds
#: only its first attempts to the count of all unknown devices, so that it cannot block them alone.
_TRY_PASSWORD: Final = f"""
WITH owner AS (
    SELECT user_id, secret, kind, coalesce(blocked_until, '-infinity') > $3 AS blocked,
        EXISTS (SELECT FROM device d WHERE d.device_sha256 = $4 AND d.user_id = f.user_id
            AND d.expires_at > $3) AS remembered
    FROM factor f JOIN login USING (user_id)
    WHERE user_name = $1 AND kind = $2),
here AS (
    INSERT INTO attempt AS a (user_id, source, attempts, expires_at)
    SELECT user_id, CASE WHEN remembered THEN $4 ELSE $5 END, 1, $3 + interval '1 day' FROM owner
    ON CONFLICT (user_id, source) DO UPDATE SET attempts = a.attempts + 1, expires_at = excluded.expires_at,
        blocked_until = CASE WHEN a.attempts >= {_FREE}
            THEN {_LATER.format(attempts="a.attempts", free=_FREE)} END
    WHERE coalesce(a.blocked_until, '-infinity') <= $3
    RETURNING user_id, source, attempts),
anywhere AS (
    UPDATE factor f SET attempts = f.attempts + 1, blocked_until = CASE
        WHEN f.attempts >= {_FREE_FROM_ANYWHERE}
        THEN {_LATER.format(attempts="f.attempts", free=_FREE_FROM_ANYWHERE)} END
    FROM owner o JOIN here h USING (user_id)
    WHERE (f.user_id, f.kind) = (o.user_id, o.kind) AND NOT o.remembered AND NOT o.blocked
        AND h.attempts <= {_FREE} + 1)
SELECT o.user_id::text, o.secret, h.source FROM owner o JOIN here h USING (user_id)
WHERE o.remembered OR NOT o.blocked"""  # noqa: S608 - our own numbers
_FORGET_ATTEMPTS: Final = "DELETE FROM attempt WHERE user_id = $1::uuid AND source = $2"
_REMEMBER: Final = """
INSERT INTO device (device_sha256, user_id, expires_at) VALUES ($1, $2::uuid, $3)
ON CONFLICT DO NOTHING"""
_IS_DEVICE: Final = """
SELECT EXISTS (
    SELECT FROM device
    WHERE device_sha256 = $1 AND expires_at > $2 AND ($3::text IS NULL OR user_id = $3::uuid))"""
_RIGHT: Final = """
UPDATE factor SET attempts = 0, blocked_until = NULL, last_step = greatest(last_step, $3)
WHERE user_id = $1::uuid AND kind = $2 AND ($3 = 0 OR last_step < $3) RETURNING 1"""
_CLEAR: Final = """
SELECT user_id::text, secret FROM factor WHERE kind = 'totp' AND secret NOT LIKE 'v1.%' LIMIT 1000
FOR NO KEY UPDATE SKIP LOCKED"""
_SEAL: Final = "UPDATE factor SET secret = $2 WHERE user_id = $1::uuid AND kind = 'totp'"
#: The secrets of authenticators, for their sealing with the current key.
SEALED: Final = SealedTable(
    "factor",
    first="00000000-0000-0000-0000-000000000000",
    page="""
SELECT user_id::text AS key, user_id::text AS owner, ARRAY[secret] AS secrets FROM factor
WHERE user_id > $1::text::uuid AND kind = 'totp' ORDER BY user_id LIMIT $2""",
    store="""
UPDATE factor SET secret = ($2::text[])[1]
WHERE user_id = $1::text::uuid AND kind = 'totp' AND ARRAY[secret] = $3""",
)
_HAS: Final = "SELECT EXISTS (SELECT FROM factor WHERE user_id = $1::uuid AND kind = $2)"
_SESSION: Final = """
SELECT user_id::text, level, authenticated_at, login_id::text FROM session
WHERE session_sha256 = $1 AND expires_at > $2"""
_OPEN: Final = """
WITH ended AS (DELETE FROM session WHERE session_sha256 = $1)
INSERT INTO session (session_sha256, user_id, level, authenticated_at, expires_at, login_id)
VALUES ($2, $3::uuid, $4, $5, $6, $7::uuid)"""
_CLOSE: Final = "DELETE FROM session WHERE session_sha256 = $1 RETURNING login_id::text, user_id::text"
_END_CODES: Final = "DELETE FROM code WHERE login_id = $1::uuid"
_REVOKE: Final = "INSERT INTO revocation (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_CODE: Final = """
INSERT INTO code (code_sha256, client_id, redirect_uri, challenge, nonce, scopes, user_id, level,
    authenticated_at, expires_at, login_id)
VALUES ($1, $2, $3, $4, $5, $6, $7::uuid, $8, $9, $10, $11::uuid)"""
_REDEEM: Final = """
DELETE FROM code WHERE code_sha256 = $1
RETURNING client_id, redirect_uri, challenge, nonce, scopes, user_id::text, level,
    authenticated_at, expires_at, login_id::text"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to log in that has been counted: the user, and the secret that the input must match.

    The secret is the hash of a password, or the secret of an authenticator that makes codes.
    """

    user_id: str
    secret: str
    source: bytes = b""  #: key under which an attempt with a password is counted: address or device


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that was read and deleted. It stays deleted if the request proves wrong."""

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


async def try_password(
    pool: Pool, user_name: str, source: bytes, device: str, now: datetime
) -> Attempt | None:
    """Count an attempt to log in, and return the hash that the password has to match.

    Args:
        pool: Connections.
        user_name: Name in its stored form.
        source: Keyed hash of the network address.
        device: Value of the cookie of a remembered device, or empty.
        now: Present instant.

    Returns:
        The attempt with the hash. None for an unknown name, and while attempts with this name are blocked:
        those of this source, or those of all devices that are not remembered.
    """
    row = await pool.fetchrow(_TRY_PASSWORD, user_name, "password", now, _digest(device), source)
    return None if row is None else Attempt(row["user_id"], row["secret"], row["source"])


async def try_totp(pool: Pool, user_id: str, now: datetime) -> Attempt | None:
    """Count an attempt and return the secret for its code.

    Return None if the person has no authenticator, or while it is blocked.
    """
    row = await pool.fetchrow(_TRY_CODE, user_id, "totp", now)
    return None if row is None else Attempt(row["user_id"], row["secret"])


async def forget_attempts(pool: Pool, attempt: Attempt) -> None:
    """Delete the number of wrong passwords of a person from one source, after a right password."""
    await pool.execute(_FORGET_ATTEMPTS, attempt.user_id, attempt.source)


async def is_device(pool: Pool, device: str, now: datetime, user_id: str | None = None) -> bool:
    """Return whether a cookie is of a remembered device of this person (None: of any person)."""
    known: bool = bool(device) and await pool.fetchval(_IS_DEVICE, _digest(device), now, user_id)
    return known


async def remember_device(pool: Pool, user_id: str, now: datetime) -> str:
    """Store the browser as a device of a person; return the value of the cookie."""
    device = secrets.token_urlsafe(32)
    await pool.execute(_REMEMBER, _digest(device), user_id, now + DEVICE_LIFE)
    return device


async def right(pool: Pool, user_id: str, kind: Kind, step: int = 0) -> bool:
    """Store that an attempt with a factor was right, and unblock the factor.

    `step` is the time step of a code, or 0 for a password. Return False if a code of this step, or of a later
    one, was used before.
    """
    return await pool.fetchval(_RIGHT, user_id, kind, step) is not None


async def seal_authenticators(connection: Connection, sealer: Sealer) -> int:
    """Encrypt up to 1000 secrets of authenticators that operators stored in clear; return their number."""
    rows = await connection.fetch(_CLEAR)
    await connection.executemany(
        _SEAL, [(row["user_id"], sealer.seal(row["secret"], row["user_id"])) for row in rows]
    )
    return len(rows)


async def has(pool: Pool, user_id: str, kind: Kind) -> bool:
    """Return whether a person has a factor of this kind."""
    return bool(await pool.fetchval(_HAS, user_id, kind))


async def session(pool: Pool, key: str, now: datetime) -> Session | None:
    """Return the session for the cookie of a browser, or None if it does not exist or has expired."""
    row = await pool.fetchrow(_SESSION, _digest(key), now)
    return (
        None
        if row is None
        else Session(row["user_id"], row["level"], row["authenticated_at"], row["login_id"])
    )


async def open_session(pool: Pool, session: Session, now: datetime, instead_of: str) -> str:
    """Store a session in place of the earlier one of this browser; return the value of the cookie."""
    key = secrets.token_urlsafe(32)
    await pool.execute(
        _OPEN, _digest(instead_of), _digest(key), session.user_id, session.level, session.authenticated_at,
        now + SESSION_LIFE, session.login_id,
    )  # fmt: skip
    return key


async def close_session(pool: Pool, key: str, tokens_until: datetime) -> str | None:
    """Delete the session for the cookie of a browser, and revoke its codes and access tokens.

    Args:
        pool: Connections.
        key: Value of the cookie.
        tokens_until: Instant at which all tokens of the login have expired by themselves.

    Returns:
        The user id, or None if there was no session.
    """
    row = await pool.fetchrow(_CLOSE, _digest(key))
    if row is None:
        return None
    login_id: str = row["login_id"]
    await pool.execute(_END_CODES, login_id)
    await revoke(pool, login_id, tokens_until)
    user_id: str = row["user_id"]
    return user_id


async def revoke(pool: Pool, id_: str, until: datetime) -> None:
    """Store that a login or token is revoked, until the instant at which its tokens have expired anyway."""
    await pool.execute(_REVOKE, id_, until)


async def new_code(
    pool: Pool, client_id: str, redirect_uri: str, request: LoginRequest, session: Session, now: datetime
) -> str:
    """Store a new authorization code for a login and return it. It is valid once, for one minute."""
    code = secrets.token_urlsafe(32)
    await pool.execute(
        _CODE, _digest(code), client_id, redirect_uri, request.challenge, request.nonce, list(request.scopes),
        session.user_id, session.level, session.authenticated_at, now + CODE_LIFE,
        session.login_id,
    )  # fmt: skip
    return code


async def redeem(pool: Pool, code: str) -> Code | None:
    """Delete a code and return it, even if it has expired. Return None if it does not exist or was used."""
    row = await pool.fetchrow(_REDEEM, _digest(code))
    if row is None:
        return None
    return Code(
        row["client_id"], row["redirect_uri"], row["challenge"], row["nonce"], row["scopes"],
        Session(row["user_id"], row["level"], row["authenticated_at"], row["login_id"]), row["expires_at"],
    )  # fmt: skip
