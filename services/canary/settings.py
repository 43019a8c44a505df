"""Settings of the canary: the addresses of the sandbox, a client, an employer and a test worker."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Self

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import AfterValidator, SecretStr

from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.runtime.settings import ProcessSettings, peers_context
from shared.runtime.tls import trusting


def _is_employer(number: str) -> str:
    if parse_enterprise_number(number) is None:
        raise ValueError("no enterprise number")
    return number


def _is_worker(number: str) -> str:
    if parse_ssin(number) is None:
        raise ValueError("no NISS")
    return number


def _is_rsa(key: SecretStr) -> SecretStr:
    try:
        RSAKey.import_key(key.get_secret_value())
    except (JoseError, ValueError):
        raise ValueError("no private key") from None
    return key


class CanarySettings(ProcessSettings):
    """Settings of the canary. It has neither a database nor an account at the broker."""

    public_url: str  #: of `access` in the sandbox, as clients reach it
    rest_url: str  #: of the sandbox; it ends with /REST/dimona/v2
    api_authorities_file: Path | None = None  #: PEM: trusted for these addresses, beside the system's own
    canary_client_id: str = "dimona_canary"  #: a client that is registered in the sandbox only
    canary_private_key: Annotated[SecretStr, AfterValidator(_is_rsa)]  #: of this client: RSA, in PEM
    canary_employer: Annotated[str, AfterValidator(_is_employer)]  #: enterprise number of its organization
    canary_worker: Annotated[str, AfterValidator(_is_worker)]  #: NISS of a test worker

    @classmethod
    def load(cls) -> Self:
        """Read settings as a job does. Also end the process if the file of authorities cannot be used."""
        settings = super().load()
        with trusting():
            settings.context()
        return settings

    def context(self) -> ssl.SSLContext:
        """Return the TLS of requests. Raise UntrustedError if the file of authorities cannot be used."""
        return peers_context(self.api_authorities_file)

    def private_key(self) -> RSAKey:
        """Return the key of the client, read again. Raise ValueError if the file has no key any more."""
        try:
            return RSAKey.import_key(self._read_again("canary_private_key"))
        except (JoseError, ValueError):
            raise ValueError("no private key") from None
