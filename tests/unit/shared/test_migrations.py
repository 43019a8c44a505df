"""Reading of migration files: their form, their order, and the check for changes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from shared.runtime.migrations import FOLDERS, MigrationError, collect


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
