"""A technical client's side of OAuth in plain HTTP: signs assertions, asks for tokens."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.asgi import Answer
from tests.web import ask

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def key_of(document: Mapping[str, Any], client_id: str) -> RSAKey:
    """The private key that `endpoints.json` names for a client."""
    return RSAKey.import_key(Path(document["integrators"][client_id]["private_key"]).read_text())


def claims_of(client_id: str, url: str, **changed: Any) -> dict[str, Any]:
    """The claims of a good assertion, as changed; None leaves one out."""
    now = int(time.time())
    said = {
        "iss": client_id, "sub": client_id, "aud": url, "jti": str(uuid4()), "iat": now, "exp": now + 300,
    }  # fmt: skip
    return {name: value for name, value in (said | changed).items() if value is not None}


def assertion(client_id: str, url: str, key: RSAKey | ECKey, alg: str = "RS256", **changed: Any) -> str:
    """An assertion as real clients make it: no kid, no x5c."""
    return jwt.encode({"alg": alg, "typ": "JWT"}, claims_of(client_id, url, **changed), key, [alg])


def grant(signed: str, **more: str) -> dict[str, str]:
    """The parameters of a request for a client's own token."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": signed,
        **more,
    }


def post(url: str, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
    """What an endpoint answers to a form."""
    return ask(url, "POST", {**FORM, **(headers or {})}, urlencode(parameters).encode())
