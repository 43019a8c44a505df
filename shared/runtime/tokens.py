"""Access tokens: verification of the signature and claims, and the caller that a token names."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import aiohttp
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from shared.domain.assurance import LEVELS
from shared.runtime.errors import OurError
from shared.runtime.logs import log
from shared.runtime.settings import Settings

#: From our own configuration, never from the header of a token.
ALGORITHMS: Final = ("ES256", "RS256", "PS256")
TYPE: Final = "at+jwt"  #: keeps an assertion or an ID token from being accepted as an access token
LEEWAY: Final = 5  #: seconds (decision D29)
#: Seconds between two fetches of keys: an unknown key id may be new, or an invention of the caller.
_ASK_AGAIN: Final = 10.0
#: Seconds for which keys are cached, and so for which a withdrawn key is still accepted at most.
_GOOD_FOR: Final = 300.0
_FETCH: Final = aiohttp.ClientTimeout(total=5)
_MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of an API: a person with a login (`level` > 0), or a technical client (`level` 0)."""

    subject: str  #: the opaque user id of a person, or the client id of a client
    client_id: str
    scopes: frozenset[str]
    level: int  #: assurance level of the login; 0 without a login
    #: ids under which the token may be revoked: its own (`jti`), that of its login (`sid`), and its client
    token_ids: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def is_person(self) -> bool:
        """Whether the token comes from the login of a person."""
        return self.level > 0


class TokenRefusedError(OurError):
    """The error for a token that is not accepted. `expired` is True if the only reason is its age."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("the token has expired" if expired else "the token is not valid here")
        self.expired = expired


class IssuerAwayError(OurError):
    """The error when the keys of the issuer cannot be fetched now, so that no token can be verified."""


async def fetch_keys(url: str, context: ssl.SSLContext | None = None) -> Mapping[str, Any]:
    """Fetch the key set of the issuer; `context` is its TLS, None for the authorities of the system.

    Raise aiohttp.ClientError, TimeoutError or ValueError.
    """
    connector = aiohttp.TCPConnector(ssl=True if context is None else context)
    session = aiohttp.ClientSession(timeout=_FETCH, connector=connector)
    async with session, session.get(url, allow_redirects=False) as response:
        response.raise_for_status()
        body = await response.content.read(_MOST_BYTES)
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("not a key set")
    return document


class Verifier:
    """A verifier of the tokens of one issuer for one audience."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        jwks_url: str,
        levels: Mapping[str, int] = LEVELS,
        fetch: Callable[[str], Awaitable[Mapping[str, Any]]] = fetch_keys,
    ) -> None:
        self._jwks_url, self._levels, self._fetch = jwks_url, levels, fetch
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            client_id={"essential": True},
        )
        self._keys = KeySet([])
        self._asked_at = -_ASK_AGAIN
        self._asking = asyncio.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Verifier:
        """Return the verifier that the settings of a service describe."""
        fetch = partial(fetch_keys, context=settings.apis_context())
        levels = settings.token_levels or LEVELS
        return cls(settings.token_issuer, settings.audience, settings.token_jwks_url, levels, fetch)

    def names_from(self, level: int) -> str:
        """Return the `acr` values of at least this level, the lowest first, separated by spaces."""
        enough = {name: value for name, value in self._levels.items() if value >= level}
        return " ".join(sorted(enough, key=enough.__getitem__))

    async def caller(self, token: str) -> Caller:
        """Return the caller that a token names. Raise TokenRefusedError or IssuerAwayError."""
        try:
            decoded = await self._decoded(token)
            if decoded.header.get("typ", "").lower() != TYPE:
                raise TokenRefusedError
            self._claims.validate(decoded.claims)
        except ExpiredTokenError:
            raise TokenRefusedError(expired=True) from None
        except (JoseError, ValueError, TypeError, AttributeError):
            raise TokenRefusedError from None
        claims = decoded.claims
        return Caller(
            subject=str(claims["sub"]),
            client_id=str(claims["client_id"]),
            scopes=frozenset(str(claims.get("scope", "")).split()),
            level=self._levels.get(str(claims.get("acr", "")), 0),
            token_ids=frozenset(str(claims[name]) for name in ("jti", "sid") if name in claims)
            | {f"client:{claims[name]}" for name in ("client_id", "sub")},
        )

    async def _decoded(self, token: str) -> jwt.Token:
        if not self._keys.keys or time.monotonic() - self._asked_at >= _GOOD_FOR:
            await self._ask()  # when the issuer is away, the cached keys stay in use
        try:
            return jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            # Whatever the error, the token may be signed with a key newer than the cached ones.
            if not await self._ask():
                raise
        return jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))

    async def _ask(self) -> bool:
        """Fetch the keys of the issuer. Return whether they were fetched now.

        Do not fetch them if keys are cached and the last attempt was less than ten seconds ago. Raise
        IssuerAwayError when the issuer does not answer and no key is cached.
        """
        async with self._asking:
            if time.monotonic() - self._asked_at < _ASK_AGAIN and self._keys.keys:
                return False
            self._asked_at = time.monotonic()
            try:
                self._keys = KeySet.import_key_set(dict(await self._fetch(self._jwks_url)))  # type: ignore[arg-type]
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, JoseError) as error:
                log.warning("issuer_away", error=error)
                if not self._keys.keys:
                    raise IssuerAwayError("the issuer's keys cannot be fetched") from None
                return False
            return True
