"""Access tokens: who calls, told by a token that somebody we trust has signed (security.md §2.1)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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
TYPE: Final = "at+jwt"  #: so that an assertion, or an ID token, is never taken for an access token
LEEWAY: Final = 5  #: seconds (D29)
#: A key that we do not know may be new: ask the issuer, but not for everybody who invents one.
_ASK_AGAIN: Final = 10.0
#: Seconds for which keys are believed unseen: so long at most a key counts that its issuer has withdrawn.
_GOOD_FOR: Final = 300.0
_FETCH: Final = aiohttp.ClientTimeout(total=5)
_MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a person who has logged in (`level` > 0), or a technical client (`level` 0)."""

    subject: str  #: of a person the opaque user id, of a client its client id
    client_id: str
    scopes: frozenset[str]
    level: int  #: assurance level of the login, 0 where nobody has logged in

    @property
    def is_person(self) -> bool:
        """Whether somebody has logged in."""
        return self.level > 0


class TokenRefusedError(OurError):
    """A token that is not believed; `expired` where only its time has passed."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("the token has expired" if expired else "the token is not valid here")
        self.expired = expired


class IssuerAwayError(OurError):
    """The issuer's keys are not to be had just now: no token can be judged."""


async def fetch_keys(url: str) -> Mapping[str, Any]:
    """The issuer's key set. Raises aiohttp.ClientError, TimeoutError or ValueError."""
    session = aiohttp.ClientSession(timeout=_FETCH)
    async with session, session.get(url, allow_redirects=False) as response:
        response.raise_for_status()
        body = await response.content.read(_MOST_BYTES)
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("not a key set")
    return document


class Verifier:
    """Believes the tokens of one issuer, for one audience."""

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
        """The verifier that a service's settings describe."""
        return cls(
            settings.token_issuer, settings.audience, settings.token_jwks_url, settings.token_levels or LEVELS
        )

    def names_from(self, level: int) -> str:
        """The `acr` values that are at least so good, the lowest first."""
        enough = {name: value for name, value in self._levels.items() if value >= level}
        return " ".join(sorted(enough, key=enough.__getitem__))

    async def caller(self, token: str) -> Caller:
        """Who a token speaks for. Raises TokenRefusedError, or IssuerAwayError."""
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
        )

    async def _decoded(self, token: str) -> jwt.Token:
        if not self._keys.keys or time.monotonic() - self._asked_at >= _GOOD_FOR:
            await self._ask()  # an issuer that is away leaves us the keys that we have
        try:
            return jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            # Whatever is wrong with it: it may be signed with a key that is newer than ours.
            if not await self._ask():
                raise
        return jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))

    async def _ask(self) -> bool:
        """Fetch the keys, unless that was done a moment ago; whether they are new."""
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
