"""`dimona user`: with what persons prove who they are when they log in. Nothing of it is ever an argument."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Annotated, Final
from uuid import UUID

import pyotp
import typer
from argon2 import PasswordHasher

from services.cli.settings import ENDPOINTS, EndpointsOption, SecretsOption, load
from shared.runtime.database import connect

user = typer.Typer(no_args_is_help=True, help="Persons who log in.")

_SHORTEST: Final = 12  #: characters of a password
_LONGEST: Final = 256
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,99}")
_SECRET: Final = re.compile(r"[A-Z2-7]{32,128}")
#: A factor in the place of the one that somebody has; a first password comes with the name.
_SET: Final = """
WITH made AS (
    INSERT INTO access.login (user_id, user_name) SELECT user_id, $1 FROM access.person WHERE user_id = $4
    ON CONFLICT DO NOTHING RETURNING user_id),
whose AS (
    SELECT user_id FROM made UNION ALL
    SELECT user_id FROM access.login WHERE user_name = $1 AND user_id = coalesce($4, user_id)),
ended AS (DELETE FROM access.session WHERE user_id IN (SELECT user_id FROM whose))
INSERT INTO access.factor (user_id, kind, secret) SELECT user_id, $2, $3 FROM whose
ON CONFLICT (user_id, kind) DO UPDATE SET secret = excluded.secret, attempts = 0, blocked_until = NULL,
    last_step = 0, changed_at = clock_timestamp()
RETURNING 1"""

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")]


@user.command()
def password(
    name: NameArgument,
    person: Annotated[
        UUID | None, typer.Option(help="The user id of the person, with his first password.")
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Set somebody's password, asked for here or read from standard input; his sessions end."""
    dsn, name = load(endpoints, secrets_dir).need("database_dsn"), _name(name)
    if sys.stdin.isatty():
        said = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        said = sys.stdin.readline().rstrip("\r\n")
    if not _SHORTEST <= len(said) <= _LONGEST or name in said.lower():
        raise typer.BadParameter(
            f"a password has {_SHORTEST} to {_LONGEST} characters, and the name not in it"
        )
    asyncio.run(_set(dsn, name, "password", PasswordHasher().hash(said), person))
    print(f"{name} has a new password")


@user.command()
def totp(
    name: NameArgument,
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the secret (base32) instead of making one.")
    ] = False,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Give somebody an authenticator and print the address that his app scans; his sessions end."""
    dsn, name = load(endpoints, secrets_dir).need("database_dsn"), _name(name)
    secret = sys.stdin.readline().strip() if from_stdin else pyotp.random_base32()
    if not _SECRET.fullmatch(secret):
        raise typer.BadParameter("the secret of an authenticator is base32, 32 characters or more")
    asyncio.run(_set(dsn, name, "totp", secret, None))
    made = pyotp.TOTP(secret, name=name, issuer="Dimona").provisioning_uri()
    print(f"{name} has a new authenticator" if from_stdin else made)


def _name(said: str) -> str:
    name = said.lower()
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("a name has 3 to 100 letters, digits and . _ @ + -")
    return name


async def _set(dsn: str, name: str, kind: str, secret: str, person: UUID | None) -> None:
    connection = await connect(dsn)
    try:
        done = await connection.fetchval(_SET, name, kind, secret, person)
    finally:
        await connection.close()
    if done is None:
        raise typer.BadParameter(
            "nobody is called so; with --person: that person is not known, or is another"
        )
