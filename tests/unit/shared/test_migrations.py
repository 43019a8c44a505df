"""Migration files: their form, their order, the check for changes, and further attempts without a lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from shared.runtime import migrations
from shared.runtime.migrations import FOLDERS, Migration, MigrationError, collect


def write(folder: Path, name: str, text: str = "-- migrate:up\nSELECT 1;\n") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_the_order_is_that_of_the_folders_then_of_the_names(tmp_path: Path) -> None:
    write(tmp_path / "b", "0001_first.sql")
    write(tmp_path / "a", "0002_second.sql")
    write(tmp_path / "a", "0001_first.sql")
    found = collect({"b": tmp_path / "b", "a": tmp_path / "a", "none": tmp_path / "none"})
    assert [str(migration) for migration in found] == [
        "b/0001_first.sql",
        "a/0001_first.sql",
        "a/0002_second.sql",
    ]


def test_only_the_up_part_is_applied(tmp_path: Path) -> None:
    write(tmp_path / "a", "0001_x.sql", "-- why\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n")
    (migration,) = collect({"a": tmp_path / "a"})
    assert migration.up.strip() == "SELECT 1;"


def test_any_change_changes_the_checksum(tmp_path: Path) -> None:
    write(tmp_path / "a", "0001_x.sql")
    (before,) = collect({"a": tmp_path / "a"})
    write(tmp_path / "a", "0001_x.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n")
    (after,) = collect({"a": tmp_path / "a"})
    assert before.checksum != after.checksum


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1_x.sql", "-- migrate:up\n"),
        ("0001-x.sql", "-- migrate:up\n"),
        ("0001_x.sql", "SELECT 1;\n"),
        ("0001_x.sql", "-- migrate:down\n"),
        ("0001_x.sql", "-- migrate:down\n-- migrate:up\n"),
        ("0001_x.sql", "-- migrate:up\n-- migrate:up\n"),
    ],
)
def test_another_file_is_named_in_the_error(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / "a", name, text)
    with pytest.raises(MigrationError, match=f"a/{name}"):
        collect({"a": tmp_path / "a"})


def test_the_files_of_the_project_are_migrations_and_the_platform_comes_first() -> None:
    found = collect()
    assert found[0].folder == "platform"
    assert {migration.folder for migration in found} <= set(FOLDERS)


def test_each_number_is_given_once_in_a_folder() -> None:
    numbers = Counter((migration.folder, migration.name[:4]) for migration in collect())
    assert [key for key, files in numbers.items() if files > 1] == []


class Scripted:
    """A connection with a given result for each attempt to apply a file; None is a success."""

    def __init__(self, *ends: Exception | None) -> None:
        self._ends = iter(ends)
        self.applied = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def execute(self, statement: str, *_: object, **_named: object) -> None:
        if statement == "up" and (end := next(self._ends)) is not None:
            raise end
        self.applied += statement.startswith("INSERT")


@pytest.mark.parametrize("error", [asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError])
async def test_a_file_without_its_locks_is_tried_again(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "PAUSES", (0.0,) * 3)
    connection = Scripted(*[error()] * 3, None)
    await migrations._apply(cast(Any, connection), Migration("intake", "0001_a.sql", "up", ""))
    assert connection.applied == 1


async def test_a_file_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "PAUSES", (0.0,) * 3)
    connection = Scripted(*[asyncpg.LockNotAvailableError()] * 4, None)
    with pytest.raises(MigrationError, match=r"intake/0001_a\.sql got no lock in 4 attempts"):
        await migrations._apply(cast(Any, connection), Migration("intake", "0001_a.sql", "up", ""))
    assert connection.applied == 0


async def test_a_file_that_fails_otherwise_is_not_tried_again() -> None:
    connection = Scripted(asyncpg.UndefinedTableError(), None)
    with pytest.raises(asyncpg.UndefinedTableError):
        await migrations._apply(cast(Any, connection), Migration("intake", "0001_a.sql", "up", ""))


def test_all_attempts_take_about_two_minutes() -> None:
    wait = (len(migrations.PAUSES) + 1) * 2
    assert len(migrations.PAUSES) + 1 == 10
    assert 90 <= sum(migrations.PAUSES) + wait <= 120
