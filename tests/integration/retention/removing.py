"""Terms, holds and batches of removal, for tests with a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from shared.runtime.database import Pool
from shared.runtime.retention import remove_expired

SSIN, FORMER = "93051891449", "85073003328"
NOW: Final = datetime.now(UTC)
LONG_AGO: Final = NOW - timedelta(days=3_000)
Pools = dict[str, Pool]


async def set_term(owner: asyncpg.Connection, table: str, days: int) -> None:
    assert await owner.fetchval("SELECT platform.set_term($1, $2, 'a test')", table, timedelta(days))


async def set_term_of_looks(owner: asyncpg.Connection, table: str, days: int) -> None:
    """Set the term of a table that records looks, which only the owner of the database can do."""
    schema, _, name = table.partition(".")
    await owner.execute(
        "INSERT INTO platform.retention_terms (schema_name, table_name, keep, source)"
        " VALUES ($1, $2, $3, 'a test')", schema, name, timedelta(days),
    )  # fmt: skip


async def hold(owner: asyncpg.Connection, table: str | None, ssin: str | None = None) -> int:
    number: int = await owner.fetchval("SELECT platform.hold($1, $2, 'a lawsuit')", table, ssin)
    return number


async def release(owner: asyncpg.Connection, number: int) -> None:
    assert await owner.fetchval("SELECT platform.release_hold($1, 'it is over')", number)


async def remove(pools: Pools, service: str, rounds: int = 3) -> list[str]:
    """Run some batches of a service, with its role; return table and key of the removed rows."""
    found: list[str] = []
    for _ in range(rounds):
        async with pools[service].acquire() as connection, connection.transaction():
            for rows in (await remove_expired(connection, service)).values():
                found += rows
    return found


def kinds(rows: list[str]) -> set[str]:
    return {row.partition(" ")[0] for row in rows}
