"""The notification file of a batch sender: all its due notifications as one Belgif batch of messages.

`<folder>/<enterprise number>/notifications.<number>.json`. The number is decided before the file is written,
so a second attempt writes an equal file. A file appears complete or not at all, and an existing file stays.
After a restore of the database a number may return with other content; such a file has a digest in its name.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from services.notifier.delivery.rules import Outcome


class NotificationFiles:
    """Writer of notification files below a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def send(
        self, enterprise_number: str, number: int, events: Sequence[str]
    ) -> tuple[Outcome, str | None]:
        """Write one file. Return UNREACHABLE while the folder cannot be written."""
        if self._folder is None:
            return Outcome.UNREACHABLE, "no folder for files is configured"
        try:
            await asyncio.to_thread(_write, self._folder / enterprise_number, number, events)
        except OSError as error:
            return Outcome.UNREACHABLE, type(error).__name__
        return Outcome.DELIVERED, None


def _write(folder: Path, number: int, events: Sequence[str]) -> None:
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    content = f'{{"messages": [{", ".join(events)}]}}\n'.encode()
    final = folder / f"notifications.{number:012}.json"
    if final.exists() and final.read_bytes() != content:
        final = final.with_suffix(f".{hashlib.sha256(content).hexdigest()[:16]}.json")
    if final.exists():
        return
    draft = folder / f".{final.name}.part"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o640)
    draft.replace(final)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
