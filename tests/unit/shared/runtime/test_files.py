"""Files for external readers: complete, written once, and never through a planted link."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from shared.runtime.files import delete, in_thread, write_once


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder of another owner, with a file in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("untouched")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_other_content_gets_another_file_name(root: Path) -> None:
    first = write_once(root, ["a", "b"], "one.json", b"1")
    assert first == write_once(root, ["a", "b"], "one.json", b"1") == "a/b/one.json"
    second = write_once(root, ["a", "b"], "one.json", b"2")
    assert second == write_once(root, ["a", "b"], "one.json", b"2") != first
    assert {(root / path).read_bytes() for path in (first, second)} == {b"1", b"2"}
    assert (root / first).stat().st_mode & 0o777 == 0o640
    assert names(root / ".drafts") == []


def test_a_folder_that_is_a_link_is_refused(root: Path, outside: Path) -> None:
    root.mkdir()
    (root / "a").symlink_to(outside)
    with pytest.raises(OSError, match=r"[Nn]ot a directory|symbolic links"):
        write_once(root, ["a"], "one.json", b"1")
    assert names(outside) == ["secret"]


@pytest.mark.parametrize("planted", ["one.json", ".one.json.part", "one.part"])
def test_a_link_in_place_of_the_file_or_its_draft_is_not_followed(
    root: Path, outside: Path, planted: str
) -> None:
    (root / "a").mkdir(parents=True)
    (root / "a" / planted).symlink_to(outside / "secret")
    path = write_once(root, ["a"], "one.json", b"1")
    assert (root / path).read_bytes() == b"1"
    assert not (root / path).is_symlink()
    assert (outside / "secret").read_text() == "untouched"
    assert (outside / "secret").stat().st_mode & 0o777 != 0o640


def test_a_pipe_in_place_of_the_file_does_not_block(root: Path) -> None:
    (root / "a").mkdir(parents=True)
    os.mkfifo(root / "a" / "one.json")
    assert (root / write_once(root, ["a"], "one.json", b"1")).read_bytes() == b"1"


def test_a_draft_of_a_killed_process_is_replaced(root: Path) -> None:
    write_once(root, ["a"], "one.json", b"1")
    (root / "a" / "one.json").unlink()
    name = f"6b86b273ff34fce1.{os.getpid()}.one.json"
    (root / ".drafts" / name).write_bytes(b"half")
    write_once(root, ["a"], "one.json", b"1")
    assert (root / "a" / "one.json").read_bytes() == b"1"


async def test_no_thread_remains() -> None:
    before = threading.active_count()
    assert await in_thread(lambda: 7) == 7
    assert threading.active_count() == before


def test_a_file_is_deleted_once_and_never_through_a_link(root: Path, outside: Path) -> None:
    delete(root, ["a/one.json"])
    path = write_once(root, ["a"], "one.json", b"1")
    delete(root, [path])
    delete(root, [path])
    assert names(root / "a") == []
    (root / "link").symlink_to(outside)
    with pytest.raises(OSError, match="link"):
        delete(root, ["link/secret"])
    assert (outside / "secret").read_text() == "untouched"
