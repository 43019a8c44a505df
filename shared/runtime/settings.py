"""What a process is told from outside: environment for what may be seen, files for secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.topology import Deployment


class Settings(BaseSettings):
    """Settings of every service; a service with more of them extends this class.

    Environment variables are named `DIMONA_<NAME>`. The secrets are files of the same name in lower
    case (`dimona_database_dsn`, …), mode 0400, in the folder that `DIMONA_SECRETS_DIR` names.
    """

    model_config = SettingsConfigDict(env_prefix="DIMONA_", frozen=True, extra="ignore")

    deployment: str = "dimona"
    database_dsn: SecretStr  #: postgresql://user:password@host:port/database
    amqp_url: SecretStr  #: amqp://user:password@host:port, without a vhost
    key: SecretStr  #: 64 hex digits: secret behind Dimona numbers, order keys and pseudonyms
    ops_host: str = "127.0.0.1"
    ops_port: int = 0  #: /metrics, /livez, /readyz, /health
    api_port: int | None = None  #: the service's own API, where it has one
    log_level: str = "INFO"

    batch_size: int = 256  #: events in one transaction at most
    batch_linger: float = 0.004  #: seconds to wait for more once the first message is there
    hold_ceiling: float = 600.0  #: seconds a batch is held before its channel is closed once (§2.8)

    @classmethod
    def load(cls) -> Self:
        """Read environment and secret files. Raises pydantic's ValidationError naming what is missing."""
        folder = os.environ.get("DIMONA_SECRETS_DIR")
        return cls(_secrets_dir=Path(folder)) if folder else cls()

    @property
    def vhosts(self) -> Deployment:
        """The vhosts of this deployment."""
        return Deployment(self.deployment)

    @property
    def secret(self) -> bytes:
        """The key as bytes."""
        return bytes.fromhex(self.key.get_secret_value())
