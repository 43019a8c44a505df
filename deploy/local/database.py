"""The database of a deployment: owner, schemas, and passwords of the services' roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import asyncpg

from deploy.local.postgres import Postgres
from shared.runtime.migrations import PIPELINE, migrate

OWNER: Final = "dimona_owner"


async def create_database(
    server: Postgres, derived: Callable[..., str], database: str, *, test: bool
) -> list[str]:
    """Create owner, database and schemas; set the passwords of the service roles. Return the migrations.

    `derived` makes passwords from the seed of the stack. `test` marks the database as one with a clock that
    may be moved (decision D24).
    """
    owner, password = f'"{OWNER}"', derived("role", OWNER)
    connection = await asyncpg.connect(server.dsn())
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
            await connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD '{password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER {owner}')
        await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    finally:
        await connection.close()
    applied = await migrate(server.dsn(database, OWNER, password))
    connection = await asyncpg.connect(server.dsn(database))
    try:
        for role in (f"dimona_{service}" for service in PIPELINE):
            await connection.execute(f"ALTER ROLE {role} PASSWORD '{derived('role', role)}'")
            await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {role}')
        await connection.execute("UPDATE platform.clock SET is_test = $1", test)
    finally:
        await connection.close()
    return applied
