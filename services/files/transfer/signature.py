"""Read and verify the signature of a file: a detached CMS signature (RFC 5652) in an FS file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

#: Reasons of Annex 30: the FS file is missing, it proves nothing, or the certificate is that of another.
MISSING, INVALID, OTHER_OWNER = "122", "125", "153"
_HASH: Final = hashes.SHA256()  #: of files and of signed attributes; each file has this digest anyway
_RSA_BITS: Final = 2048
_ARMOR: Final = re.compile(rb"-----(BEGIN|END) (PKCS7|CMS)-----")
#: The number of a Belgian enterprise in a certificate (ETSI EN 319 412-1).
_ENTERPRISE: Final = re.compile(r"(?:NTRBE-|VATBE-)([01][0-9]{9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of one signer with its certificate. It proves nothing before `reason_to_refuse`."""

    algorithm: str  #: of the signature, with a name of asn1crypto
    digest: bytes  #: SHA-256 of the signed file
    attributes: bytes  #: the signed attributes, which contain the digest, as DER
    value: bytes
    certificate: x509.Certificate


def read_signature(content: bytes) -> Signature | None:
    """Return the signature in an FS file: DER, or its base64 with or without the lines of PEM.

    Return None for a file without exactly one detached signature, or with an algorithm that is not accepted.
    """
    # Both libraries raise errors of many types for wrong structures. Each means that nothing is signed.
    with suppress(Exception):
        return _read(content)
    return None


def reason_to_refuse(
    content: bytes | None,
    sha256: bytes,
    authorities: Sequence[x509.Certificate],
    organization: str,
    at: datetime,
) -> str | None:
    """Return the reason of Annex 30 for refusing a file; None if its signature is right.

    Args:
        content: The content of its FS file; None if there is none.
        sha256: The digest of the file.
        authorities: The certificates of the authorities that issue certificates for signing.
        organization: The enterprise number of the sender, 10 digits.
        at: The instant of reception, at which the certificate must be valid.
    """
    if content is None:
        return MISSING
    signature = read_signature(content)
    if signature is None or signature.digest != sha256 or not _is_signed(signature):
        return INVALID
    certificate = signature.certificate
    if not (_may_sign(certificate) and _is_valid(certificate, at)):
        return INVALID
    if not any(_is_valid(each, at) and _has_issued(each, certificate) for each in authorities):
        return INVALID
    return None if organization in _enterprises(certificate) else OTHER_OWNER


def _read(content: bytes) -> Signature | None:
    info = cms.ContentInfo.load(_der(content), strict=True)
    signed = info["content"]
    if info["content_type"].native != "signed_data" or len(signed["signer_infos"]) != 1:
        return None
    (signer,) = signed["signer_infos"]
    attributes = {each["type"].native: each["values"] for each in signer["signed_attrs"]}
    (digest,) = attributes["message_digest"].native
    hash_name = signer["digest_algorithm"]["algorithm"].native
    is_detached = signed["encap_content_info"]["content"].native is None
    is_data = attributes["content_type"].native == ["data"]
    algorithm = signer["signature_algorithm"].signature_algo
    if not (is_detached and is_data and hash_name == _HASH.name and algorithm in _VERIFIERS):
        return None
    (certificate,) = (each.chosen for each in signed["certificates"] if _is_named(signer["sid"], each))
    return Signature(
        algorithm,
        digest,
        signer["signed_attrs"].untag().dump(),
        signer["signature"].native,
        x509.load_der_x509_certificate(certificate.dump()),
    )


def _der(content: bytes) -> bytes:
    if content[:1] == b"\x30":
        return content
    try:
        return base64.b64decode(b"".join(_ARMOR.sub(b"", content).split()), validate=True)
    except binascii.Error:
        return b""


def _is_named(signer: Any, choice: Any) -> bool:
    """Return whether a certificate is the one that a signer names."""
    if choice.name != "certificate":
        return False
    certificate = choice.chosen
    if signer.name == "subject_key_identifier":
        named: bool = certificate.key_identifier == signer.native
        return named
    number = signer.chosen["serial_number"].native
    return bool(certificate.issuer == signer.chosen["issuer"] and certificate.serial_number == number)


def _verify_rsa(key: Any, signature: Signature, kind: Any) -> None:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _RSA_BITS:
        raise InvalidSignature
    key.verify(signature.value, signature.attributes, kind, _HASH)


def _verify_pkcs1(key: Any, signature: Signature) -> None:
    _verify_rsa(key, signature, padding.PKCS1v15())


def _verify_pss(key: Any, signature: Signature) -> None:
    _verify_rsa(key, signature, padding.PSS(padding.MGF1(_HASH), padding.PSS.AUTO))


def _verify_ecdsa(key: Any, signature: Signature) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature
    key.verify(signature.value, signature.attributes, ec.ECDSA(_HASH))


_VERIFIERS: Final[Mapping[str, Callable[[Any, Signature], None]]] = {
    "rsassa_pkcs1v15": _verify_pkcs1,
    "rsassa_pss": _verify_pss,
    "ecdsa": _verify_ecdsa,
}


def _is_signed(signature: Signature) -> bool:
    try:
        _VERIFIERS[signature.algorithm](signature.certificate.public_key(), signature)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _has_issued(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _is_valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _may_sign(certificate: x509.Certificate) -> bool:
    """Return whether a certificate is for signatures, and not for issuing other certificates."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return (usage.digital_signature or usage.content_commitment) and not usage.key_cert_sign


def _enterprises(certificate: x509.Certificate) -> set[str]:
    """Return the enterprise numbers in the subject of a certificate."""
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    found = (_ENTERPRISE.fullmatch(str(each.value)) for each in names)
    return {match[1] for match in found if match}
