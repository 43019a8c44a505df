"""Where the operator's addresses come from: secret files, environment, or the local stack's endpoints."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.settings import named
from shared.topology import Deployment

ENDPOINTS: Final = Path(".run/endpoints.json")

EndpointsOption = Annotated[
    Path, typer.Option("--endpoints", help="Addresses of a local stack, where nothing else names them.")
]
SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets-dir",
        envvar="DIMONA_SECRETS_DIR",
        help="Folder of files dimona_database_dsn, dimona_amqp_url, dimona_management_url.",
    ),
]


class Operator(BaseSettings):
    """An operator's addresses. `DIMONA_<NAME>` in the environment, or a secret file of that name."""

    model_config = SettingsConfigDict(
        env_prefix="DIMONA_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    deployment: str = "dimona"
    database_dsn: SecretStr | None = None  #: of the owner of the database
    amqp_url: SecretStr | None = None  #: without a vhost
    management_url: SecretStr | None = None  #: http(s)://user:password@host:port
    accounts: Path | None = None  #: JSON: role → {name, password, tags}

    @property
    def vhosts(self) -> Deployment:
        """The vhosts of the deployment."""
        return Deployment(self.deployment)

    def need(self, name: str) -> str:
        """A setting that a command cannot do without. Raises typer.BadParameter naming it."""
        value = getattr(self, name)
        if value is None:
            raise typer.BadParameter(
                f"no {name}: set DIMONA_{name.upper()}, give --secrets-dir, or start the local stack"
            )
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def load(endpoints: Path = ENDPOINTS, secrets: Path | None = None) -> Operator:
    """The operator's settings; what neither environment nor secret files say comes from `endpoints`."""
    with named():
        given = Operator(_secrets_dir=secrets)
    found = _of_stack(endpoints)
    missing = {
        name: value
        for name, value in found.items()
        if name not in given.model_fields_set and f"DIMONA_{name.upper()}" not in os.environ
    }
    with named():
        return Operator(_secrets_dir=secrets, **missing)


def _of_stack(endpoints: Path) -> dict[str, Any]:
    try:
        document = json.loads(endpoints.read_text())
    except FileNotFoundError:
        return {}
    return {
        "deployment": document["deployment"],
        "database_dsn": document["postgres_dsn"],
        "amqp_url": document["operator"]["amqp_url"].rpartition("/")[0],
        "management_url": document["management_url"],
        "accounts": document["accounts"],
    }
