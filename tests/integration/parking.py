"""Faults that park declarations, and the `dimona parked` command, for tests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from services.cli.main import commands
from tests.foreign.events import PATIENCE
from tests.foreign.integrator import Integrator

Database = Any  # asyncpg-stubs make it generic, asyncpg does not


async def dimona(file: Path, *arguments: str) -> Result:
    """Run the command as an operator would."""
    line = ["parked", *arguments, "--endpoints", str(file)]
    return await asyncio.to_thread(CliRunner().invoke, commands, line, catch_exceptions=False)


async def listed(file: Path, count: int, *arguments: str) -> list[dict[str, Any]]:
    """Wait until this number of messages is parked, and return them."""
    end = time.monotonic() + PATIENCE
    while True:
        rows: list[dict[str, Any]] = json.loads((await dimona(file, "list", "--json", *arguments)).stdout)
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
