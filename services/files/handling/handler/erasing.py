"""Delete the rows of forms, results, pages and changes a time after the last answer left its folder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.files.handling.store import erasure
from services.files.handling.store.erasure import AnswerInFolder
from services.files.transfer.channels.folders import Folders
from shared.runtime import file_metrics
from shared.runtime.stage import Stage

_ANSWERS: Final = 1000  #: in one look at the folders
_FILES: Final = 100  #: files that one transaction begins to erase
_ROWS: Final = 1000  #: deleted in one transaction
_PAUSE_SECONDS: Final = 0.05  #: between two transactions, for the work of others


class Erasing:
    """The deletion of old contents. The rows of files and of the names of their answers stay.

    Nothing is deleted while a person or a table of files is on hold (ADR 31).
    """

    def __init__(self, folders: Folders, stage: Stage, days: int | None) -> None:
        """Create a deletion. `days` is the time after the last answer left its folder; None: keep all."""
        self._folders, self._stage, self._days = folders, stage, days

    async def run(self) -> None:
        """Note the answers that left their folders, and delete old rows."""
        await self._note_removed()
        more = self._days is not None
        while more:
            more = await self._erase_some(timedelta(self._days or 0))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _note_removed(self) -> None:
        last = 0
        while answers := await erasure.load_in_folders(self._stage.pool, last, _ANSWERS):
            last = answers[-1].answer
            if removed := await asyncio.to_thread(self._removed, answers):
                async with self._stage.work() as (tx, _):
                    await erasure.store_removed(tx, removed)

    def _removed(self, answers: Sequence[AnswerInFolder]) -> list[int]:
        return [
            each.answer
            for each in answers
            if self._folders.is_removed(each.expeditor, each.folder, each.name)
        ]

    async def _erase_some(self, age: timedelta) -> bool:
        """Delete a limited number of rows, of one file and of changes. Return whether more may be left.

        The deletion of a file is stored before its first row is deleted, so that no answer is read in part.
        """
        async with self._stage.work() as (tx, _):
            if await erasure.is_held(tx):
                return False
            before = tx.now - age
            changes = await erasure.delete_changes(tx, before, _ROWS)
            ticket = await erasure.load_begun(tx)
            if ticket is None:
                await erasure.begin(tx, before, _FILES)
                ticket = await erasure.load_begun(tx)
                return ticket is not None or changes == _ROWS
            forms, pages = await erasure.delete_rows(tx, ticket, _ROWS)
            if max(forms, pages) < _ROWS:
                await erasure.end(tx, ticket)
        file_metrics.FILE_FORMS_DELETED.inc(forms)
        return True
