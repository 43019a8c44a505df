"""Settings of access: those of every service, and the key that signs tokens."""

from __future__ import annotations

import json
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import SecretStr

from shared.runtime.settings import Settings

#: The path of the real token server, so that clients change only the host.
ENDPOINT: Final = "/REST/oauth/v5/token"


#: Purpose of the key that seals the secrets of authenticators.
AUTHENTICATORS: Final = "authenticators"


class AccessSettings(Settings):
    """Settings of access.

    The secret file `dimona_token_key` holds the key that signs tokens, as a private JWK (EC, P-256).
    """

    token_key: SecretStr
    public_url: str = ""  #: address of access from outside; the issuer, where access issues the tokens
    assertion_audiences: tuple[str, ...] = ()  #: audiences of assertions besides the token endpoint

    @property
    def is_issuer(self) -> bool:
        """Return whether this deployment issues the tokens itself, as `public_url` says.

        An outside issuer has endpoints of its own, and a login here would take passwords for nothing.
        """
        return bool(self.token_issuer) and self.public_url == self.token_issuer

    @property
    def base_url(self) -> str:
        """Return the address of access from outside; empty, for relative links, without `public_url`."""
        return self.public_url.rstrip("/")

    @property
    def token_url(self) -> str:
        """Return the address of the token endpoint. Clients give it as the audience of their assertions."""
        return f"{self.token_issuer}{ENDPOINT}"

    @property
    def signing_key(self) -> ECKey:
        """Return the key that signs tokens. Raises ValueError unless it is a private JWK (EC, P-256)."""
        try:
            key = ECKey.import_key(json.loads(self.token_key.get_secret_value()))
        except (JoseError, ValueError, KeyError, TypeError):
            key = None
        if key is None or not key.is_private or key.curve_name != "P-256":
            raise ValueError("dimona_token_key is no private JWK (EC, P-256)")
        return key


class LoaderSettings(Settings):
    """Settings of the command that loads a file into the directory. It needs neither the broker nor keys."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
