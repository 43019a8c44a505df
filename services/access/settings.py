"""The settings of access: what every service has, and the key with which it signs tokens."""

from __future__ import annotations

import json
from typing import Final

from joserfc.jwk import ECKey
from pydantic import SecretStr

from shared.runtime.settings import Settings

#: Where the real token server has it, so that clients change nothing but the host.
ENDPOINT: Final = "/REST/oauth/v5/token"


class AccessSettings(Settings):
    """Access signs tokens: the secret file `dimona_token_key` holds a private JWK (EC, P-256)."""

    token_key: SecretStr
    public_url: str = ""  #: where access is reached from outside; the issuer's name, if nothing is said
    assertion_audiences: tuple[
        str, ...
    ] = ()  #: what assertions may call the token endpoint besides its address

    @property
    def is_issuer(self) -> bool:
        """Whether the tokens that are believed here are ours; an outside issuer has its own endpoints."""
        return bool(self.token_issuer) and self.public_url in {"", self.token_issuer}

    @property
    def token_url(self) -> str:
        """The address of the token endpoint, which is what assertions are for (wire-contract §2.1)."""
        return f"{self.token_issuer}{ENDPOINT}"

    @property
    def signing_key(self) -> ECKey:
        """The key that signs access tokens. Raises ValueError (joserfc's included) when it is none."""
        return ECKey.import_key(json.loads(self.token_key.get_secret_value()))


class LoaderSettings(Settings):
    """The loader of files works in the database alone: neither broker nor key is needed."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
