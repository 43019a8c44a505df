"""Signatures of files: right ones, and the official reason for each wrong one."""

from __future__ import annotations

import base64
import hashlib
import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options

from services.files.transfer.signature import (
    INVALID,
    MISSING,
    OTHER_OWNER,
    Signature,
    read_signature,
    reason_to_refuse,
)
from tests.signing import Signer, authority

CONTENT = b"<Dimona/>"
OWN = "0400767772"
NOW = datetime.now(UTC)
AUTHORITY = authority()
SIGNER = AUTHORITY.issue(f"NTRBE-{OWN}")


def reason(
    fs: bytes | None, content: bytes = CONTENT, *, trusted: Signer = AUTHORITY, at: datetime = NOW
) -> str | None:
    """Return the reason for refusing a file with this signature."""
    digest = hashlib.sha256(content).digest()
    return reason_to_refuse(fs, digest, [trusted.certificate], OWN, at)


@pytest.mark.parametrize(
    "fs",
    [
        SIGNER.sign(CONTENT),
        SIGNER.sign(CONTENT, Encoding.PEM),
        base64.encodebytes(SIGNER.sign(CONTENT)),
        AUTHORITY.issue(f"VATBE-{OWN}").sign(CONTENT),
    ],
    ids=["DER", "PEM", "base64", "VAT number"],
)
def test_a_right_signature_is_accepted(fs: bytes) -> None:
    assert reason(fs) is None


def test_keys_of_rsa_are_accepted_from_2048_bits() -> None:
    keys = [rsa.generate_private_key(65537, bits) for bits in (2048, 1024)]
    strong, weak = (AUTHORITY.issue(f"NTRBE-{OWN}", key=key) for key in keys)
    assert reason(strong.sign(CONTENT)) is None
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    assert reason(strong.sign(CONTENT, rsa_padding=pss)) is None
    assert reason(weak.sign(CONTENT)) == INVALID


def test_each_mistake_has_its_reason() -> None:
    fs = SIGNER.sign(CONTENT)
    assert reason(None) == MISSING
    assert reason(b"no signature") == INVALID
    assert reason(fs, CONTENT + b" ") == INVALID
    assert reason(fs, trusted=authority()) == INVALID, "a stranger with an equal name"
    assert reason(fs, at=NOW + timedelta(days=366)) == INVALID
    assert reason(fs, at=NOW - timedelta(days=401)) == INVALID
    assert reason(AUTHORITY.issue(f"NTRBE-{OWN}", signs=False).sign(CONTENT)) == INVALID
    assert reason(AUTHORITY.sign(CONTENT)) == INVALID, "an authority signs no files"
    assert reason(AUTHORITY.issue("NTRBE-0477472701").sign(CONTENT)) == OTHER_OWNER
    assert reason(AUTHORITY.issue(OWN).sign(CONTENT)) == OTHER_OWNER
    own_key = Signer(ec.generate_private_key(ec.SECP256R1()), SIGNER.certificate)
    assert reason(own_key.sign(CONTENT)) == INVALID, "another key than that of the certificate"


@pytest.mark.parametrize(
    "fs",
    [
        b"", b"-----BEGIN PKCS7-----", b"0", b"0\x80", b"\xff" * 9, b"0\x03\x02\x01\x00",
        SIGNER.sign(CONTENT, options=[PKCS7Options.Binary]),
        SIGNER.sign(CONTENT, options=[PKCS7Options.DetachedSignature, PKCS7Options.NoAttributes]),
        SIGNER.sign(CONTENT, options=[PKCS7Options.DetachedSignature, PKCS7Options.NoCerts]),
        SIGNER.sign(CONTENT) + b"0",
        b"0\x84\xff\xff\xff\xff", b"\x30\x80" * 30_000,
    ],
)  # fmt: skip
def test_other_contents_are_no_signature(fs: bytes) -> None:
    """A content inside, no signed attributes, no certificate, and bytes of any kind."""
    assert read_signature(fs) is None


def test_nothing_that_is_signed_can_be_changed() -> None:
    """One bit differs. It is accepted only outside of the signed parts, as in the form of the signatures."""
    right, chance = SIGNER.sign(CONTENT), random.Random(1)
    expected, digest = read_signature(right), hashlib.sha256(CONTENT).digest()
    assert expected is not None
    for _ in range(600):
        changed = bytearray(right)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        if reason_to_refuse(bytes(changed), digest, [AUTHORITY.certificate], OWN, NOW) is None:
            found = read_signature(bytes(changed))
            assert found is not None
            assert signed(found) == signed(expected)


def signed(signature: Signature) -> tuple[bytes, bytes, bytes]:
    """Return the parts that the signatures of the sender and of the authority cover."""
    return signature.digest, signature.attributes, signature.certificate.tbs_certificate_bytes
