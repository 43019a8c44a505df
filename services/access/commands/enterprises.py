"""`dimona enterprise`: changes of the register of enterprises."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.messages import Enterprise, EnterpriseRegistered
from shared.runtime.operator import ENDPOINTS, EndpointsOption, SecretsOption, load, publish

enterprise = typer.Typer(no_args_is_help=True, help="The register of enterprises and their representatives.")


@enterprise.callback()
def _group() -> None:
    """Make `add` a subcommand. Without this function Typer omits the name of a single command."""


@enterprise.command()
def add(
    file: Annotated[Path, typer.Option(help="JSON: a list of enterprises, or one.", exists=True)],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Send new or changed enterprises of the register to access.

    Each has enterpriseNumber, name, representatives (NISS), optionally endedOn (its last day) and sequence
    (the register's number of the change). Access accepts the pending registrations that these data confirm.
    """
    document = json.loads(file.read_text())
    rows = document if isinstance(document, list) else [document]
    now = time.time_ns() // 1000  # later commands count as later changes
    try:
        messages = [
            EnterpriseRegistered(
                enterprise=Enterprise.model_validate(row), sequence=row.get("sequence", now + n)
            )
            for n, row in enumerate(rows)
        ]
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    for message in messages:
        if parse_enterprise_number(message.enterprise.enterprise_number) is None:
            raise typer.BadParameter("an enterprise has no valid enterprise number")
        if not all(map(parse_ssin, message.enterprise.representatives)):
            raise typer.BadParameter("a representative has no valid NISS")
    publish(load(endpoints, secrets_dir), messages)
    print(f"sent {len(messages)} enterprise(s) to access")
