"""Settings of access: those of every service, and the key that signs tokens."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import SecretStr

from shared.runtime.logs import log
from shared.runtime.settings import Settings

#: The path of the real token server, so that clients change only the host.
ENDPOINT: Final = "/REST/oauth/v5/token"


#: Purpose of the key that seals the secrets of authenticators.
AUTHENTICATORS: Final = "authenticators"


class AccessSettings(Settings):
    """Settings of access.

    The secret file `dimona_token_key` holds the key that signs tokens, as a private JWK (EC, P-256), or a set
    of such keys while one replaces another.
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

    def signing_keys(self) -> tuple[ECKey, ...]:
        """Return the keys of tokens, read again: the first one signs, and tokens of all of them are accepted.

        If the file was replaced by one without such keys, return those of the start. Raise ValueError if
        these are no private JWKs (EC, P-256).
        """
        loaded, present = self.token_key.get_secret_value(), self._read_again("token_key")
        try:
            return _keys(present)
        except ValueError as error:
            if present == loaded:
                raise
            log.warning("token_keys_kept", error=error)
            return _keys(loaded)


@lru_cache(maxsize=4)
def _keys(text: str) -> tuple[ECKey, ...]:
    """Return the keys in a JWK or a set of JWKs. Raise ValueError unless they are private (EC, P-256)."""
    try:
        document = json.loads(text)
        rows = document.get("keys", [document])
        keys = tuple(ECKey.import_key(row) for row in rows)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        keys = ()
    if not keys or not all(key.is_private and key.curve_name == "P-256" for key in keys):
        raise ValueError("dimona_token_key is no private JWK (EC, P-256) and no set of them")
    return keys


class LoaderSettings(Settings):
    """Settings of the command that loads a file into the directory. It needs neither the broker nor keys."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")
