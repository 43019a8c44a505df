"""Applying migrations to a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime import database, migrations
from shared.runtime.database import connect
from shared.runtime.migrations import MigrationError, migrate, pending
from tests.integration.runtime.broker import until

pytestmark = pytest.mark.stack


@pytest.fixture
async def dsn(stack: Stack) -> AsyncIterator[str]:
    """Create an empty database."""
    name = f"migrations_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(stack.postgres.dsn())
    await connection.execute(f"CREATE DATABASE {name}")
    yield stack.postgres.dsn(name)
    await connection.execute(f"DROP DATABASE {name}")
    await connection.close()


@pytest.fixture
def folders(tmp_path: Path) -> Mapping[str, Path]:
    found = {"platform": tmp_path / "platform", "intake": tmp_path / "intake"}
    for folder in found.values():
        folder.mkdir()
    write(found["platform"], "0001_platform.sql", "CREATE TABLE platform.a (x int)")
    write(found["intake"], "0001_intake.sql", "CREATE TABLE b (x int); INSERT INTO platform.a VALUES (1)")
    return found


def write(folder: Path, name: str, up: str) -> None:
    (folder / name).write_text(f"-- migrate:up\n{up};\n-- migrate:down\nSELECT no_such_function();\n")


async def asked(dsn: str, folders: Mapping[str, Path]) -> list[str]:
    connection = await connect(dsn)
    try:
        return await pending(connection, folders)
    finally:
        await connection.close()


async def test_applies_once_and_in_order(dsn: str, folders: Mapping[str, Path]) -> None:
    expected = ["platform/0001_platform.sql", "intake/0001_intake.sql"]
    assert await asked(dsn, folders) == expected
    assert await migrate(dsn, folders) == expected
    assert await asked(dsn, folders) == []
    assert await migrate(dsn, folders) == []


async def test_a_later_file_is_applied_alone(dsn: str, folders: Mapping[str, Path]) -> None:
    await migrate(dsn, folders)
    write(folders["platform"], "0002_more.sql", "ALTER TABLE platform.a ADD y int")
    assert await migrate(dsn, folders) == ["platform/0002_more.sql"]


async def test_a_failed_file_leaves_no_change(dsn: str, folders: Mapping[str, Path]) -> None:
    write(folders["intake"], "0002_bad.sql", "CREATE TABLE c (x int); SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(dsn, folders)
    assert await asked(dsn, folders) == ["intake/0002_bad.sql"]
    write(folders["intake"], "0002_bad.sql", "CREATE TABLE c (x int)")
    assert await migrate(dsn, folders) == ["intake/0002_bad.sql"]


async def test_a_file_that_changed_after_it_was_applied_is_an_error(
    dsn: str, folders: Mapping[str, Path]
) -> None:
    await migrate(dsn, folders)
    write(folders["intake"], "0001_intake.sql", "CREATE TABLE b (x bigint)")
    for attempt in (migrate, asked):
        with pytest.raises(MigrationError, match=r"intake/0001_intake\.sql changed"):
            await attempt(dsn, folders)


async def test_concurrent_runs_apply_each_file_once(dsn: str, folders: Mapping[str, Path]) -> None:
    applied = await asyncio.gather(*(migrate(dsn, folders) for _ in range(6)))
    assert sorted(len(names) for names in applied) == [0, 0, 0, 0, 0, 2]


async def test_a_file_waits_for_a_lock_for_a_short_time_and_is_tried_again(
    dsn: str, folders: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a waiting file, statements of the services wait too; between two attempts they run."""
    await migrate(dsn, folders)
    write(folders["platform"], "0002_more.sql", "ALTER TABLE platform.a ADD y int")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(migrations, "PAUSES", (0.2,) * 100)
    holder, service = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    held = holder.transaction()
    await held.start()
    await holder.execute("LOCK TABLE platform.a IN ACCESS SHARE MODE")
    with capture_logs() as logged:
        migrating = asyncio.create_task(migrate(dsn, folders))
        await until(lambda: len(logged) >= 2)
        await service.fetch("SELECT x FROM platform.a", timeout=30)
        await held.rollback()
        assert await migrating == ["platform/0002_more.sql"]
    told = {(line["event"], line["migration"], line["error"].sqlstate) for line in logged}
    assert told == {("migration_waits", "platform/0002_more.sql", "55P03")}
    assert [line["attempt"] for line in logged] == list(range(1, len(logged) + 1))
    await holder.close()
    await service.close()


async def test_a_file_that_never_gets_its_lock_is_an_error_and_leaves_no_change(
    dsn: str, folders: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(dsn, folders)
    write(folders["platform"], "0002_more.sql", "CREATE TABLE platform.c (x int); DROP TABLE platform.a")
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrations, "PAUSES", (0.05,) * 2)
    holder = await asyncpg.connect(dsn)
    async with holder.transaction():
        await holder.execute("LOCK TABLE platform.a IN ACCESS SHARE MODE")
        with pytest.raises(MigrationError, match=r"platform/0002_more\.sql got no lock in 3 attempts"):
            await migrate(dsn, folders)
        assert await holder.fetchval("SELECT to_regclass('platform.c')") is None
    assert await migrate(dsn, folders) == ["platform/0002_more.sql"]
    await holder.close()


async def test_a_run_waits_longer_for_another_run_than_for_a_table(
    dsn: str, folders: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "1ms")
    write(folders["intake"], "0002_slow.sql", "SELECT pg_sleep(0.5)")
    applied = await asyncio.gather(*(migrate(dsn, folders) for _ in range(2)))
    assert sorted(map(len, applied)) == [0, 3]


async def test_services_wait_longer_for_a_lock_than_a_migration() -> None:
    """A statement of a service that waits behind a migration goes on when the migration gives up."""
    assert migrations._LOCK_TIMEOUT == "2s"
    assert database._SERVER_SETTINGS["lock_timeout"] == "3s"


@pytest.mark.parametrize("role", ["dimona_feed_removal", "dimona_feed_places"])
async def test_the_owner_gives_functions_to_a_role_without_having_its_rights(
    endpoints: Endpoints, role: str
) -> None:
    """Before PostgreSQL 16 too, in which a membership has no options (ADR 34)."""
    connection = await connect(endpoints.postgres_dsn)
    try:
        has = "SELECT pg_has_role(current_user, $1, 'MEMBER'), pg_has_role(current_user, $1, 'USAGE')"
        assert [tuple(row) for row in await connection.fetch(has, role)] == [(True, False)]
    finally:
        await connection.close()
