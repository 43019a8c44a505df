"""What a process is told from outside: environment for what may be seen, files for secrets."""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shared.domain.calendar import SATURDAY_AND_SUNDAY, SUNDAY
from shared.topology import Deployment


def _is_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"([0-9a-fA-F]{2})+", key.get_secret_value()):
        raise ValueError("hexadecimal digits")
    return key


Key = Annotated[SecretStr, AfterValidator(_is_key)]


@contextmanager
def named() -> Iterator[None]:
    """Settings that cannot be read end the process with their names; a value may be a password."""
    try:
        yield
    except ValidationError as error:
        said: defaultdict[str, set[str]] = defaultdict(set)
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            said["missing" if one["type"] == "missing" else "wrong"].add(f"dimona_{one['loc'][0]}".lower())
        words = (f"{what} {', '.join(sorted(names))}" for what, names in sorted(said.items()))
        problem = "; ".join(words)
    except SettingsError:
        problem = "wrong value or secrets folder"
    else:
        return
    sys.exit(f"settings: {problem}")


class Settings(BaseSettings):
    """Settings of every service; a service with more of them extends this class.

    Environment variables are named `DIMONA_<NAME>`. The secrets are files of the same name in lower
    case (`dimona_database_dsn`, …), mode 0400, in the folder that `DIMONA_SECRETS_DIR` names.
    """

    model_config = SettingsConfigDict(
        env_prefix="DIMONA_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    deployment: str = "dimona"
    database_dsn: SecretStr  #: postgresql://user:password@host:port/database
    amqp_url: SecretStr  #: amqp://user:password@host:port, without a vhost
    key: Key  #: 64 hex digits: secret behind Dimona numbers, order keys and pseudonyms
    ops_host: str = "127.0.0.1"
    ops_port: int = 0  #: /metrics, /livez, /readyz, /health
    api_port: int | None = None  #: the service's own API, where it has one
    log_level: str = "INFO"

    batch_size: int = 256  #: events in one transaction at most
    batch_linger: float = 0.004  #: seconds to wait for more once the first message is there
    token_issuer: str = ""  #: `iss` of the access tokens that the service's API believes
    token_jwks_url: str = ""  #: where the issuer's public keys are
    token_audience: str = ""  #: `aud` of those tokens; of this deployment, if nothing is said
    token_levels: dict[str, int] = {}  #: `acr` → level, where the issuer's names are not the federal ones

    contestation_saturdays: bool = False  #: whether a Saturday counts among the five working days to contest

    hold_ceiling: float = 600.0  #: seconds a batch is held before its channel is closed once (§2.8)

    @classmethod
    def load(cls) -> Self:
        """Read environment and secret files. Ends the process, naming what is missing or wrong."""
        folder = os.environ.get("DIMONA_SECRETS_DIR")
        with named():
            return cls(_secrets_dir=Path(folder)) if folder else cls()

    @property
    def vhosts(self) -> Deployment:
        """The vhosts of this deployment."""
        return Deployment(self.deployment)

    @property
    def contestation_weekend(self) -> frozenset[int]:
        """The days of the week that do not count for the deadline to contest."""
        return SUNDAY if self.contestation_saturdays else SATURDAY_AND_SUNDAY

    @property
    def audience(self) -> str:
        """Whom access tokens of this deployment are for."""
        return self.token_audience or f"urn:{self.deployment}"

    @property
    def secret(self) -> bytes:
        """The key as bytes."""
        return bytes.fromhex(self.key.get_secret_value())
