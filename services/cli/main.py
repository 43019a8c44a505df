"""The `dimona` command of operators and integrators, assembled from the commands of the services."""

from __future__ import annotations

import asyncio
import http.client
import sys
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from services.access.commands import client, enterprise, institution, user
from services.cli import parked, topology
from services.cli.backup import backup
from services.cli.integrators import send
from services.cli.integrators.doctor import doctor
from services.cli.integrators.env import env
from services.cli.integrators.gen import gen
from services.cli.omission import omission
from services.cli.reconcile import reconcile
from services.cli.restore import restore
from services.cli.retention import retention
from services.cli.roles import read_passwords, set_passwords
from services.cli.status import status
from services.cli.trace import trace
from services.feed.commands import disclosures
from services.files.commands import file
from services.identification.commands import case, register
from services.personnel_file.commands import late, period
from shared.runtime.management import ManagementError
from shared.runtime.migrations import MigrationError
from shared.runtime.migrations import migrate as apply_migrations
from shared.runtime.operator import ENDPOINTS, EndpointsOption, NotPublishedError, SecretsOption, load
from shared.runtime.security_log import delete_older

commands = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Operate a deployment. For integrators: send, tail, query, doctor, gen.",
)
commands.add_typer(topology.app, name="topology")
commands.add_typer(case, name="case")
commands.add_typer(register, name="register")
commands.add_typer(parked.parked, name="parked")
commands.add_typer(late, name="late")
commands.add_typer(client, name="client")
commands.add_typer(enterprise, name="enterprise")
commands.add_typer(institution, name="institution")
commands.add_typer(user, name="user")
commands.add_typer(period, name="period")
commands.add_typer(omission, name="omission")
commands.add_typer(file, name="file")
commands.add_typer(retention, name="retention")
commands.add_typer(restore, name="restore")
commands.add_typer(backup, name="backup")
commands.add_typer(disclosures, name="disclosures")
commands.add_typer(gen, name="gen")
commands.command()(status)
commands.command()(trace)
commands.command()(reconcile)
commands.command()(send.send)
commands.command()(send.tail)
commands.command()(send.query)
commands.command()(doctor)
commands.command()(env)

#: Failures with a cause outside this program. The operator gets one line instead of a traceback.
_EXPECTED = (
    OSError,
    ManagementError,
    MigrationError,
    NotPublishedError,
    asyncpg.PostgresError,
    http.client.HTTPException,
)


@commands.command()
def migrate(
    roles: Annotated[
        Path | None, typer.Option(help="JSON file: role of a service → password, set after the migrations.")
    ] = None,
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Apply the pending migrations as the owner of the database, and let the services log in."""
    dsn = load(endpoints, secrets_dir).need("database_dsn")
    passwords = {} if roles is None else read_passwords(roles)
    applied = asyncio.run(apply_migrations(dsn))
    for name in applied:
        print(name)
    print(f"{len(applied)} applied")
    if passwords:
        asyncio.run(set_passwords(dsn, passwords))
        print(f"{len(passwords)} roles may log in")


@commands.command()
def prune(
    keep_days: Annotated[int, typer.Option(min=1, help="Days for which events are kept.")],
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Delete events of the security log that are older than --keep-days, as the owner of the database."""
    dsn = load(endpoints, secrets_dir).need("database_dsn")
    print(f"{asyncio.run(delete_older(dsn, keep_days))} deleted")


def app() -> None:
    """Run the command line. Print one line instead of a traceback for an expected failure."""
    try:
        commands()
    except _EXPECTED as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    app()
