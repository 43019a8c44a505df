"""Folders of the private PostgreSQL; no server runs here."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import postgres


def test_files_of_a_killed_stack_are_removed_once_its_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_SHARED", tmp_path)
    for name, folder in (("dimona-000000000001", tmp_path), ("dimona-000000000002", tmp_path / "gone")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "of").write_text(str(folder))
    (tmp_path / "dimona-postgresql-18").mkdir()
    postgres._sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dimona-000000000001", "dimona-postgresql-18"]


def test_a_path_too_long_for_a_socket_gets_no_socket() -> None:
    assert postgres._socket_folder(Path("/short")) == "/short"
    assert postgres._socket_folder(Path("/" + "long" * 30)) == ""
