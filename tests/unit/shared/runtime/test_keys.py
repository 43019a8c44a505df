"""Registration of public keys from certificates and JWKs, and the reasons of refusals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from shared.runtime.keys import KeyRefusedError, read_public_key
from tests.certificates import AFTER, BEFORE, self_signed

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("key", [RSA, EC], ids=["RSA", "EC"])
def test_the_key_of_a_self_signed_certificate_and_its_validity(key: Any) -> None:
    """Client Q11."""
    found = read_public_key(self_signed(key))
    kind = RSAKey if key is RSA else ECKey
    assert found.id == kind.import_key(key.public_key()).thumbprint()
    assert (found.not_before, found.not_after) == (BEFORE, AFTER)
    assert "d" not in found.jwk


@pytest.mark.parametrize("key", [RSAKey.generate_key(2048), ECKey.generate_key("P-256")], ids=["RSA", "EC"])
def test_a_jwk_keeps_only_its_key_and_kid(key: Any) -> None:
    given = {**key.as_dict(private=False), "kid": "payroll-2026", "use": "sig", "x-note": "of ours"}
    found = read_public_key(json.dumps(given))
    assert found.id == key.thumbprint()
    assert found.jwk == {**key.as_dict(private=False), "kid": "payroll-2026"}
    assert found.not_after is None


def of(key: Any, *, private: bool = False) -> str:
    return json.dumps(key.as_dict(private=private))


SMALL = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
REFUSED = {
    "a private JWK": (of(RSAKey.import_key(RSA), private=True), "private key"),
    "a private key in PEM": (RSAKey.import_key(RSA).as_pem(private=True).decode(), "private key"),
    "a key and its certificate": (
        RSAKey.import_key(RSA).as_pem(private=True).decode() + self_signed(RSA), "private key",
    ),
    "too short": (self_signed(SMALL), "2048 to 4096 bits"),
    "another curve": (of(ECKey.generate_key("P-384", private=False)), "P-256"),
    "a certificate with another curve": (self_signed(ec.generate_private_key(ec.SECP384R1())), "P-256"),
    "a certificate of another kind": (self_signed(ed25519.Ed25519PrivateKey.generate()), "P-256"),
    "a JWK of another kind": (of(OKPKey.generate_key("Ed25519", private=False)), "type RSA or EC"),
    "a shared secret": (of(OctKey.generate_key(256), private=True), "type RSA or EC"),
    "half a JWK": (json.dumps({"kty": "RSA", "e": "AQAB"}), "cannot be read"),
    "a point that is on no curve": (
        json.dumps({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}), "cannot be read",
    ),
    "numbers in a JWK": (json.dumps({"kty": "RSA", "e": 65537, "n": 7}), "are texts"),
    "a broken certificate": (self_signed(RSA).replace("M", "N"), "cannot be read"),
    "a list": ("[]", "type RSA or EC"),
    "no key at all": ("hello", "neither a certificate"),
    "nested without end": ("[" * 10_000, "neither a certificate"),
    "a flood": ("x" * 20_000, "too long"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_keys_and_their_reasons(name: str) -> None:
    text, why = REFUSED[name]
    with pytest.raises(KeyRefusedError, match=why):
        read_public_key(text)


def test_control_validity_of_the_test_certificates() -> None:
    assert BEFORE < datetime.now(UTC) < AFTER
