"""A certification authority of tests, and detached CMS signatures of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_DETACHED = (PKCS7Options.DetachedSignature, PKCS7Options.Binary)


@dataclass(frozen=True)
class Signer:
    """A key with its certificate, of an authority or of a sender."""

    key: PrivateKey
    certificate: x509.Certificate

    def sign(
        self,
        content: bytes,
        encoding: Encoding = Encoding.DER,
        options: Sequence[PKCS7Options] = _DETACHED,
        **padding: Any,
    ) -> bytes:
        """Return a detached signature, or another one with other options."""
        builder = PKCS7SignatureBuilder().set_data(content)
        return builder.add_signer(self.certificate, self.key, hashes.SHA256(), **padding).sign(
            encoding, list(options)
        )

    def issue(
        self, enterprise: str, *, key: PrivateKey | None = None, days: int = 365, signs: bool = True
    ) -> Signer:
        """Return a signer with a certificate of this authority.

        Args:
            enterprise: The identifier of the organization, such as NTRBE-0400767772.
            key: Its key; None: a new one.
            days: The days from today to the end of its certificate.
            signs: Whether the certificate is for signatures.
        """
        key = key or ec.generate_private_key(ec.SECP256R1())
        return Signer(key, _certificate(self, key, f"Sender {enterprise}", enterprise, days, signs))


def authority(name: str = "Test authority") -> Signer:
    """Return a new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Signer(key, _certificate(None, key, name, None, 3650, False))


def _certificate(
    issuer: Signer | None, key: PrivateKey, name: str, enterprise: str | None, days: int, signs: bool
) -> x509.Certificate:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if enterprise is not None:
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, enterprise))
    subject, now = x509.Name(names), datetime.now(UTC)
    usage = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    usage |= {"digital_signature": signs, "key_cert_sign": enterprise is None}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=enterprise is None, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
    )
    return builder.sign(key if issuer is None else issuer.key, hashes.SHA256())
