"""Encryption of stored secrets, with a separate key for each purpose (AES-256-GCM)."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.runtime.errors import OurError

_PREFIX: Final = "v1."
_NONCE_BYTES: Final = 12


class SealBrokenError(OurError):
    """The error for a sealed text that cannot be opened with this key and this owner."""


class Sealer:
    """A cipher that seals (encrypts) and opens (decrypts) short texts.

    The owner (for example a user id) is authenticated with the text, so that a sealed text that is copied to
    another row does not open there.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str, owner: str) -> str:
        """Return the sealed form of a text, which is printable ASCII."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), owner.encode())
        return _PREFIX + urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, sealed: str, owner: str) -> str:
        """Open a sealed text. Return a text that is not sealed unchanged: it was stored before sealing began.

        Raises:
            SealBrokenError: The text was sealed with another key or for another owner, or it is damaged.
        """
        if not is_sealed(sealed):
            return sealed
        raw = sealed.removeprefix(_PREFIX)
        try:
            data = urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealBrokenError(
                "a sealed secret does not open: the key or its owner is another one"
            ) from None


def is_sealed(text: str) -> bool:
    """Return whether a text is sealed."""
    return text.startswith(_PREFIX)
