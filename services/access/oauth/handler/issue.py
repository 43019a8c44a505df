"""Signing of access tokens and ID tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError

from services.access.oauth.rules.authorization import Session
from services.access.settings import AccessSettings
from shared.domain.assurance import acr_of
from shared.runtime.tokens import TYPE

LIFE: Final = 600  #: seconds
_ALGORITHM: Final = "ES256"


def login_claims(session: Session) -> dict[str, Any]:
    """Return the claims about a login: its assurance level and its instant (RFC 9470 §6)."""
    return {"acr": acr_of(session.level), "auth_time": int(session.authenticated_at.timestamp())}


class Signer:
    """Signer of access tokens and ID tokens, with the first of the present keys of this deployment."""

    def __init__(self, settings: AccessSettings) -> None:
        self._keys = settings.signing_keys
        self._issuer, self._audience = settings.token_issuer, settings.audience

    def access_token(
        self, subject: str, client_id: str, scopes: Sequence[str], now: datetime, **claims: Any
    ) -> str:
        """Return an access token (RFC 9068). `claims` are about the login; a token of a client has none."""
        claims = {
            "sub": subject, "aud": self._audience, "client_id": client_id, "scope": " ".join(scopes),
            "jti": str(uuid4()), **claims,
        }  # fmt: skip
        return self._signed(TYPE, claims, now)

    def id_token(self, client_id: str, nonce: str | None, session: Session, now: datetime) -> str:
        """Return an ID token (OpenID Connect Core §2) with the opaque id of the person."""
        claims = {"sub": session.user_id, "aud": client_id, **login_claims(session)}
        return self._signed("JWT", claims | ({} if nonce is None else {"nonce": nonce}), now)

    def token_id(self, token: str, client_id: str) -> str | None:
        """Return the id (`jti`) of an access token that we signed for this client; None for another text."""
        decoded = self._decoded(token)
        if decoded is None:
            return None
        claims = decoded.claims
        is_own = decoded.header.get("typ") == TYPE and claims.get("client_id") == client_id
        return str(claims["jti"]) if is_own else None

    def _decoded(self, token: str) -> jwt.Token | None:
        """Return a token that one of the present keys signed, or None."""
        for key in self._keys():
            with suppress(JoseError, ValueError, TypeError):
                return jwt.decode(token, key, algorithms=[_ALGORITHM])
        return None

    def _signed(self, type_: str, claims: Mapping[str, Any], now: datetime) -> str:
        issued = int(now.timestamp())
        payload = {"iss": self._issuer, "iat": issued, "exp": issued + LIFE, **claims}
        key = self._keys()[0]
        return jwt.encode({"alg": _ALGORITHM, "typ": type_, "kid": key.thumbprint()}, payload, key)
