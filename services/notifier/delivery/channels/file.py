"""The notification files of an enterprise: each file has due notifications as one Belgif batch of messages.

The path is `<folder>/<enterprise number>/notifications.<number>.json`. The number is chosen before the file
is written, so a second attempt writes an equal file. A file appears complete or not at all, and a file that
exists is never overwritten. After a restore of the database a number may come again with other content; the
new file then has a digest of its content in its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shared.redelivery import Outcome
from shared.runtime.files import in_thread, write_once


class NotificationFiles:
    """Writer of notification files below a folder. Without a folder (None) it writes no file."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def send(
        self, enterprise_number: str, number: int, events: Sequence[str]
    ) -> tuple[Outcome, str | None]:
        """Write the events to one file with this number.

        Return DELIVERED and None, or UNREACHABLE and the reason if the file cannot be written.
        """
        if self._folder is None:
            return Outcome.UNREACHABLE, "no folder for files is configured"
        folder, name = self._folder, f"notifications.{number:012}.json"
        content = f'{{"messages": [{", ".join(events)}]}}\n'.encode()
        try:
            await in_thread(lambda: write_once(folder, [enterprise_number], name, content))
        except OSError as error:
            return Outcome.UNREACHABLE, type(error).__name__
        return Outcome.DELIVERED, None
