"""The settings of a process, from the environment; secrets come from files."""

from __future__ import annotations

import hmac
import os
import re
import ssl
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shared.domain.calendar import SATURDAY_AND_SUNDAY, SUNDAY
from shared.domain.identifiers import pseudonym
from shared.runtime.logs import log
from shared.runtime.sealing import KeyVersions, Sealer
from shared.runtime.tls import Files, RereadContext, trusting
from shared.topology import Deployment


def _is_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"([0-9a-fA-F]{2})+", key.get_secret_value()):
        raise ValueError("hexadecimal digits")
    return key


Key = Annotated[SecretStr, AfterValidator(_is_key)]


@lru_cache(maxsize=4)
def _key_versions(document: str) -> KeyVersions:
    """Return the versions in a text of the secret file; without text, version 1 only. Raise ValueError."""
    return KeyVersions.model_validate_json(document) if document else KeyVersions()


def _has_versions(document: SecretStr) -> SecretStr:
    try:
        _key_versions(document.get_secret_value())
    except ValueError:
        raise ValueError("no versions of keys") from None
    return document


SealingKeysFile = Annotated[SecretStr, AfterValidator(_has_versions)]


@contextmanager
def named() -> Iterator[None]:
    """Run a block that reads settings. If some are missing or wrong, end the process with their names.

    No value is printed, because it may be a password.
    """
    try:
        yield
    except ValidationError as error:
        names_of: defaultdict[str, set[str]] = defaultdict(set)
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            names_of["missing" if fault["type"] == "missing" else "wrong"].add(
                f"dimona_{fault['loc'][0]}".lower()
            )
        words = (f"{what} {', '.join(sorted(names))}" for what, names in sorted(names_of.items()))
        problem = "; ".join(words)
    except SettingsError:
        problem = "wrong value or secrets folder"
    else:
        return
    sys.exit(f"settings: {problem}")


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return the key of a deployment for one purpose; `secret` is its setting `key` as bytes."""
    return hmac.digest(secret, f"purpose:{purpose}".encode(), "sha256")


def peers_context(authorities: Path | None) -> ssl.SSLContext:
    """Return the TLS of requests to APIs. Raise UntrustedError if the file cannot be used.

    The file in PEM has authorities that are trusted beside those of the system, and is read again.
    """
    files = Files("dimona_api_authorities_file", None if authorities is None else str(authorities))
    return RereadContext.of(files, Files.peers_context, server=False)


class ProcessSettings(BaseSettings):
    """The settings of every process; a process with more settings extends this class.

    Environment variables are named `DIMONA_<NAME>`. The secrets are files of the same name in lower
    case (`dimona_database_dsn`, …), mode 0400, in the folder that `DIMONA_SECRETS_DIR` names.
    """

    model_config = SettingsConfigDict(
        env_prefix="DIMONA_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    ops_host: str = "127.0.0.1"
    ops_port: int = 0  #: /metrics, /livez, /readyz, /health
    log_level: str = "INFO"

    @classmethod
    def load(cls) -> Self:
        """Read environment and secret files. End the process with the names of missing or wrong settings."""
        folder = os.environ.get("DIMONA_SECRETS_DIR")
        with named():
            return cls(_secrets_dir=Path(folder)) if folder else cls()

    def _read_again(self, name: str) -> str:
        loaded: str = getattr(self, name).get_secret_value()
        folder = os.environ.get("DIMONA_SECRETS_DIR")
        if folder is None or f"DIMONA_{name.upper()}" in os.environ:
            return loaded
        try:
            return Path(folder, f"dimona_{name}").read_text().strip() or loaded
        except OSError:  # it is being replaced
            return loaded


class JobSettings(ProcessSettings):
    """The settings of a process with a connection to the database."""

    database_dsn: SecretStr  #: postgresql://user:password@host:port/database

    def dsn(self) -> str:
        """Return the address of the database, read again: its password may have been rotated."""
        return self._read_again("database_dsn")


class Settings(JobSettings):
    """The settings of every service; a service with more settings extends this class."""

    deployment: str = "dimona"
    amqp_url: SecretStr  #: amqp://user:password@host:port, without a vhost
    key: Key  #: 64 hex digits: secret behind Dimona numbers, order keys and pseudonyms
    sealing_keys: SealingKeysFile = SecretStr("")  #: further versions of the keys that seal, as JSON
    api_port: int | None = None  #: the service's own API, where it has one
    api_certificate_file: Path | None = None  #: PEM, with its chain; the API then speaks TLS only
    api_key_file: Path | None = None  #: its private key, in PEM
    api_authorities_file: Path | None = None  #: PEM: trusted for the APIs of others, beside the system's own
    api_connections: int = Field(default=512, ge=16)  #: open connections to the API
    api_connections_per_source: int = Field(default=64, ge=1)  #: of one IPv4 address or /64 network
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()  #: X-Forwarded-For is believed from them alone

    batch_size: int = 256  #: maximum number of events in one transaction
    batch_linger: float = 0.004  #: seconds to wait for more once the first message is there
    token_issuer: str = ""  #: `iss` of the access tokens that the API accepts
    token_jwks_url: str = ""  #: URL of the public keys of the issuer
    token_audience: str = ""  #: `aud` of those tokens; default: derived from the deployment
    token_levels: dict[str, int] = {}  #: `acr` → level, for an issuer with other names than the federal ones

    contestation_saturdays: bool = False  #: whether a Saturday counts among the five working days to contest

    hold_ceiling: float = 600.0  #: seconds after which the channel of a held batch is closed once

    otlp_endpoint: str = ""  #: base URL of an OpenTelemetry collector (OTLP over HTTP); empty: no spans
    trace_ratio: float = Field(default=1.0, ge=0, le=1)  #: share of the declarations whose spans are sent

    @classmethod
    def load(cls) -> Self:
        """Read settings as a job does. Also end the process if the files for TLS of APIs cannot be used."""
        settings = super().load()
        with trusting():
            settings.api_context()
            settings.apis_context()
        return settings

    def amqp(self) -> str:
        """Return the address of the broker, read again: its password may have been rotated."""
        return self._read_again("amqp_url")

    @property
    def api_scheme(self) -> str:
        """The scheme of addresses of the own API."""
        return "http" if self.api_certificate_file is None else "https"

    def api_context(self) -> ssl.SSLContext | None:
        """Return the TLS of the own API, or None for plain HTTP. Raise UntrustedError for unusable files."""
        if self.api_certificate_file is None:
            return None
        key = None if self.api_key_file is None else str(self.api_key_file)
        files = Files("dimona_api_certificate_file", None, str(self.api_certificate_file), key)
        return RereadContext.of(files, Files.server_context, server=True)

    def apis_context(self) -> ssl.SSLContext:
        """Return the TLS of requests to the APIs of others. Raise UntrustedError for unusable files."""
        return peers_context(self.api_authorities_file)

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
        """The `aud` of access tokens for this deployment."""
        return self.token_audience or f"urn:{self.deployment}"

    def key_for(self, purpose: str) -> bytes:
        """Return a key derived for one purpose. It reveals nothing about the key of another purpose."""
        return derived_key(self.secret, purpose)

    def sealer(self, purpose: str) -> Sealer:
        """Return the sealer for one purpose. Its keys are read again, so that they can be rotated."""
        return Sealer(lambda: self._sealing_keys(purpose))

    def _sealing_keys(self, purpose: str) -> tuple[bytes, ...]:
        try:
            versions = _key_versions(self._read_again("sealing_keys"))
        except ValueError:
            log.warning("sealing_keys_kept")
            versions = _key_versions(self.sealing_keys.get_secret_value())
        return tuple(derived_key(secret, purpose) for secret in versions.secrets(self.secret))

    def worker_code(self, ssin: str) -> str:
        """Return the keyed code of a NISS. Audit rows of looks at a worker have it instead of the NISS."""
        return pseudonym(self.key_for("consultations"), ssin)

    @property
    def secret(self) -> bytes:
        """The setting `key` as bytes."""
        return bytes.fromhex(self.key.get_secret_value())
