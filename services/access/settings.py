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
    """Settings of access.

    The secret file `dimona_token_key` holds the key that signs tokens, as a private JWK (EC, P-256).
    """

    token_key: SecretStr
    public_url: str = ""  #: address of access from outside; by default the issuer
    assertion_audiences: tuple[str, ...] = ()  #: audiences of assertions besides the token endpoint

    @property
    def is_issuer(self) -> bool:
        """Return whether this deployment issues the tokens itself.

        If it does not, the outside issuer has its own endpoints for tokens.
        """
        return bool(self.token_issuer) and self.public_url in {"", self.token_issuer}

    @property
    def base_url(self) -> str:
        """Return the address of access from outside.

        It is empty, and links are relative, if neither `public_url` nor an issuer is set.
        """
        return (self.public_url or (self.token_issuer if self.is_issuer else "")).rstrip("/")

    @property
    def token_url(self) -> str:
        """Return the address of the token endpoint. Clients give it as the audience of their assertions."""
        return f"{self.token_issuer}{ENDPOINT}"

    @property
    def signing_key(self) -> ECKey:
        """Return the key that signs tokens.

        Raises ValueError or JoseError if `token_key` is no JWK of type EC.
        """
        return ECKey.import_key(json.loads(self.token_key.get_secret_value()))


class LoaderSettings(Settings):
    """Settings of the command that loads a file into the directory. It needs neither the broker nor keys."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
