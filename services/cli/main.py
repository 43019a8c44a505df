"""The `dimona` command of operators: it speaks SQL, HTTP and AMQP with an operator's credentials."""

from __future__ import annotations

import asyncio
import http.client
import sys

import asyncpg
import typer

from services.cli import cases, clients, late, parked, periods, topology, users
from services.cli.management import ManagementError
from services.cli.publish import NotPublishedError
from services.cli.settings import ENDPOINTS, EndpointsOption, SecretsOption, load
from shared.runtime.migrations import MigrationError
from shared.runtime.migrations import migrate as apply_migrations

commands = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
commands.add_typer(topology.app, name="topology")
commands.add_typer(cases.case, name="case")
commands.add_typer(cases.register, name="register")
commands.add_typer(parked.parked, name="parked")
commands.add_typer(late.late, name="late")
commands.add_typer(clients.client, name="client")
commands.add_typer(users.user, name="user")
commands.add_typer(periods.period, name="period")

#: Failures with a cause outside: one line for the operator instead of a traceback.
_EXPECTED = (
    OSError,
    ManagementError,
    MigrationError,
    NotPublishedError,
    asyncpg.PostgresError,
    http.client.HTTPException,
)


@commands.command()
def migrate(endpoints: EndpointsOption = ENDPOINTS, secrets_dir: SecretsOption = None) -> None:
    """Apply the migrations that are pending, as the owner of the database."""
    applied = asyncio.run(apply_migrations(load(endpoints, secrets_dir).need("database_dsn")))
    for name in applied:
        print(name)
    print(f"{len(applied)} applied")


def app() -> None:
    """Run the command line."""
    try:
        commands()
    except _EXPECTED as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    app()
