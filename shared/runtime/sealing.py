"""Encryption of stored secrets, with a separate key for each purpose (AES-256-GCM, ADR 43)."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.runtime.errors import OurError

_PREFIX: Final = "v1."
_NONCE_BYTES: Final = 12
_FIRST: Final = 1  #: the version that is derived from the setting `key`

_Version = Annotated[int, Field(ge=_FIRST, le=9999)]


class SealBrokenError(OurError):
    """The error for a sealed text that cannot be opened with these keys and this owner."""


class KeyVersions(BaseModel):
    """The secret file `dimona_sealing_keys`: keys by version, and the use of each version.

    `current` seals. All versions from `oldest` on open. Version 1 is derived from `dimona_key` and is not in
    `keys`; the others have 64 hexadecimal digits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    current: _Version = _FIRST
    oldest: _Version = _FIRST
    keys: Annotated[
        Mapping[_Version, Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]], Field(max_length=8)
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_current(self) -> Self:
        if _FIRST in self.keys or self.oldest > self.current:
            raise ValueError("version 1 has no key here, and the oldest version is not after the current one")
        if self.current != _FIRST and self.current not in self.keys:
            raise ValueError("the current version has no key")
        return self

    def secrets(self, first: bytes) -> tuple[bytes, ...]:
        """Return the secrets that open, the one that seals before the others.

        Args:
            first: The secret of version 1.
        """
        known = {_FIRST: first} | {version: bytes.fromhex(key) for version, key in self.keys.items()}
        others = [version for version in sorted(known, reverse=True) if version >= self.oldest]
        return tuple(known[version] for version in dict.fromkeys((self.current, *others)))


class Sealer:
    """A cipher that seals (encrypts) and opens (decrypts) short texts.

    The owner (for example a user id) is authenticated with the text, so that a sealed text that is copied to
    another row does not open there.

    Args:
        keys: Returns the keys, of 32 bytes: the first one seals, and all open. It is called for each text, so
            that keys can be replaced without a restart.
    """

    def __init__(self, keys: Callable[[], Sequence[bytes]]) -> None:
        self._keys = keys

    @classmethod
    def of(cls, key: bytes) -> Self:
        """Return a sealer with one key, of 32 bytes."""
        return cls(lambda: (key,))

    def seal(self, text: str, owner: str) -> str:
        """Return the sealed form of a text, which is printable ASCII."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._keys()[0]).encrypt(nonce, text.encode(), owner.encode())
        return _PREFIX + urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def open(self, sealed: str, owner: str) -> str:
        """Open a sealed text. Return a text that is not sealed unchanged: it was stored before sealing began.

        Raises:
            SealBrokenError: The text was sealed with another key or for another owner, or it is damaged.
        """
        return self._opened(sealed, owner)[0] if is_sealed(sealed) else sealed

    def renew(self, text: str, owner: str) -> str:
        """Return a text in the form that the first key seals. A text with that form is returned unchanged.

        Raises:
            SealBrokenError: No key opens the text.
        """
        if not is_sealed(text):
            return self.seal(text, owner)
        opened, by_first = self._opened(text, owner)
        return text if by_first else self.seal(opened, owner)

    def _opened(self, sealed: str, owner: str) -> tuple[str, bool]:
        """Return the text, and whether the first key opened it."""
        raw = sealed.removeprefix(_PREFIX)
        for place, key in enumerate(self._keys()):
            with suppress(InvalidTag, ValueError):
                data = urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
                text = AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode())
                return text.decode(), place == 0
        raise SealBrokenError("a sealed secret does not open: the key or its owner is another one")


def is_sealed(text: str) -> bool:
    """Return whether a text is sealed."""
    return text.startswith(_PREFIX)
