"""`dimona client`: the public keys of technical clients."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from services.access.commands import store
from shared.runtime.database import Record
from shared.runtime.keys import KeyRefusedError, PublicKey, read_public_key
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load

client = typer.Typer(no_args_is_help=True, help="Technical clients.")
key = typer.Typer(no_args_is_help=True, help="The public keys of technical clients.")
client.add_typer(key, name="key")

_REFUSALS: Final = {
    "known": "the client has, or had, this key",
    "full": "the client has two keys for that time: end one of them first",
    "unknownClient": "there is no such client",
}

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="The client id.")]


@key.command()
def add(
    client_id: ClientArgument,
    file: Annotated[Path, typer.Argument(help="A certificate in PEM, or a JWK.", exists=True)],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Register the public key of a client, from now on and for as long as its certificate is valid."""
    try:
        public_key = read_public_key(file.read_text(errors="replace"))
    except KeyRefusedError as error:
        raise typer.BadParameter(str(error)) from None
    now = datetime.now(UTC)
    since = max(now, public_key.not_before or now)
    if public_key.not_after is not None and public_key.not_after <= since:
        raise typer.BadParameter("the certificate is no longer valid")
    outcome = asyncio.run(_add(load(endpoints, secrets_dir), client_id, public_key, since))
    if outcome != "added":
        raise typer.BadParameter(_REFUSALS[outcome])
    print(f"{client_id} may sign with {public_key.id}")


async def _add(operator: Operator, client_id: str, public_key: PublicKey, since: datetime) -> str:
    async with operator.connected() as connection:
        return await store.add_key(connection, client_id, public_key, since)


@key.command("list")
def list_keys(
    client_id: ClientArgument, endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None
) -> None:
    """List the keys of a client, past ones included."""
    rows = asyncio.run(_keys(load(endpoints, secrets_dir), client_id))
    table = Table("key", "from", "until", "ended")
    table.columns[0].no_wrap = True
    for key_id, *instants in rows:
        table.add_row(key_id, *("" if at is None else f"{at:%Y-%m-%d %H:%M}Z" for at in instants))
    Console(width=None if sys.stdout.isatty() else 120).print(table if rows else "the client has no key")


async def _keys(operator: Operator, client_id: str) -> Sequence[Record]:
    async with operator.connected() as connection:
        return await store.keys(connection, client_id)


@key.command(context_settings={"ignore_unknown_options": True})  # a key id may begin with "-"
def revoke(
    client_id: ClientArgument,
    key_id: Annotated[str, typer.Argument(help="As `dimona client key list` shows it.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End a key at once, for good. Tokens obtained with it stay valid for ten minutes at most."""
    if not asyncio.run(_revoke(load(endpoints, secrets_dir), client_id, key_id)):
        raise typer.BadParameter("the client has no such key")
    print(f"{client_id} may no longer sign with {key_id}")


async def _revoke(operator: Operator, client_id: str, key_id: str) -> bool:
    async with operator.connected() as connection:
        return await store.revoke_key(connection, client_id, key_id)
