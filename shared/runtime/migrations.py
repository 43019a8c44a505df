"""The runner of the SQL migrations (format of dbmate). Services only check them (decision D21).

dbmate takes no lock against a second run, but this runner does, so several runs may start at one time.
A file is applied once, in a transaction of its own, and may never change afterwards. All later statements on
a table wait behind a file that waits for a lock on it, so a file gives up soon and tries again (ADR 37).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.runtime.database import Connection, connect
from shared.runtime.errors import Fault, OurError, classify
from shared.runtime.logs import log

PIPELINE: Final = (
    "access",
    "intake",
    "identification",
    "personnel_file",
    "notifier",
    "contact",
    "ledger",
    "provisioner",
    "files",
    "feed",
    "portal",
)
_ROOT: Final = Path(__file__).parents[2]
#: The folders of the files in the order of their application: the platform, then each service.
FOLDERS: Final[Mapping[str, Path]] = {
    "platform": Path(__file__).with_name("migrations"),
    **{service: _ROOT / "services" / service / "migrations" for service in PIPELINE},
}

_OPERATORS: Final = Path(__file__).with_name("operators.sql")
_LOCK: Final = 0x64696D6F6E61  # "dimona"
_MEMBERSHIP_OPTIONS: Final = 16  #: the first version of PostgreSQL with GRANT … WITH INHERIT
_PATIENCE: Final = 600.0  # seconds; a migration may read a large table
#: Shorter than the `lock_timeout` of the services, so that a statement behind this one does not fail.
_LOCK_TIMEOUT: Final = "2s"
#: Seconds before each further attempt to apply a file that did not get a lock.
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0, 15.0)
_FILE: Final = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_SECTION: Final = re.compile(r"^-- migrate:(up|down)[^\n]*$", re.MULTILINE)


class MigrationError(OurError):
    """The error for a file that is malformed, changed, or did not get its locks. Its text has the name."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file: the name of its folder, its own name, and the SQL of its `up` part."""

    folder: str
    name: str
    up: str
    checksum: str  #: SHA-256 of the whole file, hexadecimal

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def collect(folders: Mapping[str, Path] = FOLDERS) -> list[Migration]:
    """Return all migrations in order. Raise MigrationError for a malformed file."""
    return [_read(folder, file) for folder, path in folders.items() for file in sorted(path.glob("*.sql"))]


def _read(folder: str, file: Path) -> Migration:
    text = file.read_text()
    # Split by its only group, the text is: preamble, "up", its SQL and perhaps "down", its SQL.
    _, *sections = _SECTION.split(text)
    if not _FILE.fullmatch(file.name) or sections[::2] not in (["up"], ["up", "down"]):
        raise MigrationError(f"{folder}/{file.name} is no migration: 0001_name.sql with `-- migrate:up`")
    return Migration(folder, file.name, sections[1], hashlib.sha256(text.encode()).hexdigest())


async def pending(connection: Connection, folders: Mapping[str, Path] = FOLDERS) -> list[str]:
    """Return the migrations to apply, as `folder/name`. Raise MigrationError for a file that changed."""
    if await connection.fetchval("SELECT to_regclass('platform.migrations')") is None:
        return [str(migration) for migration in collect(folders)]
    return [str(migration) for migration in await _missing(connection, folders)]


async def migrate(dsn: str, folders: Mapping[str, Path] = FOLDERS) -> list[str]:
    """Apply the pending migrations, as the owner of the schemas; return them as `folder/name`.

    Afterwards give the role of the operators its rights, for the files of this system.

    Raise MigrationError, or the asyncpg error of the statement that failed. The file with
    this statement is then not applied at all; the files before it are applied. A file that does not get a
    lock within two seconds is tried ten times within two minutes.
    """
    connection = await connect(dsn)
    try:
        await connection.execute("SET lock_timeout = 0")  # another run may take minutes
        if connection.get_server_version().major < _MEMBERSHIP_OPTIONS:
            # Two blocks have statements of version 16, which version 15 never executes but would parse.
            await connection.execute("SET check_function_bodies = off")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=_PATIENCE)
        await connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
        await connection.execute(
            """CREATE SCHEMA IF NOT EXISTS platform;
            CREATE TABLE IF NOT EXISTS platform.migrations (
                folder text, name text, checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (folder, name));
            GRANT USAGE ON SCHEMA platform TO PUBLIC;
            GRANT SELECT ON platform.migrations TO PUBLIC"""
        )
        missing = await _missing(connection, folders)
        for migration in missing:
            await _apply(connection, migration)
        if folders == FOLDERS:
            await connection.execute(_OPERATORS.read_text())
        return [str(migration) for migration in missing]
    finally:
        await connection.close()  # releases the lock too


async def _apply(connection: Connection, migration: Migration) -> None:
    """Apply a file, again after a pause when it did not get a lock, or was ended by a deadlock."""
    for attempt, pause in enumerate((*PAUSES, None), 1):
        try:
            return await _apply_once(connection, migration)
        except Exception as error:
            if classify(error) not in (Fault.CONTENTION, Fault.CONFLICT):
                raise
            if pause is None:
                break
            log.warning(
                "migration_waits", migration=str(migration), attempt=attempt, pause=pause, error=error
            )
            await asyncio.sleep(pause)
    raise MigrationError(
        f"{migration} got no lock in {len(PAUSES) + 1} attempts and is not applied: end the transaction that "
        "holds it (docs/how-to/upgrade.md) and run `dimona migrate` again"
    )


async def _apply_once(connection: Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.up, timeout=_PATIENCE)
        await connection.execute(
            "INSERT INTO platform.migrations (folder, name, checksum) VALUES ($1, $2, $3)",
            migration.folder, migration.name, migration.checksum,
        )  # fmt: skip


async def _missing(connection: Connection, folders: Mapping[str, Path]) -> list[Migration]:
    rows = await connection.fetch("SELECT folder, name, checksum FROM platform.migrations")
    applied = {(row["folder"], row["name"]): row["checksum"] for row in rows}
    found = collect(folders)
    for migration in found:
        if applied.get((migration.folder, migration.name), migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration} changed after it was applied: write a new file instead")
    return [migration for migration in found if (migration.folder, migration.name) not in applied]
