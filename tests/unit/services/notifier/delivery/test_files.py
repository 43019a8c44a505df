"""Notification files: written again the same, and nothing is passed over."""

from __future__ import annotations

from pathlib import Path

from services.notifier.delivery.channels.file import NotificationFiles


async def test_other_content_under_a_number_that_exists_is_written_beside_it(tmp_path: Path) -> None:
    """After a database was restored numbers come again."""
    files = NotificationFiles(tmp_path)
    for events in (['{"id": 1}'], ['{"id": 2}'], ['{"id": 1}'], ['{"id": 2}']):
        await files.send("0990101368", 7, events)
    written = sorted((tmp_path / "0990101368").iterdir())
    assert [file.name.split(".")[1] for file in written] == ["000000000007"] * 2
    assert sorted(file.read_text() for file in written) == [
        '{"messages": [{"id": 1}]}\n', '{"messages": [{"id": 2}]}\n',
    ]  # fmt: skip
