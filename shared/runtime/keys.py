"""The public keys of technical clients, registered as an X.509 certificate or as a JWK."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from shared.runtime.errors import OurError

RSA_BITS: Final = range(2048, 4097)
CURVE: Final = "P-256"
MOST_CHARACTERS: Final = 16 * 1024
#: The members of a JWK that are stored: the key itself, and the name that its owner gave it.
_KEPT: Final = frozenset({"kty", "n", "e", "crv", "x", "y", "kid"})


class KeyRefusedError(OurError):
    """The error for a text that cannot be registered as a public key. Its text is the reason."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key with its validity, which only a certificate has."""

    id: str  #: its thumbprint (RFC 7638)
    jwk: dict[str, Any]
    not_before: datetime | None = None
    not_after: datetime | None = None


def read_public_key(text: str) -> PublicKey:
    """Return the public key in a PEM certificate (also a self-signed one, client Q11) or in a JWK.

    Raise KeyRefusedError for another text, and for a key that is not accepted.
    """
    if len(text) > MOST_CHARACTERS:
        raise KeyRefusedError("that is too long for a certificate or a key")
    if "PRIVATE KEY" in text:
        raise KeyRefusedError("that is a private key: it stays with you; give the certificate, or the JWK")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # about short keys, which are refused below
        if "-----BEGIN CERTIFICATE-----" in text:
            return _of_certificate(text)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise KeyRefusedError("neither a certificate in PEM nor a key in JSON (JWK)") from None
        return _of_jwk(document)


def _of_certificate(text: str) -> PublicKey:
    try:
        certificate = load_pem_x509_certificate(text.encode())
        raw = certificate.public_key()
    except Exception:  # any error of the parser: the file comes from outside
        raise KeyRefusedError("the certificate cannot be read") from None
    if isinstance(raw, RSAPublicKey):
        key = _checked(RSAKey.import_key(raw))
    elif isinstance(raw, EllipticCurvePublicKey) and raw.curve.name == "secp256r1":
        key = _checked(ECKey.import_key(raw))
    else:
        raise KeyRefusedError("a certificate with an RSA key, or an EC key on P-256, is expected")
    return PublicKey(key.id, key.jwk, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _of_jwk(document: Any) -> PublicKey:
    if not isinstance(document, dict) or document.get("kty") not in ("RSA", "EC"):
        raise KeyRefusedError("a JWK of type RSA or EC is expected")
    if "d" in document:
        raise KeyRefusedError("that is a private key: it stays with you; give its public part")
    kept = {name: value for name, value in document.items() if name in _KEPT}
    if not all(isinstance(value, str) for value in kept.values()):
        raise KeyRefusedError("the members of a JWK are texts")
    try:
        kind = RSAKey if kept["kty"] == "RSA" else ECKey
        return _checked(kind.import_key(kept))
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeyRefusedError("the JWK cannot be read") from None


def _checked(key: RSAKey | ECKey) -> PublicKey:
    if isinstance(key, RSAKey) and key.public_key.key_size not in RSA_BITS:
        raise KeyRefusedError(f"an RSA key has {RSA_BITS[0]} to {RSA_BITS[-1]} bits")
    if isinstance(key, ECKey) and key.curve_name != CURVE:
        raise KeyRefusedError(f"an EC key is on the curve {CURVE}")
    return PublicKey(key.thumbprint(), dict(key.as_dict(private=False)))
