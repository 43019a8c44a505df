"""The servers of the proof: PostgreSQL with archived WAL, its restore to an instant, and an empty broker."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg

from deploy.local import postgres
from deploy.local.stack import Stack, run

_ARCHIVED: Final = {"archive_mode": "on", "archive_timeout": "5"}
_RECOVERY: Final = """
restore_command = 'cp {wal}/%f "%p"'
recovery_target_time = '{instant}'
recovery_target_action = 'promote'
default_transaction_read_only = 'on'
"""


def archive(stack: Stack) -> None:
    """Let the database archive its WAL every five seconds, into a new archive."""
    remove(stack)
    wal = _wal(stack)
    postgres.own(wal, stack.postgres.user)
    settings = {**_ARCHIVED, "archive_command": f"cp %p {wal}/%f"}
    run(_set, stack.postgres.dsn(), settings)
    stack.halt("postgres")
    stack.launch("postgres")
    stack.ready("postgres")


async def _set(dsn: str, settings: Mapping[str, str]) -> None:
    connection = await asyncpg.connect(dsn)
    for name, value in settings.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    await connection.close()


def base_of(stack: Stack) -> Path:
    """Return the folder of the base backup."""
    return stack.folder / "backup"


def restore(stack: Stack, instant: datetime) -> None:
    """Restore the database of a stopped server to an instant, closed, from a base backup and the archive."""
    data = stack.postgres.home / "data"
    data.rename(data.with_name("data.lost"))
    shutil.copytree(base_of(stack) / "database", data)
    with (data / "postgresql.auto.conf").open("a") as file:
        file.write(_RECOVERY.format(wal=_wal(stack), instant=instant.isoformat()))
    (data / "recovery.signal").touch()
    _give(data, stack.postgres.user)
    stack.launch("postgres")
    stack.ready("postgres")
    run(_promoted, stack.postgres.dsn())


async def _promoted(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    while await connection.fetchval("SELECT pg_is_in_recovery()"):
        await connection.execute("SELECT pg_sleep(0.1)")
    await connection.close()


def empty_broker(stack: Stack) -> None:
    """Replace the broker by a new one without any object."""
    stack.halt("rabbitmq")
    data = stack.rabbitmq.folder / "data"
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    stack.launch("rabbitmq")
    stack.ready("rabbitmq")


def _wal(stack: Stack) -> Path:
    return stack.postgres.home.with_name(f"{stack.postgres.home.name}-wal")


def remove(stack: Stack) -> None:
    """Delete the base backup and the archive."""
    for folder in (base_of(stack), _wal(stack)):
        shutil.rmtree(folder, ignore_errors=True)


def _give(folder: Path, user: str | None) -> None:
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)
