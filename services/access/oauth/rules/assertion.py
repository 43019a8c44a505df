"""Signed assertions, with which clients authenticate (RFC 7523). Pure."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from services.access.oauth.rules.refusal import Refusal

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Type of key → allowed algorithms. The header of an assertion chooses among these only.
ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {"RSA": ("RS256", "PS256"), "EC": ("ES256",)}
LEEWAY: Final = 5  #: seconds, on iat, nbf and exp (decision D29)
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_:.-]{1,128}")
_MOST_CHARACTERS: Final = 16 * 1024
_LAST: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class _Registry(JWSRegistry):
    """The rules for JWT headers. Unknown headers are ignored (RFC 7515); headers may be as long as 8 KiB."""

    max_header_length = 8 * 1024


_REGISTRY: Final = _Registry(
    algorithms=[name for names in ALGORITHMS.values() for name in names], strict_check_header=False
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Claims of an assertion before its signature is checked."""

    client_id: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion with a valid signature. Whether its `jti` was used before is not checked yet."""

    client_id: str
    jti: str
    remembered_until: datetime  #: instant from which it is refused as expired


def claimed(assertion: str) -> Claimed:
    """Return the client id and key id that an assertion names. Its signature is not checked.

    Raises Refusal if the text is no JWT, or names no client id.
    """
    parts = assertion.split(".")
    if len(parts) != 3 or len(assertion) > _MOST_CHARACTERS:
        raise Refusal("invalid_client", "the client assertion is no signed JWT")
    header, claims = _object(parts[0]), _object(parts[1])
    client_id, key_id = claims.get("iss"), header.get("kid")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        raise Refusal("invalid_client", "the iss of the client assertion is no client id")
    if not isinstance(key_id, str | None):
        raise Refusal("invalid_client", "the kid of the client assertion is no text")
    return Claimed(client_id, key_id)


def _object(part: str) -> dict[str, Any]:
    try:
        document = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError, Error):
        document = None
    if not isinstance(document, dict):
        raise Refusal("invalid_client", "the client assertion is no signed JWT")
    return document


def believed(
    assertion: str,
    claim: Claimed,
    keys: Sequence[tuple[str, Mapping[str, Any]]],
    audiences: Collection[str],
    now: datetime,
) -> Assertion:
    """Check an assertion with the keys of its client, and return it.

    Args:
        assertion: Signed JWT.
        claim: The unchecked claims that `claimed` returned.
        keys: Valid keys of the client by thumbprint. A `kid` chooses among them; keys in the header are
            ignored.
        audiences: Accepted audiences.
        now: Present instant.

    Raises:
        Refusal: A wrong signature, or a missing, wrong or expired claim.
    """
    claims = _signed(assertion, [jwk for id_, jwk in keys if claim.key_id in {None, id_, jwk.get("kid")}])
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": claim.client_id},
        sub={"essential": True, "value": claim.client_id},
        aud={"essential": True, "values": list(audiences)},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise Refusal("invalid_client", "the client assertion has expired") from None
    except (InvalidClaimError, MissingClaimError) as error:
        raise Refusal("invalid_client", f"wrong or missing in the client assertion: {error.claim}") from None
    if not 0 < claims["exp"] < _LAST:
        raise Refusal("invalid_client", "wrong or missing in the client assertion: exp")
    until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=LEEWAY + 1)
    return Assertion(claim.client_id, claims["jti"], until)


def _signed(assertion: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    for jwk in keys:
        kind = RSAKey if jwk["kty"] == "RSA" else ECKey
        try:
            key = kind.import_key(dict(jwk))
            token = jwt.decode(assertion, key, list(ALGORITHMS[jwk["kty"]]), _REGISTRY)
        except (JoseError, ValueError, TypeError):
            continue
        return token.claims
    # An unknown client, one without a key, and a wrong signature look the same from outside.
    raise Refusal("invalid_client", "no registered key of this client has signed the assertion")
