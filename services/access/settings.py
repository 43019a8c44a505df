"""The settings of access: what every service has, and the key with which it signs tokens."""

from __future__ import annotations

import json

from joserfc.jwk import ECKey
from pydantic import SecretStr

from shared.runtime.settings import Settings


class AccessSettings(Settings):
    """Access signs tokens: the secret file `dimona_token_key` holds a private JWK (EC, P-256)."""

    token_key: SecretStr

    @property
    def signing_key(self) -> ECKey:
        """The key that signs access tokens. Raises ValueError (joserfc's included) when it is none."""
        return ECKey.import_key(json.loads(self.token_key.get_secret_value()))


class LoaderSettings(Settings):
    """The loader of files works in the database alone: neither broker nor key is needed."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
