"""Self-signed certificates, as integrators make them for their programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BEFORE: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
AFTER: Final = BEFORE + timedelta(days=730)


def self_signed(key: Any, before: datetime = BEFORE, after: datetime = AFTER) -> str:
    """Return a certificate of this private key, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "payroll.example")])
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=before, not_valid_after=after,
    )  # fmt: skip
    digest = None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256()
    return made.sign(key, digest).public_bytes(Encoding.PEM).decode()
