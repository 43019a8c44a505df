"""Settings and publishing of an operator, shared by the commands of all services."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console
from rich.table import Column, Table

from shared.envelope import carriers
from shared.messages import Message, derived_id
from shared.runtime.broker import refuse_untrusted, without_vhost
from shared.runtime.bursts import CARRIER_TYPE, Outgoing, Sent
from shared.runtime.database import Connection, connect
from shared.runtime.logs import configure, masked
from shared.runtime.publishing import Publisher
from shared.runtime.settings import named
from shared.topology import Deployment, exchange_hearing

P = ParamSpec("P")
T = TypeVar("T")

ENDPOINTS: Final = Path(".run/endpoints.json")
_CONNECT_SECONDS: Final = 15.0
_LONGEST_REASON: Final = 500  #: characters

EndpointsOption = Annotated[
    Path, typer.Option("--endpoints", help="Addresses of a local stack, for settings that are not given.")
]
SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets-dir",
        envvar="DIMONA_SECRETS_DIR",
        help="Folder of files dimona_database_dsn, dimona_amqp_url, dimona_management_url.",
    ),
]


def _checked_reason(reason: str) -> str:
    """Return a reason with single spaces.

    Raise typer.BadParameter when it is empty, too long, or holds the number of a person.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > _LONGEST_REASON:
        raise typer.BadParameter(f"a reason has 1 to {_LONGEST_REASON} characters")
    if masked(reason) != reason:
        raise typer.BadParameter("the reason holds a number that looks like a NISS")
    return reason


ReasonOption = Annotated[
    str, typer.Option(help="Reason for the record; nothing about a person.", callback=_checked_reason)
]


OptionalReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason",
        help="Reason for the record; nothing about a person.",
        callback=lambda reason: None if reason is None else _checked_reason(reason),
    ),
]


class Operator(BaseSettings):
    """The settings of an operator, from the environment (`DIMONA_<NAME>`) or from files of secrets."""

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
        """Return a setting that a command requires.

        Raise typer.BadParameter with its name when it is missing.
        """
        value = getattr(self, name)
        if value is None:
            raise typer.BadParameter(
                f"no {name}: set DIMONA_{name.upper()}, give --secrets-dir, or start the local stack"
            )
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """Open a database connection as owner and close it afterwards."""
        connection = await connect(self.need("database_dsn"))
        try:
            yield connection
        finally:
            await connection.close()

    def query(
        self, function: Callable[Concatenate[Connection, P], Awaitable[T]], *given: P.args, **named: P.kwargs
    ) -> T:
        """Call a function of a store with a new connection to the database, and return its result."""

        async def answer() -> T:
            async with self.connected() as connection:
                return await function(connection, *given, **named)

        return asyncio.run(answer())


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, nothing: str, width: int | None = None
) -> None:
    """Print rows as a table. Never wrap the text of the first column. Without rows print `nothing`.

    Args:
        columns: Headings.
        rows: Cells.
        nothing: Text instead of an empty table.
        width: Length of a line in characters if the output is no terminal; None for 80.
    """
    table = Table(Column(columns[0], no_wrap=True), *columns[1:])
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else width).print(table if rows else nothing)


def load(endpoints: Path = ENDPOINTS, secrets: Path | None = None) -> Operator:
    """Return the settings of the operator. End the process when one is wrong.

    A setting that neither the environment nor a file of secrets gives is read from the file `endpoints`.
    """
    with named():
        given = Operator(_secrets_dir=secrets)
    missing = {
        name: value
        for name, value in _settings_of_stack(endpoints).items()
        if name not in given.model_fields_set and f"DIMONA_{name.upper()}" not in os.environ
    }
    with named():
        return Operator(_secrets_dir=secrets, **missing)


def _settings_of_stack(endpoints: Path) -> dict[str, Any]:
    try:
        document = json.loads(endpoints.read_text())
    except FileNotFoundError:
        return {}
    return {
        "deployment": document["deployment"],
        "database_dsn": document["postgres_dsn"],
        "amqp_url": without_vhost(document["operator"]["amqp_url"])[0],
        "management_url": document["management_url"],
        "accounts": document["accounts"],
    }


class NotPublishedError(RuntimeError):
    """The error when the broker is not reached or did not take every message. Its text says which."""


def publish(operator: Operator, messages: Sequence[Message]) -> None:
    """Publish messages to the services of the deployment, with confirms. Raise NotPublishedError."""
    asyncio.run(publish_messages(operator, messages))


async def publish_messages(operator: Operator, messages: Sequence[Message]) -> None:
    """Publish messages as `publish` does, in a running event loop. Raise NotPublishedError."""
    now, account = datetime.now(UTC), urlsplit(operator.need("amqp_url")).username
    outgoing = [
        Outgoing(
            str(derived_id("carrier", body)), exchange_hearing(key), key, key, body.encode(), CARRIER_TYPE,
            user_id=account,
        )
        for key, body in carriers(messages, "operator", now)
    ]  # fmt: skip
    async with publishing(operator, operator.vhosts.internal) as publisher:
        outcomes = await publisher.publish_all(outgoing)
    if failed := [outcome for outcome in outcomes if outcome is not Sent.CONFIRMED]:
        raise NotPublishedError(
            f"{len(failed)} of {len(outcomes)} messages were not taken: {', '.join(sorted(set(failed)))}"
        )


@asynccontextmanager
async def publishing(operator: Operator, vhost: str) -> AsyncIterator[Publisher]:
    """Yield a publisher that is connected to this vhost. Raise NotPublishedError without a connection."""
    async with publisher(operator.need("amqp_url"), vhost, "cli") as session:
        yield session


@asynccontextmanager
async def publisher(amqp_url: str, vhost: str, name: str) -> AsyncIterator[Publisher]:
    """Yield a publisher of this name, connected to this vhost.

    Raise UntrustedError when TLS refuses the broker, and NotPublishedError after 15 seconds.
    """
    configure("cli", "ERROR")
    await refuse_untrusted(amqp_url)
    session = Publisher(amqp_url, vhost, name)
    running = asyncio.create_task(session.run())
    try:
        try:
            await asyncio.wait_for(session.connected.wait(), _CONNECT_SECONDS)
        except TimeoutError:
            raise NotPublishedError("the broker cannot be reached") from None
        yield session
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
