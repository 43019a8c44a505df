"""Check an uploaded file, beside the event loop, and a few files at a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.portal.apis import BusyError
from services.portal.spreadsheet.problems import FileError
from services.portal.spreadsheet.reading import rows_of
from services.portal.spreadsheet.rules import Row, check
from services.portal.spreadsheet.store import Head

#: Files that one process checks at a time; each may take some hundred megabytes and a few seconds.
_AT_ONCE: Final = 2
#: Files that wait for their turn.
_WAITING: Final = 6
_LONGEST_NAME: Final = 100


class Checking:
    """The places in which one process checks files."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._present = 0

    async def check(
        self, name: str, content: bytes, organization: str, employer: str
    ) -> tuple[Head, Sequence[Row]]:
        """Return the facts about a file, and its checked rows.

        Raise FileError for a file that cannot be read, and BusyError if too many files wait.
        """
        if not content:
            raise FileError("none")
        if self._present >= _AT_ONCE + _WAITING:
            raise BusyError("too many files")
        self._present += 1
        try:
            async with self._places:
                rows = await asyncio.to_thread(_rows, content, datetime.now(UTC))
        finally:
            self._present -= 1
        digest = hashlib.sha256(f"{organization}/{employer}/".encode() + content).hexdigest()
        wrong, late = sum(bool(row.mistakes) for row in rows), sum(row.is_late for row in rows)
        shown = name[:_LONGEST_NAME]
        return Head(shown, digest, organization, employer, len(rows), wrong, late), rows


def _rows(content: bytes, now: datetime) -> list[Row]:
    return check(rows_of(content), now)
