"""A public key that a person pasted or a browser made, in the form of the API. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import ECKey, RSAKey

_MOST: Final = 16 * 1024  #: characters, as many as the directory reads
_CURVE: Final = "secp256r1"


def body_of(text: str) -> dict[str, Any] | str:
    """Return the body with a public key for the directory, or the mistake: a key of `inputs.WRONG`.

    A private key is recognized before anything is done with the text.
    """
    if "PRIVATE" in text:
        return "private"
    if len(text) > _MOST:
        return "key"
    if "-----BEGIN CERTIFICATE-----" in text:
        return {"certificate": text}
    if "-----BEGIN PUBLIC KEY-----" in text:
        jwk = _of_pem(text)
        return "key" if jwk is None else {"jwk": jwk}
    return _of_json(text)


def _of_json(text: str) -> dict[str, Any] | str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "key"
    if not isinstance(document, dict):
        return "key"
    return "private" if "d" in document else {"jwk": document}


def _of_pem(text: str) -> dict[str, Any] | None:
    try:
        key = load_pem_public_key(text.encode())
    except Exception:  # any error of the parser: the text comes from a person
        return None
    if isinstance(key, RSAPublicKey):
        return dict(RSAKey.import_key(key).as_dict(private=False))
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name == _CURVE:
        return dict(ECKey.import_key(key).as_dict(private=False))
    return None
