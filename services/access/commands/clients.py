"""`dimona client`: block and unblock technical clients, and their public keys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from services.access.clients.store import keys
from services.access.commands import store
from shared.runtime.keys import KeyRefusedError, read_public_key
from shared.runtime.operator import (
    ENDPOINTS,
    EndpointsOption,
    Operator,
    ReasonOption,
    SecretsOption,
    load,
    print_table,
)

client = typer.Typer(no_args_is_help=True, help="Technical clients.")
key = typer.Typer(no_args_is_help=True, help="The public keys of technical clients.")
client.add_typer(key, name="key")

_REFUSALS: Final = {
    "known": "the client has, or had, this key",
    "full": "the client has two keys for that time: end one of them first",
    "unknownClient": "there is no such client",
}

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="The client id.")]


@client.command()
def block(
    client_id: ClientArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Block a client at once: no token, request, message, login over SFTP, phone or connection to the broker.

    Its organization cannot end the block. Your login at the database, the instant and the reason are kept in
    platform.operator_log.
    """
    _set_blocked(load(endpoints, secrets_dir), client_id, reason, blocked=True)
    print(f"{client_id} is blocked; the provisioner ends its connections to the broker within seconds")


@client.command()
def unblock(
    client_id: ClientArgument,
    reason: ReasonOption,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End the block of a client: its keys, its password and its queues are as before."""
    _set_blocked(load(endpoints, secrets_dir), client_id, reason, blocked=False)
    print(f"{client_id} is no longer blocked; it can connect to the broker within seconds")


def _set_blocked(operator: Operator, client_id: str, reason: str, *, blocked: bool) -> None:
    outcome = operator.query(store.set_blocked, client_id, blocked=blocked, reason=reason)
    if outcome == "unchanged":
        raise typer.BadParameter(f"the client is {'already' if blocked else 'not'} blocked")
    if outcome != "done":
        raise typer.BadParameter(_REFUSALS[outcome])


@key.command()
def add(
    client_id: ClientArgument,
    file: Annotated[Path, typer.Argument(help="A certificate in PEM, or a JWK.", exists=True)],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Register the public key of a client from now on. It ends with its certificate; a JWK has no end."""
    try:
        public_key = read_public_key(file.read_text(errors="replace"))
    except KeyRefusedError as error:
        raise typer.BadParameter(str(error)) from None
    now = datetime.now(UTC)
    since = max(now, public_key.not_before or now)
    if public_key.not_after is not None and public_key.not_after <= since:
        raise typer.BadParameter("the certificate is no longer valid")
    outcome = load(endpoints, secrets_dir).query(
        keys.add_key, client_id, public_key, since, public_key.not_after, None
    )
    if outcome != "added":
        raise typer.BadParameter(_REFUSALS[outcome])
    print(f"{client_id} may sign with {public_key.id}")


@key.command("list")
def list_keys(
    client_id: ClientArgument, endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None
) -> None:
    """List the keys of a client, past ones included."""
    rows = [
        (row["key_id"], *map(_instant, (row["valid_from"], row["valid_until"], row["revoked_at"])))
        for row in load(endpoints, secrets_dir).query(keys.keys, client_id)
    ]
    print_table(("key", "from", "until", "ended"), rows, nothing="the client has no key", width=120)


@key.command(context_settings={"ignore_unknown_options": True})  # a key id may begin with "-"
def revoke(
    client_id: ClientArgument,
    key_id: Annotated[str, typer.Argument(help="As `dimona client key list` shows it.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """End a key at once and permanently. Tokens issued with it stay valid for ten minutes at most."""
    if not load(endpoints, secrets_dir).query(keys.end_key, client_id, key_id, datetime.now(UTC), None):
        raise typer.BadParameter("the client has no such key")
    print(f"{client_id} may no longer sign with {key_id}")


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}Z"
