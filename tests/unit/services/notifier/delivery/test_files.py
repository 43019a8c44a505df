"""Notification files: a repeated write is equal, and no file is replaced."""

from __future__ import annotations

from pathlib import Path

from services.notifier.delivery.channels.file import NotificationFiles


async def test_other_content_for_an_existing_number_gets_its_own_file(tmp_path: Path) -> None:
    """Numbers come again after a database was restored."""
    files = NotificationFiles(tmp_path)
    for events in (['{"id": 1}'], ['{"id": 2}'], ['{"id": 1}'], ['{"id": 2}']):
        await files.send("0990101368", 7, events)
    written = sorted((tmp_path / "0990101368").iterdir())
    assert [file.name.split(".")[1] for file in written] == ["000000000007"] * 2
    assert sorted(file.read_text() for file in written) == [
        '{"messages": [{"id": 1}]}\n', '{"messages": [{"id": 2}]}\n',
    ]  # fmt: skip
