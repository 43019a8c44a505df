"""`dimona user`: passwords and authenticators of persons. A secret is never an argument of a command."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Final
from uuid import UUID

import pyotp
import typer
from argon2 import PasswordHasher

from services.access.commands import store
from shared.runtime.operator import ENDPOINTS, EndpointsOption, Operator, SecretsOption, load

user = typer.Typer(no_args_is_help=True, help="Persons that log in.")

_SHORTEST: Final = 12  #: characters of a password
_LONGEST: Final = 256
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,99}")
_SECRET: Final = re.compile(r"[A-Z2-7]{32,128}")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")]


@user.command()
def password(
    name: NameArgument,
    person: Annotated[
        UUID | None, typer.Option(help="The user id of the person, with the first password.")
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Set the password of a person, from a prompt or standard input; end the person's sessions."""
    operator, name = load(endpoints, secrets_dir), _checked_name(name)
    operator.need("database_dsn")  # before the password is typed
    if sys.stdin.isatty():
        secret = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        secret = sys.stdin.readline().rstrip("\r\n")
    if not _SHORTEST <= len(secret) <= _LONGEST or name in secret.lower():
        raise typer.BadParameter(
            f"a password has {_SHORTEST} to {_LONGEST} characters, and the name not in it"
        )
    _set(operator, name, "password", PasswordHasher().hash(secret), person)
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
    """Give a person a new authenticator, and end the person's sessions.

    Print the address that its app scans, except with --stdin.
    """
    operator, name = load(endpoints, secrets_dir), _checked_name(name)
    secret = sys.stdin.readline().strip() if from_stdin else pyotp.random_base32()
    if not _SECRET.fullmatch(secret):
        raise typer.BadParameter("the secret of an authenticator is base32, 32 characters or more")
    _set(operator, name, "totp", secret, None)
    address = pyotp.TOTP(secret, name=name, issuer="Dimona").provisioning_uri()
    print(f"{name} has a new authenticator" if from_stdin else address)


def _checked_name(text: str) -> str:
    name = text.lower()
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("a name has 3 to 100 letters, digits and . _ @ + -")
    return name


def _set(operator: Operator, name: str, kind: str, secret: str, person: UUID | None) -> None:
    if not operator.query(store.set_factor, name, kind, secret, person):
        raise typer.BadParameter(
            "no person has this name; with --person: that person is unknown, has another name, or was stored "
            "with the NISS of another person: correct the directory first"
        )
