"""`dimona file`: the state of a file, and the expeditors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import asyncssh
import typer

from services.files.commands.store import load_file
from services.files.transfer import store as expeditors
from services.files.transfer.rules import is_expeditor
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
)

file = typer.Typer(no_args_is_help=True, help="Files of declarations, and their expeditors.")
expeditor = typer.Typer(no_args_is_help=True, help="Senders of files: their clients and keys.")
file.add_typer(expeditor, name="expeditor")

_LARGEST_KEY = 16 * 1024

ExpeditorArgument = Annotated[str, typer.Argument(help="The number of the expeditor, 6 digits.")]


@file.command()
def show(
    ticket: Annotated[str, typer.Argument(help="The ticket of the file, as in its acknowledgement.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Show the state of a file, and the files with its answers."""
    found = load(endpoints, secrets_dir).query(load_file, ticket)
    rows = [] if found is None else [*found.facts(), *found.answers]
    print_table(("what", "value"), rows, nothing="no file has this ticket", width=120)


@expeditor.command("list")
def list_expeditors(endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None) -> None:
    """List the expeditors with their clients and the fingerprints of their keys."""
    rows = [
        (
            each.expeditor,
            each.client_id,
            asyncssh.import_public_key(each.public_key).get_fingerprint(),
            "blocked" if each.blocked else "",
        )
        for each in load(endpoints, secrets_dir).query(expeditors.load_expeditors)
    ]
    print_table(("expeditor", "client", "key", "state"), rows, nothing="there is no expeditor", width=120)


@expeditor.command()
def add(
    number: ExpeditorArgument,
    client: Annotated[str, typer.Argument(help="The technical client for which it declares.")],
    key: Annotated[Path, typer.Argument(help="File with its public SSH key, one line.", exists=True)],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Add an expeditor, or replace its key. A blocked expeditor can log in again.

    Your login at the database and the instant are kept in platform.operator_log.
    """
    if not is_expeditor(number):
        raise typer.BadParameter("the number of an expeditor has six digits, and is not 999999")
    text = key.read_bytes()[:_LARGEST_KEY].decode(errors="replace")
    try:
        line = asyncssh.import_public_key(text).export_public_key("openssh").decode().strip()
    except asyncssh.KeyImportError:
        raise typer.BadParameter("the file has no public SSH key") from None
    if not load(endpoints, secrets_dir).query(expeditors.store_expeditor, number, client, line):
        raise typer.BadParameter(
            "no such client, or it has another expeditor, or the expeditor has another client"
        )
    print(f"expeditor {number} declares for {client}")


@expeditor.command()
def block(
    number: ExpeditorArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Block the logins of an expeditor. Open connections end when they are idle.

    Your login at the database, the instant and the reason are kept in platform.operator_log.
    """
    blocked = load(endpoints, secrets_dir).query(expeditors.block_expeditor, number, reason=reason)
    print(f"expeditor {number} is blocked" if blocked else "no expeditor with this number can log in")
