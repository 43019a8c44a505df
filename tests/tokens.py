"""Access tokens for tests: signed with the key of a local deployment, as its issuer would."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.demo.directory import FEED, reader_of
from deploy.local.deployment import Endpoints
from shared.runtime.tokens import TYPE, Verifier


def mint(
    endpoints: Endpoints,
    subject: str,
    *scopes: str,
    level: int = 400,
    client_id: str = "tests",
    **claims: Any,
) -> str:
    """Sign a token of this person (or, with level 0, of this client); `claims` replace its claims."""
    now = int(time.time())
    said: dict[str, Any] = {
        "iss": endpoints.api_url("access"),
        "sub": subject,
        "aud": f"urn:{endpoints.deployment.name}",
        "client_id": client_id,
        "scope": " ".join(scopes),
        "iat": now,
        "exp": now + 600,
    }
    if level:
        said["acr"] = f"urn:be:fedict:iam:fas:Level{level}"
    key = ECKey.import_key(json.loads(endpoints.token_key))
    header = {"alg": "ES256", "typ": TYPE, "kid": key.thumbprint()}
    return jwt.encode(header, said | claims, key)


def bearer(*arguments: Any, **named: Any) -> dict[str, str]:
    """Return the header of a request with such a token."""
    return {"Authorization": f"Bearer {mint(*arguments, **named)}"}


def verifier(endpoints: Endpoints) -> Verifier:
    """Return a verifier of the tokens of a local deployment, which asks no issuer for the key."""
    key = ECKey.import_key(json.loads(endpoints.token_key))

    async def keys(_url: str) -> Mapping[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()}]}

    return Verifier(endpoints.api_url("access"), f"urn:{endpoints.deployment.name}", "", fetch=keys)


def of_institution(endpoints: Endpoints, institution: str) -> dict[str, str]:
    """Return the header of a request by the program of an institution, which reads the feed."""
    client = reader_of(institution)
    return bearer(endpoints, client, FEED, level=0, client_id=client)
