"""Access tokens for tests: signed with the key of a local deployment, as its issuer would."""

from __future__ import annotations

import json
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.deployment import Endpoints
from shared.runtime.tokens import TYPE


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
