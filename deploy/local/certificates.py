"""A throw-away certificate authority for local stacks and tests, and the certificates that it issues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.processes import write_private

#: Names of a server of the local stack.
LOCAL: Final = ("127.0.0.1", "localhost")
_VALID: Final = timedelta(days=30)
_EARLY: Final = timedelta(hours=1)  #: certificates are valid from then on, for clocks that are late
_CURVE: Final = ec.SECP256R1()


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate in PEM."""

    authorities: Path  #: the authority that issued it
    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder. Its own key is in memory only."""

    def __init__(self, folder: Path, name: str = "Dimona throw-away authority") -> None:
        self._folder, self._key = folder, ec.generate_private_key(_CURVE)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        certificate = (
            _builder(self._name, self._name, self._key.public_key(), datetime.now(UTC) + _VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(self._identifier, critical=False)
            .sign(self._key, SHA256())
        )
        self.file = folder / "ca.crt"
        write_private(self.file, certificate.public_bytes(Encoding.PEM).decode())

    def issue(
        self, name: str, hosts: Iterable[str] = LOCAL, *, until: datetime | None = None, file: str = ""
    ) -> Certificate:
        """Issue a certificate for a server or client, and write its files; replace those of a former one.

        Args:
            name: Common name; with EXTERNAL the user of the broker.
            hosts: Names and IP addresses of the server.
            until: End of its validity; by default in 30 days.
            file: Name of the files without ending; by default `name`.
        """
        key = ec.generate_private_key(_CURVE)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (
            _builder(subject, self._name, key.public_key(), until or datetime.now(UTC) + _VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier),
                critical=False,
            )
            .sign(self._key, SHA256())
        )
        made = Certificate(
            self.file, self._folder / f"{file or name}.crt", self._folder / f"{file or name}.key"
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(made.key, private.decode())
        write_private(made.certificate, certificate.public_bytes(Encoding.PEM).decode())
        return made


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    begin = min(datetime.now(UTC) - _EARLY, until - _EARLY)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(until)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
