"""Settings of access: those of every service, and the key that signs tokens."""

from __future__ import annotations

import json
from typing import Final

from joserfc.jwk import ECKey
from pydantic import SecretStr

from shared.runtime.settings import Settings

#: The path of the real token server, so that clients change only the host.
ENDPOINT: Final = "/REST/oauth/v5/token"


#: Purpose of the key that seals the secrets of authenticators.
AUTHENTICATORS: Final = "authenticators"


class AccessSettings(Settings):
    """Access signs tokens: the secret file `dimona_token_key` holds a private JWK (EC, P-256)."""

    token_key: SecretStr
    public_url: str = ""  #: address of access from outside; by default the issuer
    assertion_audiences: tuple[str, ...] = ()  #: audiences of assertions besides the token endpoint

    @property
    def is_issuer(self) -> bool:
        """Whether this deployment issues the tokens itself; an outside issuer has its own endpoints."""
        return bool(self.token_issuer) and self.public_url in {"", self.token_issuer}

    @property
    def base_url(self) -> str:
        """The address of access from outside.

        It is empty if another issuer gives the tokens; links are then relative.
        """
        return (self.public_url or (self.token_issuer if self.is_issuer else "")).rstrip("/")

    @property
    def token_url(self) -> str:
        """The address of the token endpoint, which is the audience of assertions."""
        return f"{self.token_issuer}{ENDPOINT}"

    @property
    def signing_key(self) -> ECKey:
        """The key that signs access tokens. Raises ValueError where the setting is no such key."""
        return ECKey.import_key(json.loads(self.token_key.get_secret_value()))


class LoaderSettings(Settings):
    """Settings of the loader of files, which needs neither broker nor key."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
