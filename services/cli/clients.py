"""`dimona client`: the public keys with which programs prove who they are."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from services.cli.settings import ENDPOINTS, EndpointsOption, SecretsOption, load
from shared.runtime.database import connect
from shared.runtime.keys import KeyRefusedError, read_public_key

client = typer.Typer(no_args_is_help=True, help="Technical clients.")
key = typer.Typer(no_args_is_help=True, help="The public keys of technical clients.")
client.add_typer(key, name="key")

_WHY: Final = {
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
    """Register the public key of a client; from now on, and for as long as its certificate is valid."""
    try:
        given = read_public_key(file.read_text(errors="replace"))
    except KeyRefusedError as error:
        raise typer.BadParameter(str(error)) from None
    now = datetime.now(UTC)
    since = max(now, given.not_before or now)
    if given.not_after is not None and given.not_after <= since:
        raise typer.BadParameter("the certificate is no longer valid")
    done = _ask(
        load(endpoints, secrets_dir).need("database_dsn"),
        "SELECT access.add_client_key($1, $2, $3, $4, $5, NULL)",
        client_id, given.id, json.dumps(given.jwk), since, given.not_after,
    )  # fmt: skip
    if done != "added":
        raise typer.BadParameter(_WHY[str(done)])
    print(f"{client_id} may sign with {given.id}")


@key.command("list")
def list_keys(
    client_id: ClientArgument, endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None
) -> None:
    """List the keys of a client, past ones too."""
    rows = asyncio.run(_keys(load(endpoints, secrets_dir).need("database_dsn"), client_id))
    table = Table("key", "from", "until", "ended")
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(row[0], *("" if at is None else f"{at:%Y-%m-%d %H:%M}Z" for at in row[1:]))
    Console(width=None if sys.stdout.isatty() else 120).print(table if rows else "the client has no key")


async def _keys(dsn: str, client_id: str) -> list[tuple[str, datetime, datetime | None, datetime | None]]:
    connection = await connect(dsn)
    try:
        rows = await connection.fetch(
            """SELECT key_id, valid_from, valid_until, revoked_at FROM access.client_key
            WHERE client_id = $1 ORDER BY added_at, key_id""",
            client_id,
        )
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


@key.command()
def revoke(
    client_id: ClientArgument,
    key_id: Annotated[str, typer.Argument(help="As `dimona client key list` shows it.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End a key at once, for good. Tokens that it has brought live on for ten minutes at most."""
    done = _ask(
        load(endpoints, secrets_dir).need("database_dsn"),
        """UPDATE access.client_key SET revoked_at = coalesce(revoked_at, clock_timestamp())
        WHERE client_id = $1 AND key_id = $2 RETURNING key_id""",
        client_id, key_id,
    )  # fmt: skip
    if done is None:
        raise typer.BadParameter("the client has no such key")
    print(f"{client_id} may no longer sign with {key_id}")


def _ask(dsn: str, statement: str, *arguments: object) -> object:
    async def asked() -> object:
        connection = await connect(dsn)
        try:
            return await connection.fetchval(statement, *arguments)
        finally:
            await connection.close()

    return asyncio.run(asked())
