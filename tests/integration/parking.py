"""Faults that park declarations, parked messages, and accounts of operators, for tests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from typer.testing import CliRunner

from deploy.local.deployment import Endpoints
from deploy.local.processes import write_private
from deploy.local.stack import run
from services.cli.main import commands
from tests.commands import dimona
from tests.foreign.events import PATIENCE
from tests.foreign.integrator import Integrator

#: The options that show a parked message whole.
WHOLE: Final = ("--with-personal-data", "--reason", "a test looks at it")
Database = Any  # asyncpg-stubs make it generic, asyncpg does not


async def listed(file: Path, count: int, *arguments: str) -> list[dict[str, Any]]:
    """Wait until this number of messages is parked, and return them."""
    end = time.monotonic() + PATIENCE
    while True:
        rows: list[dict[str, Any]] = json.loads(
            (await dimona(file, "parked", "list", "--json", *arguments)).stdout
        )
        if len(rows) == count or time.monotonic() > end:
            assert len(rows) == count
            return rows
        await asyncio.sleep(0.2)


@asynccontextmanager
async def broken(database: Database, table: str, check: str) -> AsyncIterator[None]:
    """Break a table inside the context: it accepts no row that fails the check."""
    await database.execute(f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK ({check}) NOT VALID")
    try:
        yield
    finally:
        await database.execute(f"ALTER TABLE {table} DROP CONSTRAINT broken")


async def begin(client: Integrator, declaration: dict[str, Any]) -> tuple[str, int]:
    """Declare, and return the id of the event and the Dimona number."""
    id_ = await client.declare(declaration)
    return id_, await client.number(id_)


async def counts(database: Database, number: int) -> tuple[int, int, int]:
    """Return the number of settlements, final results and final notifications of a declaration."""
    row = await database.fetchrow(
        """SELECT (SELECT count(*) FROM personnel_file.settlements WHERE declaration_id = $1),
            (SELECT count(*) FROM intake.results WHERE number = $1 AND final),
            (SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1 AND NOT provisional)""",
        number,
    )
    settlements, results, notifications = row
    return settlements, results, notifications


async def settled_once(database: Database, *numbers: int) -> None:
    """Wait until each declaration has one end; the notifier may be a moment later than the reply."""
    end = time.monotonic() + PATIENCE
    while (found := {number: await counts(database, number) for number in numbers}) and (
        set(found.values()) != {(1, 1, 1)}
    ):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.1)


_PASSWORD: Final = "an-invented-one"


@contextmanager
def operator_account(endpoints: Endpoints, name: str, folder: Path) -> Iterator[Path]:
    """Make an account of one operator at broker and database; yield its file of endpoints (decision D35)."""
    everyone, accounts = folder / "everyone.json", folder / "accounts.json"
    document = endpoints.document()
    everyone.write_text(json.dumps(document))
    rows = json.loads(endpoints.accounts.read_text())
    rows[f"operator:{name}"] = {"name": name, "password": _PASSWORD}
    write_private(accounts, json.dumps(rows))
    apply = ["topology", "apply", "--accounts", str(accounts), "--endpoints", str(everyone)]
    assert CliRunner().invoke(commands, apply).exit_code == 0
    _execute(endpoints, f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{_PASSWORD}' IN ROLE dimona_operator")
    document["operator"]["amqp_url"] = _with_login(document["operator"]["amqp_url"], name)
    document["postgres_dsn"] = _with_login(endpoints.postgres_dsn, name)
    file = folder / "endpoints.json"
    file.write_text(json.dumps({**document, "management_url": "http://127.0.0.1:1"}))
    yield file
    _execute(endpoints, f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


def _with_login(url: str, name: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{name}:{_PASSWORD}@{parts.hostname}:{parts.port}").geturl()


def _execute(endpoints: Endpoints, *statements: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(endpoints.superuser_dsn)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    run(execute)
